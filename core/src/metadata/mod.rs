//! The `sops` block: what a file says about its own encryption.

mod decode;
mod difference;
mod error;
mod flatten;
mod key;
mod raw;
mod rewrite;
mod version;

pub use difference::GroupDifference;
pub use error::MetadataError;
pub(crate) use flatten::{find_flattened, flatten, unflatten, write_float};
pub use key::{KeyGroup, KeyId, MasterKey, Service};
pub(crate) use raw::Raw;

use crate::selection::Selection;
use crate::timestamp::Timestamp;
use rewrite::{Kept, rewrite};
use version::Version;

/// The name of the field that keeps what sops would lose of a text.
const LAYOUT: &str = "fieldseal_layout";

/// What a file says about its own encryption.
///
/// Nothing of it is authenticated but the date, and that only together with the MAC. Where it was read from a file,
/// writing it again keeps the order of its fields, those that nobody knows, and what did not change.
#[derive(Clone, PartialEq, Debug)]
pub struct Metadata {
    /// The groups of keys. One group: each of its keys encrypts the data key. Several: each key encrypts the share of
    /// its group.
    pub groups: Vec<KeyGroup>,
    /// How many groups are needed where there are several; 0 where it was never said.
    pub shamir_threshold: usize,
    /// What of the document is encrypted.
    pub selection: Selection,
    /// Whether the MAC leaves out what is not encrypted.
    pub mac_only_encrypted: bool,
    /// The version of sops that the file was made with, or made to look like.
    pub version: String,
    /// The encrypted MAC; empty if there is none.
    pub(crate) mac: String,
    /// What sops would lose of the text, encrypted.
    pub(crate) layout: Option<String>,
    lastmodified: Timestamp,
    /// Whether `selection` is written. Binary files, and some very old ones, go without.
    selection_is_written: bool,
    kept: Kept,
}

impl Metadata {
    /// The metadata of a new file.
    pub fn new(groups: Vec<KeyGroup>, selection: Selection, version: impl Into<String>) -> Self {
        Self {
            groups,
            shamir_threshold: 0,
            selection,
            mac_only_encrypted: false,
            version: version.into(),
            mac: String::new(),
            layout: None,
            lastmodified: Timestamp::from_unix(0),
            selection_is_written: true,
            kept: Kept::default(),
        }
    }

    /// The metadata of a new binary file, which has one value only and so no selection.
    pub fn without_selection(groups: Vec<KeyGroup>, version: impl Into<String>) -> Self {
        Self { selection_is_written: false, ..Self::new(groups, Selection::default(), version) }
    }

    /// Reads a `sops` block.
    ///
    /// # Errors
    /// It is one that sops does not load.
    pub(crate) fn from_raw(raw: &Raw) -> Result<Self, MetadataError> {
        let Raw::Map(map) = raw else {
            return Err(decode::mismatch("sops".to_owned(), "a mapping", raw));
        };
        let string = |name: &str| decode::string(map, name, &str::to_owned);
        let lastmodified = Timestamp::parse(string("lastmodified")?.as_bytes())
            .ok_or_else(|| MetadataError::Date { field: "lastmodified".to_owned() })?;
        let mut settings = Vec::with_capacity(Selection::NAMES.len());
        for name in Selection::NAMES {
            settings.extend(Selection::from_setting(name, string(name)?));
        }
        let selection = Selection::single(settings)?;
        let threshold = decode::int(map, "shamir_threshold")?;
        Ok(Self {
            groups: groups(map)?,
            shamir_threshold: threshold.try_into().unwrap_or(0),
            selection_is_written: selection.is_some(),
            selection: selection.unwrap_or_default(),
            mac_only_encrypted: decode::bool(map, "mac_only_encrypted")?,
            version: string("version")?,
            mac: string("mac")?,
            // Nobody has to understand this field, so what is wrong with it is no error.
            layout: match decode::field(map, LAYOUT) {
                Some(Raw::Str(text)) if !text.is_empty() => Some(text.clone()),
                _ => None,
            },
            lastmodified,
            kept: Kept::new(map),
        })
    }

