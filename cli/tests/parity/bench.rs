//! Where a case runs: a sandbox for each side, with the shared files in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use fieldseal_test_support::{CANARY, Outcome, Sandbox, fieldseal, tool};

use crate::case::Case;

/// Words that stand for fixed texts in cases and shared files.
pub(crate) const WORDS: [(&str, &str); 7] = [
    ("[CANARY]", CANARY),
    ("[ALICE]", "age1dw3t50lzejk0v43grwlvrz7wj9qe3fug5jntfga2p58gw5s0v93qpfksx8"),
    ("[BOB]", "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm"),
    ("[CAROL]", "age1nq58cwfgxaw98lzrgu0akgj5krep69dfcv7vlwfwrverde060s5sxewql0"),
    ("[ALICE KEY]", ALICE),
    ("[BOB KEY]", BOB),
    ("[CAROL KEY]", CAROL),
];

const ALICE: &str = "AGE-SECRET-KEY-1UTD0XUG2J3NNMNKYC7TQRU6EHANY8MHTZKQD94Z3V3ZC90FD9DFQYX5LN5";
const BOB: &str = "AGE-SECRET-KEY-1FF8R9LNVX7LLJRPJ023SHF4NJ73W68MN68C35V45FEJTGLHX9JXSHMETPQ";
const CAROL: &str = "AGE-SECRET-KEY-104NFR8ZZD0QHHLF5FLGEYGJH9FGMV4ZD68RW3YLUJ762X5L4T4RS8G2V8A";

/// Which program answers to the name `sops`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// The real one.
    Theirs,
    /// The tool.
    Ours,
}

/// The shared files, and a place in which sops reads what came out.
pub(crate) struct Bench {
    fixtures: BTreeMap<String, Vec<u8>>,
    reader: Sandbox,
}

impl Bench {
    /// Makes the shared files as `fixtures.txt` says, with the real sops.
    pub(crate) fn new() -> Self {
        let mut text = fs::read_to_string(crate::folder().join("fixtures.txt")).unwrap();
        text.insert_str(0, "== fixtures\n");
        let [case] = <[Case; 1]>::try_from(crate::case::read("fixtures", &text)).ok().expect("one list");
        let sandbox = Sandbox::new();
        let place = Place::new(&sandbox, Side::Theirs);
        for (name, text) in &case.files {
            sandbox.write(name, text);
        }
        sandbox.install_identity(&format!("{ALICE}\n{BOB}\n{CAROL}"));
        for call in &case.calls {
            let outcome = Outcome::of(&mut place.command(&call.line), b"");
            assert_eq!(outcome.code, 0, "{}: {outcome}", call.line);
        }
        let reader = Sandbox::new();
        reader.install_identity(&format!("{ALICE}\n{BOB}\n{CAROL}"));
        Self { fixtures: place.files(), reader }
    }

    /// A sandbox with all that the case wants.
    pub(crate) fn sandbox(&self, case: &Case) -> Sandbox {
        let sandbox = Sandbox::new();
        if case.identity {
            sandbox.install_identity(ALICE);
        }
        for (name, content) in &self.fixtures {
            let named = |call: &crate::case::Call| names(&call.line, name);
            if case.with.contains(name) || case.calls.iter().any(named) {
                sandbox.write(name, content);
            }
        }
        for (name, text) in &case.files {
            sandbox.write(name, text);
        }
        sandbox
    }

    /// What sops, with all keys at hand, reads from an encrypted text of this type.
    pub(crate) fn read(&self, kind: &str, text: &[u8]) -> (i32, Vec<u8>) {
        let mut command = self.reader.command(tool("sops"));
        command.args(["decrypt", "--input-type", kind, "--output-type", kind]);
        let outcome = Outcome::of(&mut command, text);
        (outcome.code, outcome.stdout)
    }
}

/// Whether a command line holds this name of a file, and not as a part of a longer one.
fn names(line: &str, name: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].ends_with(|c| belongs(c) || c == '.')
            && !line[at + name.len()..].starts_with(|c| belongs(c) || c == '.')
    })
}

/// A sandbox in which one of the two programs is called `sops`.
pub(crate) struct Place<'a> {
    sandbox: &'a Sandbox,
    programs: PathBuf,
}

impl<'a> Place<'a> {
    /// Puts the program of this side into the sandbox.
    pub(crate) fn new(sandbox: &'a Sandbox, side: Side) -> Self {
        let programs = sandbox.root().join("bin");
        fs::create_dir(&programs).unwrap();
        let program = if side == Side::Ours { fieldseal() } else { tool("sops") };
        symlink(program, programs.join("sops")).unwrap();
        Self { sandbox, programs }
    }

    /// The shell with this line.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.sandbox.command("/bin/sh");
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).unwrap();
        let folders = std::iter::once(self.programs.clone()).chain(std::env::split_paths(path));
        let path = std::env::join_paths(folders).unwrap();
        // The real sops asks for a newer version of itself unless it is told not to.
        command.env("PATH", path).env("SOPS_DISABLE_VERSION_CHECK", "true").args(["-c", line]);
        command
    }

    /// The files of the folder in which the commands run, by their names.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let below =
            |(name, content): (String, Vec<u8>)| Some((name.strip_prefix("work/")?.to_owned(), content));
        self.sandbox
            .files()
            .into_iter()
            .filter_map(below)
            .filter(|(name, _)| !name.starts_with(".git/"))
            .collect()
    }

    /// The path of the sandbox, which is random.
    pub(crate) fn root(&self) -> String {
        self.sandbox.root().display().to_string()
    }

    /// Files that a run left in its temporary folders.
    pub(crate) fn left_over(&self) -> Vec<String> {
        let temporary = |name: &String| name.starts_with("tmp/") || name.starts_with("run/");
        self.sandbox.files().into_keys().filter(temporary).collect()
    }
}
