//! A folder of a test's own, and programs that see nothing of the person's environment.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::outcome::{Outcome, contains};
use crate::programs;

/// A temporary home with a work folder in it; both vanish with the value.
///
/// A program that is started from here sees an environment with these variables only: `PATH` (the Go tools
/// first), the home and XDG folders, `GNUPGHOME` and the folder for temporary files, all inside this one.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// When there is no place for temporary files.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("fieldseal-test-").tempdir().unwrap();
        for name in ["work", "home", "config", "data", "cache", "run", "gnupg", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        #[cfg(unix)]
        for name in ["run", "gnupg"] {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self { folder }
    }

    /// The folder in which programs start.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folder around everything: `home`, `config` (XDG), `data`, `cache`, `run`, `gnupg`, `tmp`, `work`.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the work folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file in the work folder, with the folders above it, and returns its path.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The content of a file in the work folder.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Copies a folder of the repository into the work folder, links as links.
    ///
    /// # Panics
    ///
    /// When something cannot be read or written.
    pub fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.path(name);
        copy(from, &to);
        to
    }

    /// Gives the identity to `sops` and to the tool, in the file where both look by themselves.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn install_identity(&self, identity: &str) -> PathBuf {
        let folder = self.folder.path().join("config/sops/age");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("keys.txt");
        fs::write(&path, format!("{identity}\n")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    /// A program that starts in the work folder with the sandbox's environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.work());
        let mut path = std::env::var_os("FIELDSEAL_TOOLS").unwrap_or_default();
        if let Some(inherited) = std::env::var_os("PATH") {
            let both = [PathBuf::from(path)].into_iter().chain(std::env::split_paths(&inherited));
            path = std::env::join_paths(both.filter(|p| !p.as_os_str().is_empty())).unwrap();
        }
        command.env("PATH", path).env("LANG", "C.UTF-8");
        for (name, folder) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
            ("GNUPGHOME", "gnupg"),
            ("TMPDIR", "tmp"),
        ] {
            command.env(name, self.folder.path().join(folder));
        }
        #[cfg(windows)]
        for name in ["SystemRoot", "windir", "COMSPEC", "PATHEXT"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs the tool under test with these arguments and no input.
    pub fn fieldseal<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        Outcome::of(self.command(programs::fieldseal()).args(arguments), b"")
    }

    /// Runs the real `sops` with these arguments and no input.
    pub fn sops<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        Outcome::of(self.command(programs::tool("sops")).args(arguments), b"")
    }

    /// Every file of the sandbox with its content, by its path from [`Sandbox::root`] with `/` between names.
    ///
    /// # Panics
    ///
    /// When one cannot be read.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    open.push(entry.path());
                } else if kind.is_file() {
                    let path = entry.path();
                    let name =
                        path.strip_prefix(self.folder.path()).unwrap().to_string_lossy().replace('\\', "/");
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The names of the files that hold this text.
    pub fn files_with(&self, text: &str) -> Vec<String> {
        let holds = |content: &[u8]| contains(content, text.as_bytes());
        self.files().into_iter().filter(|(_, content)| holds(content)).map(|(name, _)| name).collect()
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

fn copy(from: &Path, to: &Path) {
    let kind = fs::symlink_metadata(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())).file_type();
    if kind.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
        return;
    }
    #[cfg(unix)]
    if kind.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from).unwrap(), to).unwrap();
        return;
    }
    fs::copy(from, to).unwrap();
}
