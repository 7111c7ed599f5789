//! Test vectors: one file per case, with what is run, what it needs, and what must come out.
//!
//! ```text
//! # One bit of the tag of a value differs
//! run: decrypt f.yaml
//! keys: alice
//! exit: 25
//! stderr: password
//! ==== file f.yaml
//! password: ENC[AES256_GCM,...
//! ```
//!
//! The header is made of lines `name: value`. A section starts with `==== ` and its title and lasts to the next
//! one; `(no newline at the end)` or `(hex)` may stand behind the title. `testdata/vectors/README.md` lists the
//! names and the titles.

use std::fs;
use std::path::{Path, PathBuf};

/// One test vector.
pub struct Case {
    /// What it shows.
    pub title: String,
    /// The arguments of the program.
    pub run: Vec<String>,
    /// The files in `testdata/vectors/keys` whose identities the home holds.
    pub keys: Vec<String>,
    /// Environment variables and their values.
    pub env: Vec<(String, String)>,
    /// The exit code.
    pub exit: i32,
    /// The exit code of the real `sops`; none when it is not run.
    pub sops: Option<i32>,
    /// Texts that standard error must hold.
    pub stderr: Vec<String>,
    /// The files that are there before.
    pub files: Vec<(String, Vec<u8>)>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Standard output.
    pub stdout: Option<Vec<u8>>,
    /// Standard output as [`shape`] shows it.
    pub shape: Option<Vec<u8>>,
    /// Files that must be there afterwards, with their content.
    pub after: Vec<(String, Vec<u8>)>,
}

impl Case {
    /// Reads a case.
    ///
    /// # Panics
    ///
    /// When it is not well formed; the message says why.
    pub fn read(text: &[u8]) -> Self {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').peekable();
        let mut case = Self {
            title: String::new(),
            run: Vec::new(),
            keys: Vec::new(),
            env: Vec::new(),
            exit: 0,
            sops: None,
            stderr: Vec::new(),
            files: Vec::new(),
            stdin: Vec::new(),
            stdout: None,
            shape: None,
            after: Vec::new(),
        };
        let mut sops = None;
        while let Some(line) = lines.next_if(|line| !line.starts_with(MARK)) {
            let line = std::str::from_utf8(line).expect("the header is UTF-8").trim_end_matches('\n');
            if let Some(title) = line.strip_prefix("# ") {
                title.clone_into(&mut case.title);
                continue;
            }
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no `name: value`: {line}"));
            let number = || value.parse().unwrap_or_else(|_| panic!("no exit code: {line}"));
            match name {
                "run" => case.run = words(value),
                "keys" if value == "none" => {}
                "keys" => case.keys = value.split(' ').map(str::to_owned).collect(),
                "env" => {
                    let (name, value) = value.split_once('=').expect("env: NAME=VALUE");
                    case.env.push((name.to_owned(), value.to_owned()));
                }
                "exit" => case.exit = number(),
                "sops" if value == "not run" => sops = Some(None),
                "sops" => sops = Some(Some(number())),
                "stderr" => case.stderr.push(value.to_owned()),
                "why" | "made by" => {}
                _ => panic!("unknown name in the header: {name}"),
            }
        }
        case.sops = sops.unwrap_or(Some(case.exit));
        while let Some(title) = lines.next() {
            let title =
                std::str::from_utf8(&title[MARK.len()..]).expect("a title is UTF-8").trim_end_matches('\n');
            let mut content = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with(MARK)) {
                content.extend_from_slice(line);
            }
            case.section(title, content);
        }
        assert!(!case.title.is_empty() && !case.run.is_empty(), "a case has a title and something to run");
        case
    }

    fn section(&mut self, title: &str, mut content: Vec<u8>) {
        let title = if let Some(title) = title.strip_suffix(" (no newline at the end)") {
            content.pop();
            title
        } else if let Some(title) = title.strip_suffix(" (hex)") {
            content = unhex(&content);
            title
        } else {
            title
        };
        match title.split_once(' ') {
            Some(("file", name)) => self.files.push((name.to_owned(), content)),
            Some(("after", name)) => self.after.push((name.to_owned(), content)),
            None if title == "stdin" => self.stdin = content,
            None if title == "stdout" => self.stdout = Some(content),
            None if title == "shape" => self.shape = Some(content),
            _ => panic!("unknown section: {title}"),
        }
    }
}

/// The files of all cases below a folder, in the order of their names.
///
/// # Panics
///
/// When a folder cannot be read.
pub fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "case") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// An encrypted text with `ENC[type]` for each token, and without its `sops` block, which stands last. So it is
/// the same in every run.
pub fn shape(text: &[u8]) -> Vec<u8> {
    let mut shape = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if [&b"sops:"[..], b"sops_", b"[sops]"].iter().any(|start| line.starts_with(start)) {
            break;
        }
        let mut rest = line;
        while let Some(start) = find(rest, b"ENC[AES256_GCM,") {
            let length = find(&rest[start..], b"]").map_or(rest.len() - start, |end| end + 1);
            let token = &rest[start..start + length];
            let kind = find(token, b",type:").map_or(&b""[..], |at| &token[at + b",type:".len()..]);
            shape.extend_from_slice(&rest[..start]);
            shape.extend_from_slice(b"ENC[");
            shape.extend_from_slice(kind);
            rest = &rest[start + length..];
        }
        shape.extend_from_slice(rest);
    }
    shape
}

/// How the line of a section's title starts.
const MARK: &[u8] = b"==== ";

/// The words of a command line, divided by blanks; single quotes keep blanks.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is always a word").push(character),
        }
    }
    assert!(!quoted, "a quote is not closed: {line}");
    words
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\n').collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::{Case, shape};

    #[test]
    fn header_and_sections_are_read() {
        let text = b"# t\nrun: decrypt --extract '[\"a b\"]' f\nkeys: alice bob\nexit: 7\nsops: 2\nstderr: x\n\
            env: A=b=c\n==== file f\none\ntwo\n==== file g (no newline at the end)\nx\n==== stdout (hex)\n00ff\n0a\n";
        let case = Case::read(text);
        assert_eq!(case.run, ["decrypt", "--extract", "[\"a b\"]", "f"]);
        assert_eq!(case.keys, ["alice", "bob"]);
        assert_eq!((case.exit, case.sops), (7, Some(2)));
        assert_eq!(case.env, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(case.files, [("f".to_owned(), b"one\ntwo\n".to_vec()), ("g".to_owned(), b"x".to_vec())]);
        assert_eq!(case.stdout.as_deref(), Some(&b"\x00\xff\n"[..]));
    }

    #[test]
    fn sops_is_expected_to_do_the_same_unless_the_case_says_otherwise() {
        assert_eq!(Case::read(b"# t\nrun: x\nexit: 3\n").sops, Some(3));
        assert_eq!(Case::read(b"# t\nrun: x\nexit: 3\nsops: not run\n").sops, None);
    }

    #[test]
    fn shape_hides_what_differs_between_runs() {
        let text = b"a: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:int]' # c\nl: [ENC[AES256_GCM,data:,type:str], 1]\nsops:\n  x: y\n";
        assert_eq!(shape(text), b"a: 'ENC[int]' # c\nl: [ENC[str], 1]\n");
    }
}
