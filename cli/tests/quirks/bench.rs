//! Both programs side by side, on the same files, with the same identity.

use std::path::PathBuf;

use fieldseal_test_support::{IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, tool};

/// One of the two programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tool {
    /// The real sops.
    Sops,
    /// The tool under test.
    Ours,
}

/// Both of them.
pub(crate) const BOTH: [Tool; 2] = [Tool::Sops, Tool::Ours];

/// A folder with an identity and a rule for all files.
pub(crate) struct Bench {
    /// Where everything happens.
    pub(crate) sandbox: Sandbox,
}

/// A text encrypted by each program and opened by each.
pub(crate) struct Round {
    /// The text.
    pub(crate) source: String,
    /// Encrypted by sops.
    pub(crate) theirs: String,
    /// Encrypted here.
    pub(crate) ours: String,
    /// Encrypted by sops and opened by it.
    pub(crate) theirs_there: String,
    /// Encrypted by sops and opened here.
    pub(crate) theirs_here: String,
    /// Encrypted here and opened by sops.
    pub(crate) ours_there: String,
    /// Encrypted and opened here.
    pub(crate) ours_here: String,
}

impl Bench {
    /// A bench with a rule that selects by the usual suffix.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// A bench with a rule that has these settings, one a line.
    pub(crate) fn with(settings: &str) -> Self {
        let bench = Self { sandbox: Sandbox::new() };
        bench.sandbox.install_identity(IDENTITY);
        bench.rule(settings);
        bench
    }

    /// Writes the rule.
    pub(crate) fn rule(&self, settings: &str) {
        let mut config = format!("creation_rules:\n  - age: {RECIPIENT}\n");
        settings.lines().for_each(|line| config += &format!("    {line}\n"));
        self.sandbox.write(".sops.yaml", config);
    }

    /// Runs a program in the folder.
    pub(crate) fn run(&self, by: Tool, arguments: &[&str]) -> Outcome {
        self.run_with(by, arguments, b"")
    }

    /// Runs a program in the folder with this input.
    pub(crate) fn run_with(&self, by: Tool, arguments: &[&str], input: &[u8]) -> Outcome {
        Outcome::of(self.sandbox.command(program(by)).args(arguments), input)
    }

    /// Edits a file with a script in the place of the editor, which gets the path as `$1`.
    pub(crate) fn edit(&self, by: Tool, name: &str, script: &str) -> Outcome {
        self.sandbox.write("editor.sh", script);
        let mut command = self.sandbox.command(program(by));
        command.args(["edit", name]).env("EDITOR", "sh editor.sh");
        Outcome::of(&mut command, b"")
    }

    /// `encrypt` of this text, however it ends.
    pub(crate) fn encrypt(&self, by: Tool, name: &str, text: impl AsRef<[u8]>) -> Outcome {
        self.sandbox.write(name, text);
        self.run(by, &["encrypt", name])
    }

    /// The text encrypted.
    #[track_caller]
    pub(crate) fn seal(&self, by: Tool, name: &str, text: impl AsRef<[u8]>) -> String {
        self.encrypt(by, name, text).expect_code(0).text().to_owned()
    }

    /// `decrypt` of this text, however it ends.
    pub(crate) fn decrypt(&self, by: Tool, name: &str, text: impl AsRef<[u8]>) -> Outcome {
        self.sandbox.write(name, text);
        self.run(by, &["decrypt", name])
    }

    /// The text decrypted.
    #[track_caller]
    pub(crate) fn open(&self, by: Tool, name: &str, text: impl AsRef<[u8]>) -> String {
        self.decrypt(by, name, text).expect_code(0).text().to_owned()
    }

    /// Checks that both programs end the decryption of this text with this code, and, if that is 0, give
    /// the same text, which is returned.
    #[track_caller]
    pub(crate) fn both_decrypt(&self, name: &str, text: impl AsRef<[u8]>, code: i32) -> String {
        let [theirs, ours] = BOTH.map(|by| self.decrypt(by, name, text.as_ref()));
        assert_eq!((theirs.code, ours.code), (code, code), "sops: {theirs}\nhere: {ours}");
        if code == 0 {
            assert_eq!(ours.text(), theirs.text());
        } else {
            assert!(ours.stdout.is_empty(), "{ours}");
        }
        ours.text().to_owned()
    }

