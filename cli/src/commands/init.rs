//! `init`: a first `.sops.yaml`.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::exit::Exit;
use crate::io::{self, Access};
use crate::report::{Failure, harmless};

/// What to write, for whom and where.
pub(crate) struct Plan {
    /// What the repository holds.
    pub(crate) preset: Preset,
    /// Recipients that were given; none: those of this machine's identities.
    pub(crate) recipients: Vec<String>,
    /// The directory that gets the file.
    pub(crate) directory: PathBuf,
}

/// Rules for a kind of repository.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Preset {
    /// `data` and `stringData` of Kubernetes Secrets
    Kubernetes,
    /// A Flux repository: Kubernetes Secrets, and values for Helm releases
    Flux,
    /// Passwords, tokens and keys in the values of Helm charts
    Helm,
    /// All values of dotenv files
    Dotenv,
    /// All values of all files below a directory `secrets`, and of files named `*.secret.*`
    All,
}

/// Writes the file.
///
/// # Errors
/// There are no recipients, a recipient is not one, or there is such a file already.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let recipients = match plan.recipients.is_empty() {
        false => plan.recipients.clone(),
        true => crate::engine::own_recipients()?,
    };
    for recipient in &recipients {
        crate::engine::check_recipient(recipient)?;
    }
    let path = plan.directory.join(".sops.yaml");
    let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
    let text = plan.preset.config(&recipients);
    if !io::create_new(&path, text.as_bytes(), Access::Shared)? {
        return Err(Failure::new(Exit::Unwritable, "there is such a file already; it was left as it is")
            .hint("add rules to it, or remove it first")
            .file(&path));
    }
    let count = recipients.len();
    let plural = if count == 1 { "recipient" } else { "recipients" };
    context.reporter.note(&format!("wrote {} for {count} {plural}", crate::report::shown(&path)));
    Ok(Exit::Success)
}

/// A rule of a preset.
struct Rule {
    about: &'static str,
    path: &'static str,
    /// A selection setting with its value.
    selection: Option<(&'static str, &'static str)>,
}

/// The fields of a Secret that hold secrets.
const SECRET_FIELDS: (&str, &str) = ("encrypted_regex", "^(data|stringData)$");

/// Keys of Helm values that usually hold secrets.
const SECRET_NAMES: (&str, &str) = (
    "encrypted_regex",
    "(?i)(password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|credential|dsn|connection_?string)",
);

impl Preset {
    fn rules(self) -> &'static [Rule] {
        const SECRETS: Rule = Rule {
            about: "Kubernetes Secrets: the values, not the names.",
            path: r"\.ya?ml$",
            selection: Some(SECRET_FIELDS),
        };
        const VALUES: Rule = Rule {
            about: "Values of Helm charts: whatever is named like a secret, and all that is in it.",
            path: r"(^|/)([^/]*[-.])?values([-.][^/]*)?\.ya?ml$",
            selection: Some(SECRET_NAMES),
        };
        const DOTENV: Rule = Rule { about: "All values of dotenv files.", path: r"\.env$", selection: None };
        match self {
            Self::Kubernetes => &[SECRETS],
            Self::Flux => &[VALUES, SECRETS],
            Self::Helm => &[VALUES],
            Self::Dotenv => &[DOTENV],
            Self::All => &[Rule {
                about: "Everything in directories named secrets, and in files named like x.secret.yaml.",
                path: r"(^|/)secrets/|\.secret\.[^/]*$",
                selection: None,
            }],
        }
    }

    /// The text of the configuration.
    fn config(self, recipients: &[String]) -> String {
        let mut text = String::from(
            "# Which files are encrypted, what in them, and for whom. The first rule whose path_regex\n\
             # matches a path counts; paths are relative to the directory of this file.\n\
             creation_rules:\n",
        );
        for rule in self.rules() {
            text += &format!("  # {}\n  - path_regex: {}\n", rule.about, quoted(rule.path));
            if let Some((setting, value)) = rule.selection {
                text += &format!("    {setting}: {}\n", quoted(value));
            }
            text += "    age:\n";
            for recipient in recipients {
                text += &format!("      - {}\n", plain_or_quoted(recipient));
            }
        }
        text
    }
}

/// A YAML scalar in single quotes, in which nothing is special but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", harmless(text).replace('\'', "''"))
}

/// Recipients of age need no quotes; SSH keys have blanks and perhaps a comment.
fn plain_or_quoted(recipient: &str) -> String {
    let plain = recipient.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { recipient.to_owned() } else { quoted(recipient) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_lists_each_recipient_under_each_rule() {
        let recipients = ["age1abc".to_owned(), "ssh-ed25519 AAAA it's me".to_owned()];
        assert_eq!(
            Preset::Dotenv.config(&recipients),
            "# Which files are encrypted, what in them, and for whom. The first rule whose path_regex\n\
             # matches a path counts; paths are relative to the directory of this file.\n\
             creation_rules:\n\
             \x20 # All values of dotenv files.\n\
             \x20 - path_regex: '\\.env$'\n\
             \x20   age:\n\
             \x20     - age1abc\n\
             \x20     - 'ssh-ed25519 AAAA it''s me'\n"
        );
        let flux = Preset::Flux.config(&recipients);
        assert_eq!(flux.matches("- age1abc\n").count(), 2);
        assert_eq!(flux.matches("encrypted_regex: '").count(), 2);
    }
}
