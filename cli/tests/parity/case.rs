//! How the cases are written down.
//!
//! ```text
//! == name-of-the-case
//! with: shared.yaml other.yaml     more of the shared files than the command lines name
//! without: identity                no key of age is where sops looks by itself
//! -- work.yaml --                  a file in the folder where the commands run
//! text: of it
//! $ sops decrypt work.yaml         a command line, for the shell
//! > a line of standard output      if there is any such line, both print these lines and no other
//! ! a text                         both say this on standard error
//! = 1                              the exit code of both, 0 without such a line
//! ours = 8                         the exit code of the tool, where it differs on purpose
//! ours > a line                    its standard output
//! ours ! a text                    what it says on standard error; alone: that it says nothing
//! differs: row                     the case that the page of differences names for it, maybe this one
//! ours file NAME absent            the file that it leaves: absent, unchanged, or:
//! ours file NAME holds a\nb\n      with this text
//! ours file NAME reads a\nb\n      from which sops reads this text
//! ```
//!
//! A shared file is there without `with` if a command line holds its name. The words of [`WORDS`] stand for
//! fixed texts everywhere.

use crate::bench::WORDS;

/// Command lines that run one behind the other in a folder of their own.
#[derive(Default)]
pub(crate) struct Case {
    /// Its name, which no other has.
    pub(crate) name: String,
    /// The name of the file that it comes from.
    pub(crate) group: String,
    /// Shared files that it wants in addition to those that the command lines name.
    pub(crate) with: Vec<String>,
    /// Whether the identity lies in the file where it is found without a word.
    pub(crate) identity: bool,
    /// Files of its own, with their texts.
    pub(crate) files: Vec<(String, String)>,
    /// The command lines.
    pub(crate) calls: Vec<Call>,
    /// The row of the page of differences that says why something differs.
    pub(crate) differs: Option<String>,
    /// What the tool leaves of files, where this differs.
    pub(crate) ours_files: Vec<(String, Left)>,
}

/// One command line and what is known of it.
#[derive(Default)]
pub(crate) struct Call {
    /// The line for the shell.
    pub(crate) line: String,
    /// What is expected of sops, and of the tool as far as nothing else is said.
    pub(crate) both: Expected,
    /// What is expected of the tool.
    pub(crate) ours: Expected,
}

/// What is expected of one side; nothing that is `None`.
#[derive(Default)]
pub(crate) struct Expected {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: Option<String>,
    /// Texts on standard error; none at all: it is empty.
    pub(crate) says: Option<Vec<String>>,
}

/// A file as the tool leaves it.
pub(crate) enum Left {
    /// There is none.
    Absent,
    /// As it was before.
    Unchanged,
    /// With this text.
    Holds(String),
    /// So that sops reads this text from it.
    Reads(String),
}

impl Case {
    /// The name with that of the file it comes from.
    pub(crate) fn title(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    /// Whether anything is expected to differ.
    fn expects_a_difference(&self) -> bool {
        let differs =
            |call: &Call| call.ours.code.is_some() || call.ours.stdout.is_some() || call.ours.says.is_some();
        self.calls.iter().any(differs) || !self.ours_files.is_empty()
    }
}

/// The cases of the file `group` with this text.
///
/// # Panics
/// It is not written as it must be.
pub(crate) fn read(group: &str, text: &str) -> Vec<Case> {
    let mut text = text.to_owned();
    for (word, meaning) in WORDS {
        text = text.replace(word, meaning);
    }
    let mut cases: Vec<Case> = Vec::new();
    let mut file: Option<(String, String)> = None;
    for line in text.lines() {
        let begins = ["== ", "-- ", "$ ", "with: ", "without: "].iter().any(|mark| line.starts_with(mark));
        match &mut file {
            Some((_, text)) if !begins => {
                text.push_str(line);
                text.push('\n');
                continue;
            }
            _ => {}
        }
        if let Some((name, text)) = file.take() {
            cases.last_mut().unwrap().files.push((name, trimmed(&text)));
        }
        if let Some(name) = line.strip_prefix("== ") {
            let (name, group) = (name.trim().to_owned(), group.to_owned());
            cases.push(Case { name, group, identity: true, ..Case::default() });
        } else if let Some(name) = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            file = Some((name.to_owned(), String::new()));
        } else if !line.is_empty() && !line.starts_with('#') {
            let case = cases.last_mut().unwrap_or_else(|| panic!("{group}: not in a case: {line}"));
            case.line(line).unwrap_or_else(|| panic!("{}: cannot be read: {line}", case.title()));
        }
    }
    for case in &cases {
        let title = case.title();
        assert!(!case.calls.is_empty(), "{title} runs nothing");
        assert_eq!(case.differs.is_some(), case.expects_a_difference(), "{title}: differs, and in what");
    }
    cases
}

impl Case {
    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(command) = line.strip_prefix("$ ") {
            self.calls.push(Call { line: command.to_owned(), ..Call::default() });
        } else if let Some(names) = line.strip_prefix("with: ") {
            self.with = names.split_whitespace().map(Into::into).collect();
        } else if line == "without: identity" {
            self.identity = false;
        } else if let Some(row) = line.strip_prefix("differs: ") {
            self.differs = Some(row.trim().to_owned());
        } else if let Some(rest) = line.strip_prefix("ours file ") {
            let (name, state) = rest.split_once(' ')?;
            let unescaped = |text: &str| text.replace("\\n", "\n").replace("\\t", "\t");
            let left = match state.split_once(' ') {
                None if state == "absent" => Left::Absent,
                None if state == "unchanged" => Left::Unchanged,
                Some(("holds", text)) => Left::Holds(unescaped(text)),
                Some(("reads", text)) => Left::Reads(unescaped(text)),
                _ => return None,
            };
            self.ours_files.push((name.to_owned(), left));
        } else {
            let call = self.calls.last_mut()?;
            let (expected, line) = match line.strip_prefix("ours ") {
                Some(rest) => (&mut call.ours, rest),
                None => (&mut call.both, line),
            };
            expected.line(line)?;
        }
        Some(())
    }
}

impl Expected {
    fn line(&mut self, line: &str) -> Option<()> {
        let text = line.get(2..).unwrap_or_default();
        match line.chars().next()? {
            '=' => self.code = Some(text.parse().ok()?),
            '>' if line == ">" => {
                self.stdout.get_or_insert_default();
            }
            '>' => *self.stdout.get_or_insert_default() += &format!("{text}\n"),
            '!' if line == "!" => {
                self.says.get_or_insert_default();
            }
            '!' => self.says.get_or_insert_default().push(text.to_owned()),
            _ => return None,
        }
        Some(())
    }
}

/// The text of a file without the empty lines that only divide it from what follows.
fn trimmed(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    match text.strip_suffix("[NO NEWLINE]") {
        Some(text) => text.trim_end_matches('\n').to_owned(),
        None if text.is_empty() => String::new(),
        None => format!("{text}\n"),
    }
}
