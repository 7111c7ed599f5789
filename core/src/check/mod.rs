//! What can be said of a file without any key: is everything encrypted that should be, for those who should
//! have it, and is nothing damaged.
//!
//! A [`Checker`] gets the text of a file and the rule that is for it, and gives [`Finding`]s: what is wrong,
//! where, and what to do. No finding holds a value. [`check_config`] looks at the rules themselves.
//!
//! ```
//! use fieldseal_core::{Config, Format, check::{Checker, Kind}};
//! let config = Config::parse(b"creation_rules: [{path_regex: yaml$, encrypted_regex: ^data$}]")?;
//! let rule = config.rule_for(b"a.yaml")?;
//! let report = Checker::default().check(b"a: 1\ndata:\n  key: x\n", Format::Yaml, rule);
//! let finding = &report.findings[0];
//! assert_eq!((finding.kind, finding.path.as_str()), (Kind::NotEncrypted, "data.key"));
//! assert_eq!(finding.position.map(|at| at.to_string()).as_deref(), Some("3:8"));
//! # Ok::<(), fieldseal_core::RulesError>(())
//! ```

mod clear;
mod config;
mod conflict;
mod exception;
mod explain;
mod kind;
mod kubernetes;
mod private;
mod recipients;
mod scan;
mod sealed;
mod selectors;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use config::check_config;
pub use exception::Exceptions;
pub use explain::{Explained, Reason, explain};
pub use kind::{Kind, Severity};

use std::borrow::Cow;

use crate::document::{DocumentError, Form, Syntax};
use crate::file::{Document, Format, Sealed, with};
use crate::metadata::Metadata;
use crate::rules::CreationRule;
use crate::span::Position;
use scan::Mentions;
use selectors::Selectors;

/// Something that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where it is; `None` if it is about the file as a whole and no place in it.
    pub position: Option<Position>,
    /// The path in the tree of the file, as `spec.users[2].password`; empty where there is none.
    pub path: String,
    /// What is wrong, in lower case and without a full stop. Names of keys and recipients may appear, values do
    /// not.
    pub message: String,
    /// The recipient that it is about, if it is about one.
    pub recipient: Option<String>,
}

impl Finding {
    /// A finding of `kind` that says `message`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, position: None, path: String::new(), message: message.into(), recipient: None }
    }

    /// With its place.
    #[must_use]
    pub fn at(mut self, position: Option<Position>, path: impl Into<String>) -> Self {
        self.position = position;
        self.path = path.into();
        self
    }

    /// With the recipient that it is about.
    #[must_use]
    pub fn about(mut self, recipient: impl Into<String>) -> Self {
        self.recipient = Some(recipient.into());
        self
    }
}

/// What was found out about a file.
#[derive(Default)]
#[non_exhaustive]
pub struct Report {
    /// What is wrong, in the order of the text. Exceptions are not applied.
    pub findings: Vec<Finding>,
    /// The file, if it is an encrypted one that can be understood: with a key it can be opened.
    pub sealed: Option<Sealed>,
    /// Whether it is an encrypted file, even a damaged one.
    pub encrypted: bool,
}

/// Checks files. Keeps the compiled rules that it met, so that many files cost little; threads may share one.
#[derive(Default)]
pub struct Checker {
    selectors: Selectors,
}

impl Checker {
    /// Looks at the file with these bytes and this format. `rule` is the one that the configuration of today has
    /// for its path.
    ///
    /// Without a rule that has a `path_regex`, the text is read only if a look at its bytes says that something
    /// may be found.
    pub fn check(&self, text: &[u8], format: Format, rule: Option<&CreationRule>) -> Report {
        let mentions = Mentions::of(text);
        let mut report = Report::default();
        let covered = rule.is_some_and(|rule| !rule.path_regex.is_empty());
        self.check_text(text, format, rule, covered, &mentions, &mut report);
        // What is in clear as a whole need not be named once more piece by piece.
        if mentions.private_key && !report.findings.iter().any(|finding| finding.kind == Kind::NotEncrypted) {
            private::check(text, format, &mut report.findings);
        }
        report.findings.sort_by_key(|finding| finding.position);
        report
    }

    fn check_text(
        &self,
        text: &[u8],
        format: Format,
        rule: Option<&CreationRule>,
        covered: bool,
        mentions: &Mentions,
        report: &mut Report,
    ) {
        let format = match format {
            Format::Binary if mentions.may_be_sealed() => scan::sealed_format(text),
            format => format,
        };
        let sealed = mentions.may_be_sealed() && (format != Format::Binary || scan::is_wrapper(text));
        let manifest = mentions.kubernetes_secret && kubernetes::has_format(format);
        if !(covered || sealed || manifest) {
            return;
        }
        if (covered || sealed)
            && let Some(finding) = conflict::find(text)
        {
            report.encrypted = sealed;
            report.findings.push(finding);
            return;
        }
        let form = if sealed { Form::Sealed } else { Form::Plain };
        let document = match Document::read_as(Cow::Borrowed(text), format, form) {
            Ok(document) => document,
            Err(error) => {
                // A file that nothing says anything about may hold anything, a template for instance.
                if covered || (sealed && mentions.token) {
                    report.encrypted = sealed && mentions.token;
                    report.findings.push(malformed(&error, text, format, sealed));
                }
                return;
            }
        };
        let block = with!(&document, document => document.block());
        let raw = match block {
            Ok(Some(raw)) => raw,
            Ok(None) => {
                with!(&document, document => {
                    clear::check(document, format, rule, covered, mentions, &self.selectors, report);
                });
                return;
            }
            Err(error) => {
                report.encrypted = true;
                report.findings.push(malformed(&error, text, format, true));
                return;
            }
        };
        report.encrypted = true;
        let metadata = match Metadata::from_raw(&raw) {
            Ok(metadata) => metadata,
            Err(error) => {
                with!(&document, document => {
                    let (position, path) = sealed::place_of_error(document, &error);
                    let finding = Finding::new(Kind::MalformedMetadata, error.to_string());
                    report.findings.push(finding.at(position, path));
                });
                return;
            }
        };
        with!(&document, document => {
            sealed::check(document, format, &metadata, rule, mentions, &self.selectors, &mut report.findings);
        });
        report.sealed = Some(Sealed::from_parts(document, metadata, format));
    }
}

/// The finding that a text is not well formed.
fn malformed(error: &DocumentError, text: &[u8], format: Format, sealed: bool) -> Finding {
    let second = sealed && error.position.is_some_and(|at| scan::is_block_key(text, format, at));
    let finding = if second {
        Finding::new(Kind::DuplicateMetadata, "there is a second sops block")
    } else {
        Finding::new(Kind::MalformedFile, format!("not read as {}: {}", format.name(), error.problem))
    };
    finding.at(error.position, if second { "sops" } else { "" })
}
