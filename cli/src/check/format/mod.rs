//! The forms in which findings are told: one for people, others for programs. Each file holds one.

mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;

use super::Found;

/// A form of output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Human,
    /// JSON of our own.
    Json,
    /// SARIF 2.1.0, which code scanning of GitHub and editors read.
    Sarif,
    /// JUnit XML, which CI servers show as tests.
    Junit,
    /// Commands that make annotations in GitHub Actions.
    Github,
    /// The code quality report of GitLab.
    Gitlab,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// The files that were looked at, from the root, and whether each is an encrypted one.
    pub(crate) files: Vec<(String, bool)>,
    /// Findings that exceptions in their files allow.
    pub(crate) allowed: usize,
    /// Findings that the baseline lists.
    pub(crate) known: usize,
    /// Files that `.fieldsealignore` leaves out.
    pub(crate) ignored: usize,
    /// What came of opening files, if they were to be opened.
    pub(crate) decrypted: Option<Decrypted>,
}

/// What came of opening files.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decrypted {
    /// Files that were opened, and whose MAC fits.
    pub(crate) opened: usize,
    /// Files that no key at hand opens.
    pub(crate) locked: usize,
}

impl OutputFormat {
    /// The text for stdout.
    pub(crate) fn render(self, findings: &[Found], summary: &Summary, quiet: bool) -> String {
        match self {
            Self::Human => human::render(findings, summary, quiet),
            Self::Json => json::render(findings, summary),
            Self::Sarif => sarif::render(findings),
            Self::Junit => junit::render(findings, summary),
            Self::Github => github::render(findings),
            Self::Gitlab => gitlab::render(findings),
        }
    }
}

/// JSON as text, with a line end.
fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// `path` as a relative reference of a URI: what has a meaning there is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into());
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_references() {
        assert_eq!(uri("a/b c#?ü:%.yaml"), "a/b%20c%23%3F%C3%BC%3A%25.yaml");
    }
}
