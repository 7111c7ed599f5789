//! Files for other keys: what would change, the data key wrapped anew, and new data keys.

use fieldseal_core::{
    DataKey, EncryptRequest, Format, GroupDifference, KeyGroup, KeyId, Metadata, Opened, Stores,
};

use fieldseal_keys::Recovered;

use super::convert::text_in;
use super::keyring::Keyring;
use super::{Sealed, SystemRandom, failures, now};
use crate::exit::Exit;
use crate::report::{Failure, Warning, harmless};
use crate::role::Role;

/// Who may open a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// The groups of keys.
    pub(crate) groups: Vec<Vec<KeyId>>,
    /// How many groups are needed where there are several; 0: all, or as the file says.
    pub(crate) threshold: usize,
}

impl Access {
    /// Who may open a file now.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let groups = metadata.groups.iter().map(|group| group.ids().cloned().collect());
        Self { groups: groups.collect(), threshold: metadata.shamir_threshold }
    }

    /// That every group has a key.
    ///
    /// # Errors
    /// One has none, or there is none.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if !self.groups.is_empty() && self.groups.iter().all(|group| !group.is_empty()) {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Other,
            "empty key group provided: nobody could recover its part of the data key",
        )
        .hint("nothing was written; leave a key in every group"))
    }
}

/// What is to change in the keys of a file.
#[derive(PartialEq, Eq)]
pub(crate) struct Change {
    /// Who is to open the file.
    pub(crate) access: Access,
    /// The threshold of the file.
    old_threshold: usize,
    differences: Vec<GroupDifference>,
    /// Keys that no group will have any more.
    removed: Vec<KeyId>,
}

impl Change {
    /// What has to change so that `wanted`, which a rule says, is true; `None`: it is.
    ///
    /// A rule without a threshold leaves that of the file, as far as there are groups enough. sops leaves it always.
    pub(crate) fn to_rule(metadata: &Metadata, wanted: Access, role: Role) -> Option<Self> {
        let old_threshold = metadata.shamir_threshold;
        let left = old_threshold.min(wanted.groups.len());
        let threshold = match role {
            Role::Own if wanted.threshold > 0 => wanted.threshold,
            // What sops leaves unsaid until the file is written.
            Role::Own if left == 0 && wanted.groups.len() > 1 => wanted.groups.len(),
            _ => left,
        };
        let change = Self::new(metadata, Access { threshold, ..wanted });
        let is_none = change.differences.iter().all(GroupDifference::is_none) && threshold == old_threshold;
        (!is_none).then_some(change)
    }

    /// The change to `access`.
    pub(crate) fn new(metadata: &Metadata, access: Access) -> Self {
        let stays = |key: &KeyId| access.groups.iter().flatten().any(|other| other.is_same_key(key));
        let mut removed: Vec<KeyId> = Vec::new();
        for key in metadata.groups.iter().flat_map(KeyGroup::ids).filter(|key| !stays(key)) {
            if !removed.iter().any(|other| other.is_same_key(key)) {
                removed.push(key.clone());
            }
        }
        let differences = metadata.differences(&access.groups);
        Self { access, old_threshold: metadata.shamir_threshold, differences, removed }
    }

    /// The difference as sops prints it, behind its first line.
    pub(crate) fn render(&self, colour: bool) -> String {
        let (mut text, new, old) = (String::new(), self.access.threshold, self.old_threshold);
        let mut line = |style: &str, line: String| {
            text += &if colour { format!("\x1b[{style}m{line}\x1b[0m\n") } else { format!("{line}\n") };
        };
        if old > 0 && old == new {
            line("0", format!("shamir_threshold: {new}"));
        } else {
            if new > 0 {
                line("32", format!("+++ shamir_threshold: {new}"));
            }
            if old > 0 {
                line("31", format!("--- shamir_threshold: {old}"));
            }
        }
        text + &self.render_groups(colour)
    }

    /// The same without the threshold.
    pub(crate) fn render_groups(&self, colour: bool) -> String {
        let mut text = String::new();
        let mut line = |style: &str, line: String| {
            text += &if colour { format!("\x1b[{style}m{line}\x1b[0m\n") } else { format!("{line}\n") };
        };
        for (index, group) in self.differences.iter().enumerate() {
            line("4", format!("Group {}", index + 1));
            for (style, mark, keys) in
                [("0", "   ", &group.common), ("32", "+++", &group.added), ("31", "---", &group.removed)]
            {
                keys.iter().for_each(|key| line(style, format!("{mark} {}", harmless(&key.to_string()))));
            }
        }
        text
    }

    /// Whether a group gets or loses a key.
    #[cfg(feature = "publish")]
    pub(crate) fn changes_keys(&self) -> bool {
        !self.differences.iter().all(GroupDifference::is_none)
    }

