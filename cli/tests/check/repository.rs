//! A small repository in a sandbox.

use std::path::Path;
use std::process::Command;

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal};

/// A second recipient, whose identity is nowhere.
pub(crate) const OTHER: &str = "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm";

/// The forms of output.
pub(crate) const FORMATS: [&str; 6] = ["human", "json", "sarif", "junit", "github", "gitlab"];

/// A repository, and an identity at its usual place.
pub(crate) struct Repository {
    pub(crate) sandbox: Sandbox,
}

/// `text` with the words `CANARY`, `RECIPIENT` and `OTHER` replaced.
pub(crate) fn filled(text: &str) -> String {
    text.replace("CANARY", CANARY).replace("RECIPIENT", RECIPIENT).replace("OTHER", OTHER)
}

impl Repository {
    /// One with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new();
        sandbox.install_identity(IDENTITY);
        let repository = Self { sandbox };
        for (name, text) in files {
            repository.write(name, text);
        }
        repository
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        self.sandbox.write(name, filled(text));
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(self.sandbox.read(name)).unwrap()
    }

    /// Changes a file.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&str) -> String) {
        let before = self.read(name);
        let after = filled(&change(&before));
        assert_ne!(before, after, "{name} is changed");
        self.sandbox.write(name, after);
    }

    /// Runs the tool, which has to end well.
    pub(crate) fn run(&self, arguments: &[&str]) {
        self.sandbox.fieldseal(arguments).expect_code(0);
    }

    /// Encrypts all files that a rule covers. What the entries hold becomes a line that is always the same: the real
    /// one has random parts of random length. Nothing can be opened afterwards.
    pub(crate) fn encrypt(&self, arguments: &[&str]) {
        self.run(&[&["encrypt", "--in-place", "."], arguments].concat());
        for (name, content) in self.sandbox.files() {
            let (Some(name), Ok(text)) = (name.strip_prefix("work/"), String::from_utf8(content)) else {
                continue;
            };
            let mut short = String::new();
            let mut inside = false;
            for line in text.split_inclusive('\n') {
                let (begins, ends) = (line.contains("-----BEGIN AGE"), line.contains("-----END AGE"));
                inside &= !ends;
                if !inside {
                    short += line;
                }
                if begins && !ends {
                    inside = true;
                    short += &line.replace("-----BEGIN AGE ENCRYPTED FILE-----", "AAAA");
                }
            }
            if short != text {
                self.sandbox.write(name, short);
            }
        }
    }

    /// Runs `check` with these arguments. No output holds a clear text.
    pub(crate) fn check(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.sandbox.fieldseal([&["check"], arguments].concat());
        assert!(!outcome.mentions(CANARY), "the clear text is out: {outcome}");
        outcome
    }

    /// What `check` finds, each as `file:line:column id path`, after a look at all forms of output.
    pub(crate) fn findings(&self, arguments: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for format in FORMATS {
            let outcome = self.check(&[&["--format", format], arguments].concat());
            if format == "json" {
                found = listed(outcome.text());
            }
            assert!(matches!(outcome.code, 0 | 1), "{outcome}");
            assert!(outcome.stderr.is_empty(), "{outcome}");
        }
        let code = self.check(arguments).code;
        assert_eq!(code, i32::from(!found.is_empty()), "{found:?}");
        found
    }

    /// Runs Git.
    pub(crate) fn git(&self, arguments: &[&str]) -> Outcome {
        self.git_in(&self.sandbox.work(), arguments).expect_code(0)
    }

    fn git_in(&self, directory: &Path, arguments: &[&str]) -> Outcome {
        let mut command = self.sandbox.command("git");
        command.current_dir(directory).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "x").env(format!("GIT_{who}_EMAIL"), "x@example.org");
        }
        command.args(["-c", "init.defaultBranch=main", "-c", "core.hooksPath=/dev/null"]);
        Outcome::of(command.args(arguments), b"")
    }

    /// The tool, to be run with more of an environment.
    pub(crate) fn command(&self) -> Command {
        self.sandbox.command(fieldseal())
    }
}

/// The findings in the JSON of `check`, each as `file:line:column id path`.
pub(crate) fn listed(json: &str) -> Vec<String> {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let findings = value["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            let place = match finding["line"].as_u64() {
                Some(line) => format!(":{line}:{}", finding["column"]),
                None => String::new(),
            };
            format!("{}{place} {} {}", text("file"), text("id"), text("path")).trim_end().to_owned()
        })
        .collect()
}
