//! What Git knows of the files. Everything goes through the program `git`, in the environment that it gives to its
//! hooks, with names divided by zero bytes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::io::Bytes;
use crate::report::{Failure, harmless};

/// A work tree of Git.
pub(crate) struct Git {
    /// Where commands run.
    directory: PathBuf,
    /// The root of the work tree, absolute.
    pub(super) root: PathBuf,
}

/// A file of the index: its mode and the name of its content.
pub(super) struct Staged {
    mode: u32,
    pub(super) object: String,
}

impl Staged {
    /// Whether it is a file, and neither a link nor another repository.
    pub(super) fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

impl Git {
    /// The work tree that `directory`, which is absolute, lies in; `None` if there is none, or no Git.
    pub(super) fn find(directory: &Path) -> Option<Self> {
        let output = command(directory).args(["rev-parse", "--show-cdup"]).output().ok()?;
        if !output.status.success() {
            return None;
        }
        let up = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        let root = crate::engine::absolute(&directory.join(path(up)?)).ok()?;
        Some(Self { directory: directory.to_owned(), root })
    }

    /// Every file that Git tracks or would add, from the root, in the order of their names.
    ///
    /// # Errors
    /// Git cannot list them.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let arguments = ["--cached", "--others", "--exclude-standard"];
        let mut files = self.names("ls-files", &[&arguments[..], &["--full-name", ":/"]].concat())?;
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }

    /// Every file of the index.
    ///
    /// # Errors
    /// Git cannot list them.
    pub(super) fn index(&self) -> Result<BTreeMap<PathBuf, Staged>, Failure> {
        let output = self.run("ls-files", &["--stage", "-z", "--full-name", ":/"])?;
        let mut index = BTreeMap::new();
        for entry in output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            // `MODE OBJECT STAGE\tNAME`; what is not merged is there more than once.
            let read = || {
                let tab = memchr::memchr(b'\t', entry)?;
                let mut words = str::from_utf8(&entry[..tab]).ok()?.split(' ');
                let mode = u32::from_str_radix(words.next()?, 8).ok()?;
                let object = words.next()?.to_owned();
                Some((path(&entry[tab + 1..])?, Staged { mode, object }))
            };
            let (name, staged) = read().ok_or_else(|| failed("ls-files", "its output is not understood"))?;
            index.insert(name, staged);
        }
        Ok(index)
    }

    /// The files that differ between the last commit and the index.
    ///
    /// # Errors
    /// Git cannot tell.
    pub(super) fn staged(&self) -> Result<Vec<PathBuf>, Failure> {
        self.names("diff", &["--cached", "--name-only", "--no-renames", "--diff-filter=d", "--no-ext-diff"])
    }

    /// The files that differ between `revision`, or where this branch left it, and the work tree.
    ///
    /// # Errors
    /// There is no such revision, or Git cannot tell.
    pub(super) fn since(&self, revision: &str) -> Result<Vec<PathBuf>, Failure> {
        let wanted = format!("{revision}^{{commit}}");
        let arguments = ["--verify", "--quiet", "--end-of-options", &wanted];
        let commit = self.run("rev-parse", &arguments).map_err(|_| {
            Failure::new(Exit::Unreadable, format!("Git knows no revision \"{}\"", harmless(revision)))
                .hint("fetch it first: in CI the history is often cut off")
        })?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        let base = self.run("merge-base", &[&commit, "HEAD"]).ok();
        let base = base.map(|base| String::from_utf8_lossy(&base).trim().to_owned());
        let base = base.filter(|base| !base.is_empty()).unwrap_or(commit);
        let options = ["--name-only", "--no-renames", "--diff-filter=d", "--no-ext-diff"];
        let mut files = self.names("diff", &[&options[..], &[&base, "--"]].concat())?;
        files.extend(self.names("ls-files", &["--others", "--exclude-standard", "--full-name", ":/"])?);
        Ok(files)
    }

    /// The contents of the index, to be read one by one.
    ///
    /// # Errors
    /// Git cannot be started.
    pub(super) fn objects(&self) -> Result<Objects, Failure> {
        let mut child = command(&self.directory)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed("cat-file", &error.to_string()))?;
        let input = child.stdin.take().expect("it is a pipe");
        let output = BufReader::new(child.stdout.take().expect("it is a pipe"));
        Ok(Objects { pipes: Mutex::new(Some((input, output))), child })
    }

    fn names(&self, name: &str, arguments: &[&str]) -> Result<Vec<PathBuf>, Failure> {
        let arguments: Vec<&str> = [&["-z"], arguments].concat();
        let output = self.run(name, &arguments)?;
        let names = output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let names = names.map(|file| path(file).ok_or_else(|| failed(name, "a name is not valid Unicode")));
        names.collect()
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let output = command(&self.directory)
            .arg(name)
            .args(arguments)
            .output()
            .map_err(|error| failed(name, &error.to_string()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(failed(name, said.lines().next().unwrap_or("it failed")))
    }
}

/// Contents by their names.
pub(super) struct Objects {
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    child: Child,
}

impl Objects {
    /// The content that is called `object`.
    ///
    /// # Errors
    /// There is none, or Git has stopped.
    pub(super) fn read(&self, object: &str) -> Result<Bytes, Failure> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut read = || -> std::io::Result<Bytes> {
            let gone = || std::io::Error::other("git has stopped");
            let (input, output) = pipes.as_mut().ok_or_else(gone)?;
            writeln!(input, "{object}")?;
            input.flush()?;
            let mut header = String::new();
            output.read_line(&mut header)?;
            let size = header.split_ascii_whitespace().nth(2).and_then(|size| size.parse::<usize>().ok());
            let size = size.ok_or_else(|| std::io::Error::other("there is no such object"))?;
            let mut bytes = Zeroizing::new(vec![0; size + 1]);
            output.read_exact(&mut bytes)?;
            bytes.truncate(size);
            Ok(bytes)
        };
        read().map_err(|error| failed("cat-file", &error.to_string()))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // At the end of its input it stops.
        *self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        let _ = self.child.wait();
    }
}

/// Git in `directory`.
fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).stdin(Stdio::null()).env("GIT_OPTIONAL_LOCKS", "0");
    command
}

fn failed(name: &str, why: &str) -> Failure {
    Failure::new(Exit::Unreadable, format!("git {name}: {}", harmless(why)))
}

/// A path as Git writes it.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec())))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> Option<PathBuf> {
    str::from_utf8(bytes).ok().map(PathBuf::from)
}