    /// What is to be said of keys that go while the data key stays.
    pub(crate) fn removal(&self) -> Option<Warning> {
        let names: Vec<_> = self.removed.iter().map(|key| harmless(&key.to_string())).collect();
        (!names.is_empty()).then(|| {
            let (owner, knows) = if names.len() == 1 { ("the owner", "knows") } else { ("the owners", "know") };
            Warning::new(format!("{owner} of {} still {knows} the data key of the file", names.join(", ")))
                .hint("give the file a new one with `rotate`, or with `updatekeys --rotate`, and change the secrets")
        })
    }
}

/// The text of `opened` for those whom `access` names. The data key stays, and with it entries that need no change.
///
/// # Errors
/// A group has no key, or the data key cannot be encrypted for a key.
pub(crate) fn rewrap(
    opened: &Opened,
    recovered: &Recovered,
    access: &Access,
    keyring: &Keyring<'_>,
) -> Result<Vec<u8>, Failure> {
    access.check()?;
    let (groups, threshold) = match extended(opened.metadata(), recovered, access, keyring)? {
        Some(groups) => (groups, access.threshold),
        None => keyring.wrap(&recovered.data_key, &access.groups, access.threshold)?,
    };
    opened.rewrap(groups, threshold).map_err(|error| failures::of_encrypt(&error))
}

/// The groups of the file without keys that go and with those that come, all others as they are: the data key is not
/// split anew, and whoever cannot be asked now keeps what they have. `None` if the number of groups changes, or that of
/// the groups that are needed.
fn extended(
    metadata: &Metadata,
    recovered: &Recovered,
    access: &Access,
    keyring: &Keyring<'_>,
) -> Result<Option<Vec<KeyGroup>>, Failure> {
    let single = metadata.groups.len() == 1;
    let same_threshold = single || metadata.shamir_threshold == access.threshold;
    if metadata.groups.len() != access.groups.len() || !same_threshold {
        return Ok(None);
    }
    let mut groups = Vec::with_capacity(metadata.groups.len());
    let differences = metadata.differences(&access.groups);
    for (number, (group, difference)) in metadata.groups.iter().zip(&differences).enumerate() {
        let mut group = kept(group, &access.groups[number]);
        if !difference.added.is_empty() {
            let added = if single {
                keyring.wrap_for_each(recovered.data_key.expose(), &difference.added)?
            } else {
                let Some(share) = recovered.share(number) else { return Ok(None) };
                keyring.wrap_for_each(&share, &difference.added)?
            };
            added.into_iter().for_each(|key| group.push(key));
        }
        groups.push(group);
    }
    Ok(Some(groups))
}

/// The keys of `group` that are in `wanted`, each once.
fn kept(group: &KeyGroup, wanted: &[KeyId]) -> KeyGroup {
    let mut seen: Vec<KeyId> = Vec::new();
    let mut group = group.clone();
    group.retain(|key| {
        let is_new = !seen.iter().any(|other| other.is_same_key(&key.id));
        let stays = is_new && wanted.iter().any(|other| other.is_same_key(&key.id));
        if stays {
            seen.push(key.id.clone());
        }
        stays
    });
    group
}

/// How a file gets a new data key.
pub(crate) struct Rotation<'a> {
    /// Who is to open the file.
    pub(crate) access: &'a Access,
    /// Encrypts the new data key.
    pub(crate) keyring: &'a Keyring<'a>,
    /// The format of the result.
    pub(crate) output: Format,
    /// The name under which the tool runs.
    pub(crate) role: Role,
    /// How many threads may work on it.
    pub(crate) threads: usize,
    /// How the result is indented where it is printed anew.
    pub(crate) stores: Stores,
}

/// The text of `opened` with a new data key.
///
/// # Errors
/// A group has no key, the new data key cannot be encrypted for a key, or the other format cannot hold all data.
pub(crate) fn rotate(opened: &Opened, rotation: &Rotation<'_>) -> Result<Sealed, Failure> {
    let Rotation { access, keyring, output, role, threads, stores } = *rotation;
    access.check()?;
    let data_key =
        DataKey::generate(&mut SystemRandom).map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
    let (wrapped, threshold) = keyring.wrap(&data_key, &access.groups, access.threshold)?;
    let mut metadata = opened.metadata().clone();
    let old = std::mem::take(&mut metadata.groups);
    let updated =
        |(place, group): (usize, KeyGroup)| old.get(place).map(|old| old.updated(&group)).unwrap_or(group);
    metadata.groups = wrapped.into_iter().enumerate().map(updated).collect();
    metadata.shamir_threshold = threshold;
    let request = EncryptRequest {
        data_key: &data_key,
        metadata,
        now: now(),
        random: &mut SystemRandom,
        threads,
        stores,
    };
    if output == opened.format() {
        return opened.rotate(request).map(Sealed::from).map_err(|error| failures::of_encrypt(&error));
    }
    let (text, lost) = text_in(opened, output, role, || Ok(stores))?;
    let sealed = fieldseal_core::encrypt(text.as_bytes(), output, request);
    let mut sealed = sealed.map(Sealed::from).map_err(|error| failures::of_encrypt(&error))?;
    sealed.warnings.splice(0..0, lost);
    Ok(sealed)
}
