//! Why no data key could be recovered, as sops tells it.

use std::fmt;

use fieldseal_core::shamir::CombineError;
use fieldseal_core::{DataKeyLength, Service};

/// Why the data key of a file could not be recovered.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DataKeyError {
    /// Too few groups gave their part.
    Groups(GroupsError),
    /// The parts do not belong together.
    Combine(CombineError),
    /// What was recovered is no data key.
    Length(DataKeyLength),
}

/// What became of each group of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupsError {
    /// The groups in the order of the file.
    pub groups: Vec<GroupOutcome>,
    /// How many of them were needed; 0 if that was never said.
    pub threshold: usize,
    /// How many identities were found.
    pub(crate) found: usize,
    /// The recipients of those that say what they are for.
    pub(crate) own: Vec<String>,
    /// The file for identities.
    pub(crate) usual: Option<String>,
    /// Whether the keys of this machine were used.
    pub(crate) local: bool,
    /// Whether key services were asked.
    pub(crate) remote: bool,
}

/// What became of a group of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupOutcome {
    /// It gave its part.
    Recovered,
    /// None of its keys could be used.
    Failed(Vec<KeyFailure>),
}

/// Why a key could not be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFailure {
    /// The kind of its service.
    pub service: Service,
    /// The name by which sops calls it.
    pub key: String,
    /// Why, in the words of each place that was asked; empty if none was.
    pub causes: Vec<String>,
}

impl DataKeyError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Groups(groups) => groups.hint(),
            Self::Combine(_) | Self::Length(_) => {
                "the key groups in the sops block were changed; restore it from a commit that is known to be good".to_owned()
            }
        }
    }
}

impl fmt::Display for DataKeyError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Groups(groups) => to.write_str(&groups.render(false)),
            Self::Combine(error) => write!(to, "could not get data key from shamir parts: {error}"),
            Self::Length(error) => error.fmt(to),
        }
    }
}

impl std::error::Error for DataKeyError {}

impl GroupsError {
    /// The message of sops: every group, every key, and why it could not be used. With `color`, the outcomes of groups
    /// and keys are green and red.
    pub fn render(&self, color: bool) -> String {
        let failed = if color { "\x1b[31mFAILED\x1b[0m" } else { "FAILED" };
        let success = if color { "\x1b[32mSUCCESS\x1b[0m" } else { "SUCCESS" };
        let mut text = "Failed to get the data key required to decrypt the SOPS file.\n".to_owned();
        for (index, group) in self.groups.iter().enumerate() {
            let GroupOutcome::Failed(keys) = group else {
                text.push_str(&format!("\nGroup {index}: {success}\n"));
                continue;
            };
            text.push_str(&format!("\nGroup {index}: {failed}\n"));
            for (index, key) in keys.iter().enumerate() {
                if index > 0 {
                    text.push_str("  \n");
                }
                text.push_str(&format!("  {}: {failed}\n", harmless(&key.key)));
                for cause in &key.causes {
                    for (index, line) in wrap(&harmless(cause), 60).lines().enumerate() {
                        let mark = if index == 0 { '-' } else { ' ' };
                        text.push_str(&format!("    {mark} | {line}\n"));
                    }
                }
            }
        }
        text.push('\n');
        text.push_str(&wrap(&self.trailer(), 75));
        text
    }

    fn trailer(&self) -> String {
        if self.threshold == 0 {
            return "Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the \
                    file, at least one key has to be successful, but none were."
                .to_owned();
        }
        let got = self.groups.iter().filter(|group| **group == GroupOutcome::Recovered).count();
        format!(
            "Recovery failed because the file was encrypted with a Shamir threshold of {0}, but only {got} part(s) were \
             successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least \
             {0} groups have to be successful. In order for a group to be successful, decryption has to succeed with any \
             of the keys in that key group.",
            self.threshold
        )
    }

    /// What to do: for the kinds of keys in the file that can be had, what is needed for each.
    fn hint(&self) -> String {
        let failed: Vec<&KeyFailure> = self
            .groups
            .iter()
            .flat_map(|group| match group {
                GroupOutcome::Failed(keys) => keys.as_slice(),
                GroupOutcome::Recovered => &[],
            })
            .collect();
        let of = |wanted: &dyn Fn(Service) -> bool| -> Vec<&str> {
            failed.iter().filter(|key| wanted(key.service)).map(|key| key.key.as_str()).collect()
        };
        let (age, pgp) = (of(&|service| service == Service::Age), of(&|service| service == Service::Pgp));
        let cloud = of(&|service| !matches!(service, Service::Age | Service::Pgp));
        let mut remedies = Vec::new();
        if !age.is_empty() && self.local {
            remedies.push(self.hint_for_age(&age));
        }
        if !pgp.is_empty() && self.local {
            remedies.push(format!(
                "gpg needs the secret key of {}: `gpg --list-secret-keys` shows those that it has",
                shortened(&pgp)
            ));
        }
        if !cloud.is_empty() && !self.remote {
            remedies.push(format!(
                "{} can be used through a key service that has access, such as `sops keyservice`: name it with \
                 --keyservice",
                shortened(&cloud)
            ));
        }
        if remedies.is_empty() && self.remote {
            let names: Vec<_> = failed.iter().map(|key| key.key.as_str()).collect();
            remedies.push(format!("see to it that the key service runs and may use {}", shortened(&names)));
        }
        harmless(&remedies.join("; or "))
    }

    fn hint_for_age(&self, age: &[&str]) -> String {
        if self.found == 0 {
            let usual =
                self.usual.as_ref().map(|path| format!("put it into {path}, or ")).unwrap_or_default();
            return format!(
                "no age identity was found: {usual}name its file in SOPS_AGE_KEY_FILE; needed is that of {}",
                shortened(age)
            );
        }
        if self.own.is_empty() {
            return format!(
                "none of the identities that were found opens the file; needed is that of {}",
                shortened(age)
            );
        }
        let own: Vec<_> = self.own.iter().map(String::as_str).collect();
        format!(
            "the identities at hand belong to {}; let someone who can open the file add one of these and run `updatekeys`",
            shortened(&own)
        )
    }
}

/// `text` with what could steer a terminal escaped: it comes from files, programs and other machines.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// A few names, and how many more there are.
fn shortened(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown = names[..names.len().min(SHOWN)].join(" or ");
    if names.len() > SHOWN { format!("{shown} or {} others", names.len() - SHOWN) } else { shown }
}

/// Breaks `text` at blanks so that its lines have at most `width` characters, where its words allow that.
fn wrap(text: &str, width: usize) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / width);
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 {
            // A word that fits into no line stays in the one that it begins in.
            let breaks = column + 1 + length > width && width > 1;
            lines.push(if breaks { '\n' } else { ' ' });
            column = if breaks { 0 } else { column + 1 };
        }
        lines.push_str(word);
        column += length;
    }
    lines
}