    /// The `sops` block.
    pub(crate) fn to_raw(&self) -> Raw {
        let given = |text: &str| Some(Raw::Str(text.to_owned()));
        let mut fields = vec![
            ("lastmodified", given(&self.lastmodified.to_whole_seconds())),
            ("mac", given(&self.mac)),
            ("mac_only_encrypted", self.mac_only_encrypted.then_some(Raw::Bool(true))),
            (LAYOUT, self.layout.as_deref().and_then(given)),
            (
                "shamir_threshold",
                (self.shamir_threshold != 0)
                    .then(|| Raw::Int(i64::try_from(self.shamir_threshold).unwrap_or(i64::MAX))),
            ),
            ("version", given(&self.version)),
        ];
        for name in Selection::NAMES {
            let text = given(self.selection.text());
            fields.push((name, text.filter(|_| self.selection_is_written && name == self.selection.name())));
        }
        if let [group] = self.groups.as_slice() {
            fields.extend(group.lists());
            fields.push(("key_groups", None));
        } else {
            fields.extend(Service::ALL.map(|service| (service.name(), None)));
            let groups = self.groups.iter().map(KeyGroup::to_raw).collect();
            fields.push(("key_groups", Some(Raw::List(groups)).filter(|_| !self.groups.is_empty())));
        }
        Raw::Map(rewrite(&self.kept, fields))
    }

    /// When the values were last encrypted.
    pub const fn lastmodified(&self) -> Timestamp {
        self.lastmodified
    }

    /// Sets the date; a fraction of a second is dropped.
    pub(crate) const fn set_lastmodified(&mut self, now: Timestamp) {
        self.lastmodified = Timestamp { nanoseconds: 0, ..now };
    }

    /// Whether there is a MAC, and what can be said of it without a key.
    pub(crate) fn mac_state(&self) -> crate::file::LeafState {
        crate::file::state_of(&crate::value::Value::Str(self.mac.as_bytes().into()))
    }

    /// The additional data of the MAC.
    pub(crate) fn mac_aad(&self) -> String {
        self.lastmodified.to_whole_seconds()
    }

    /// The additional data of the layout field: no path in a document looks like this.
    pub(crate) fn layout_aad(&self) -> String {
        format!("{LAYOUT} {}", self.lastmodified.to_whole_seconds())
    }

    /// Whether the version is one whose files sops decrypts. Any is, old or new, as long as it reads as one.
    ///
    /// # Errors
    /// It is missing, or no version at all. One that begins with `1.` need not be well formed.
    pub fn check_version(&self) -> Result<(), MetadataError> {
        if self.version.is_empty() {
            return Err(MetadataError::NoVersion);
        }
        if self.version.starts_with("1.") || Version::parse(&self.version).is_some() {
            return Ok(());
        }
        Err(MetadataError::Version)
    }

    /// Whether there is a MAC. That it fits shows only when the file is opened.
    pub fn has_mac(&self) -> bool {
        !self.mac.is_empty()
    }

    /// Sets the version to `version` if that is newer.
    pub fn raise_version(&mut self, version: &str) {
        let newer = match (Version::parse(&self.version), Version::parse(version)) {
            _ if self.version.starts_with("1.") => true,
            (Some(old), Some(new)) => new > old,
            _ => false,
        };
        if newer {
            self.version = version.to_owned();
        }
    }
}

/// The groups of keys: the flat lists if there are any, else those of `key_groups`.
fn groups(map: &[(String, Raw)]) -> Result<Vec<KeyGroup>, MetadataError> {
    let flat = KeyGroup::from_raw(map, "")?;
    if !flat.keys().is_empty() {
        return Ok(vec![flat]);
    }
    let listed = decode::maps(map, "key_groups", &str::to_owned)?;
    let mut groups = Vec::with_capacity(listed.len());
    for (index, group) in listed.into_iter().enumerate() {
        groups.push(KeyGroup::from_raw(group, &format!("key_groups[{index}]."))?.keep(group));
    }
    if groups.is_empty() { Err(MetadataError::NoKeys) } else { Ok(groups) }
}

#[cfg(test)]
mod tests;
