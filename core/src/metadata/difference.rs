//! How the keys of a file differ from those that it should have.

use super::{KeyGroup, KeyId, Metadata};

/// How a group of keys of a file differs from the one at the same place that is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupDifference {
    /// Keys that are in both, as they are wanted.
    pub common: Vec<KeyId>,
    /// Keys that are wanted and not there.
    pub added: Vec<KeyId>,
    /// Keys that are there and not wanted.
    pub removed: Vec<KeyId>,
}

impl KeyId {
    /// Whether `other` is the same key: of the same service, and called by the same name. A key of Azure Key Vault
    /// without a version, as rules may name it, is any version of that key.
    pub fn is_same_key(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::AzureKv { vault_url, name, version },
                Self::AzureKv { vault_url: other_url, name: other_name, version: other_version },
            ) => {
                (vault_url, name) == (other_url, other_name)
                    && (version == other_version || version.is_empty() || other_version.is_empty())
            }
            _ => self.service() == other.service() && self.to_string() == other.to_string(),
        }
    }
}

impl GroupDifference {
    /// Whether both groups have the same keys. Their order does not count.
    pub fn is_none(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl Metadata {
    /// How the groups of the file differ from `wanted`, place by place, as sops compares them: a key that is in another
    /// group than before is removed from one and added to the other. A key that is named twice in a group counts once.
    pub fn differences(&self, wanted: &[Vec<KeyId>]) -> Vec<GroupDifference> {
        let count = self.groups.len().max(wanted.len());
        (0..count)
            .map(|place| {
                let there: Vec<&KeyId> = self
                    .groups
                    .get(place)
                    .map(KeyGroup::keys)
                    .unwrap_or_default()
                    .iter()
                    .map(|key| &key.id)
                    .collect();
                let wanted = wanted.get(place).map(Vec::as_slice).unwrap_or_default();
                let mut difference = GroupDifference::default();
                for key in wanted {
                    let list = if there.iter().any(|other| other.is_same_key(key)) {
                        &mut difference.common
                    } else {
                        &mut difference.added
                    };
                    push_once(list, key);
                }
                for key in there {
                    if !wanted.iter().any(|other| other.is_same_key(key)) {
                        push_once(&mut difference.removed, key);
                    }
                }
                difference
            })
            .collect()
    }
}

impl KeyGroup {
    /// The keys as they identify themselves.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys().iter().map(|key| &key.id)
    }

    /// This group with the keys of `wrapped`: entries that are there stay where and as they are, with what was wrapped
    /// anew for them; those whose key is not in `wrapped` go; new ones follow behind those of their service.
    pub fn updated(&self, wrapped: &Self) -> Self {
        let find = |id: &KeyId| wrapped.keys().iter().find(|new| new.id.is_same_key(id));
        let mut group = self.clone();
        let mut seen: Vec<KeyId> = Vec::new();
        group.retain(|key| {
            let stays = find(&key.id).is_some() && !seen.iter().any(|id| id.is_same_key(&key.id));
            if stays {
                seen.push(key.id.clone());
            }
            stays
        });
        for key in group.keys_mut() {
            if let Some(new) = find(&key.id) {
                key.enc.clone_from(&new.enc);
            }
        }
        for new in wrapped.keys() {
            if !seen.iter().any(|id| id.is_same_key(&new.id)) {
                seen.push(new.id.clone());
                group.push(new.clone());
            }
        }
        group
    }
}

fn push_once(list: &mut Vec<KeyId>, key: &KeyId) {
    if !list.iter().any(|other| other.is_same_key(key)) {
        list.push(key.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::MasterKey;
    use crate::selection::Selection;
    use crate::timestamp::Timestamp;

    fn age(name: &str) -> KeyId {
        KeyId::Age { recipient: name.to_owned() }
    }

    fn azure(version: &str) -> KeyId {
        KeyId::AzureKv { vault_url: "https://v".into(), name: "k".into(), version: version.into() }
    }

    fn group(keys: &[(KeyId, &str)]) -> KeyGroup {
        let key =
            |(id, enc): &(KeyId, &str)| MasterKey::new(id.clone(), (*enc).into(), Timestamp::from_unix(0));
        KeyGroup::new(keys.iter().map(key).collect())
    }

    #[test]
    fn groups_are_compared_place_by_place() {
        let groups = vec![group(&[(age("a"), ""), (age("b"), ""), (age("b"), "")]), group(&[(age("c"), "")])];
        let metadata = Metadata::new(groups, Selection::default(), "3.13.3");
        let [one, two, three] =
            &metadata.differences(&[vec![age("b"), age("d"), age("b")], vec![age("c")], vec![age("a")]])[..]
        else {
            panic!("three groups")
        };
        assert_eq!(
            (&one.common[..], &one.added[..], &one.removed[..]),
            (&[age("b")][..], &[age("d")][..], &[age("a")][..])
        );
        assert!(two.is_none() && !one.is_none());
        assert_eq!(three.added, [age("a")]);
        assert_eq!(metadata.differences(&[])[1].removed, [age("c")]);
    }

    #[test]
    fn names_of_different_services_are_different_keys() {
        let pgp = KeyId::Pgp { fingerprint: "x".into() };
        assert!(!pgp.is_same_key(&KeyId::GcpKms { resource_id: "x".into() }));
        assert!(azure("1").is_same_key(&azure("")) && azure("").is_same_key(&azure("1")));
        assert!(!azure("1").is_same_key(&azure("2")));
    }

    #[test]
    fn entries_stay_in_their_place() {
        let pgp = KeyId::Pgp { fingerprint: "f".into() };
        let old = group(&[(age("a"), "1"), (age("b"), "2"), (age("a"), "3"), (pgp.clone(), "4")]);
        let new = old.updated(&group(&[(age("c"), "5"), (age("a"), "6"), (pgp.clone(), "7")]));
        let keys: Vec<_> = new.keys().iter().map(|key| (key.id.clone(), key.enc.as_str())).collect();
        assert_eq!(keys, [(pgp, "7"), (age("a"), "6"), (age("c"), "5")]);
    }
}