    /// Checks that both programs refuse to encrypt this text with this code.
    #[track_caller]
    pub(crate) fn both_refuse(&self, name: &str, text: impl AsRef<[u8]>, code: i32) -> Outcome {
        let [theirs, ours] = BOTH.map(|by| self.encrypt(by, name, text.as_ref()));
        assert_eq!((theirs.code, ours.code), (code, code), "sops: {theirs}\nhere: {ours}");
        assert!(ours.stdout.is_empty() && !ours.stderr.is_empty(), "{ours}");
        ours
    }

    /// Encrypts the text with both programs and opens both results with both.
    #[track_caller]
    pub(crate) fn round(&self, name: &str, text: &str) -> Round {
        let (theirs, ours) = (self.seal(Tool::Sops, name, text), self.seal(Tool::Ours, name, text));
        Round {
            source: text.to_owned(),
            theirs_there: self.open(Tool::Sops, name, &theirs),
            theirs_here: self.open(Tool::Ours, name, &theirs),
            ours_there: self.open(Tool::Sops, name, &ours),
            ours_here: self.open(Tool::Ours, name, &ours),
            theirs,
            ours,
        }
    }

    /// One value of a text in clear, as sops sees it.
    #[track_caller]
    pub(crate) fn extracted(&self, name: &str, text: &str, path: &str) -> String {
        self.sandbox.write(name, self.seal(Tool::Sops, name, text));
        self.run(Tool::Sops, &["decrypt", "--extract", path, name]).expect_code(0).text().to_owned()
    }

    /// The values of a text in clear, as sops sees them: its JSON of the first document.
    #[track_caller]
    pub(crate) fn values(&self, name: &str, text: &str) -> String {
        let sealed = self.seal(Tool::Sops, name, text);
        self.sandbox.write(name, sealed);
        self.run(Tool::Sops, &["decrypt", "--output-type", "json", name]).expect_code(0).text().to_owned()
    }
}

impl Round {
    /// Checks that the same was encrypted as the same types, that our file gives back the source here, and
    /// to sops what its own file gives it.
    #[track_caller]
    pub(crate) fn same(self) -> Self {
        let (theirs, ours) = (types(&self.theirs), types(&self.ours));
        assert_eq!(ours, theirs, "{}\n{}", body(&self.ours), body(&self.theirs));
        assert_eq!(self.ours_here, self.source);
        assert_eq!(self.ours_there, self.theirs_there);
        self
    }

    /// The same, and that the file of sops gives here what it gives to sops.
    #[track_caller]
    pub(crate) fn same_bytes(self) -> Self {
        let round = self.same();
        assert_eq!(round.theirs_here, round.theirs_there);
        round
    }
}

/// Where the program is.
fn program(by: Tool) -> PathBuf {
    match by {
        Tool::Sops => tool("sops"),
        Tool::Ours => fieldseal(),
    }
}

/// An encrypted text up to its first `sops` block.
pub(crate) fn body(text: &str) -> &str {
    let starts = ["\nsops:", "\nsops_", "\n[sops]", "\"sops\": {", "\"sops\":{"];
    let end = starts.iter().filter_map(|start| text.find(start)).min();
    &text[..end.map_or(text.len(), |end| if text[end..].starts_with('\n') { end + 1 } else { end })]
}

/// The types of the tokens before the first `sops` block, sorted.
pub(crate) fn types(text: &str) -> Vec<&str> {
    let mut types: Vec<_> = tokens(body(text)).iter().map(|token| part(token, "type")).collect();
    types.sort_unstable();
    types
}

/// The tokens of a text, in their order.
pub(crate) fn tokens(text: &str) -> Vec<&str> {
    text.match_indices("ENC[AES256_GCM,")
        .map(|(start, _)| &text[start..=start + text[start..].find(']').expect("a token is closed")])
        .collect()
}

/// A part of a token: `data`, `iv`, `tag` or `type`.
pub(crate) fn part<'a>(token: &'a str, name: &str) -> &'a str {
    let start = token.find(&format!("{name}:")).expect("a token has all parts") + name.len() + 1;
    let rest = &token[start..];
    &rest[..rest.find([',', ']']).expect("a part ends")]
}

/// `text` with the only occurrence of `old` replaced.
#[track_caller]
pub(crate) fn swap(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old} in {text}");
    text.replacen(old, new, 1)
}

/// `text` without the lines that hold `part`, of which there is at least one.
#[track_caller]
pub(crate) fn without_lines(text: &str, part: &str) -> String {
    assert!(text.contains(part), "{part} in {text}");
    text.split_inclusive('\n').filter(|line| !line.contains(part)).collect()
}
