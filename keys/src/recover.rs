//! Recovering the data key of a file.

use fieldseal_core::{DataKey, KeyGroup, KeyId, MasterKey, Metadata, Service, shamir};

use crate::attempt::Attempt;
use crate::failure::{DataKeyError, GroupOutcome, GroupsError, KeyFailure};
use crate::services::{KeyServices, Part};

/// The order in which kinds of keys are tried unless something else is said. Other kinds come last.
const USUAL_ORDER: &[Service] = &[Service::Age, Service::Pgp];

/// Reads an order of kinds of keys: names between commas. Names of no kind are ignored, as sops does.
pub fn parse_order(text: &str) -> Vec<Service> {
    text.split(',').filter_map(Service::from_name).collect()
}

/// Recovers the data key of a file with `metadata`. Of several groups no more are asked for than are needed.
///
/// Without an `order`, all groups are tried with what is cheap before any is tried with what is not: first the age
/// identities at hand, then what a program or a person of this machine has to be asked for, then key services. With an
/// `order`, the kinds of keys are tried in it, one after the other, and kinds that are not in it last.
///
/// # Errors
/// Too few groups have a key that can be used.
pub fn recover(
    metadata: &Metadata,
    services: &KeyServices,
    order: &[Service],
) -> Result<DataKey, DataKeyError> {
    recover_with_shares(metadata, services, order).map(|recovered| recovered.data_key)
}

/// A data key that was recovered, and the shares that gave it.
pub struct Recovered {
    /// The data key.
    pub data_key: DataKey,
    /// Where there are several groups: the share of each that was asked, with its number.
    shares: Vec<(usize, Part)>,
}

impl Recovered {
    /// The share of the data key that belongs to the group number `group`; the first has 0. It need not be one of those
    /// that were recovered: enough of them tell all others. `None` where there is one group, or where the shares are
    /// not numbered as sops numbers them.
    pub fn share(&self, group: usize) -> Option<Part> {
        let place = |group: usize| u8::try_from(group + 1).ok();
        if !self.shares.iter().all(|(group, share)| share.last().copied() == place(*group)) {
            return None;
        }
        let shares: Vec<&[u8]> = self.shares.iter().map(|(_, share)| share.as_slice()).collect();
        shamir::share(&shares, place(group)?).ok()
    }
}

/// As [`recover`], and keeps the shares, so that keys can be added to groups without making all shares anew.
///
/// # Errors
/// As for [`recover`].
pub fn recover_with_shares(
    metadata: &Metadata,
    services: &KeyServices,
    order: &[Service],
) -> Result<Recovered, DataKeyError> {
    let single = metadata.groups.len() == 1;
    let needed = match metadata.shamir_threshold {
        _ if single => 1,
        // All that can be recovered are combined.
        0 => metadata.groups.len(),
        // One share tells nothing.
        threshold => threshold.max(2),
    };
    let passes = passes(order);
    let order = if order.is_empty() { USUAL_ORDER } else { order };
    let mut groups: Vec<_> = metadata.groups.iter().map(|group| Trial::new(group, order)).collect();
    let mut parts: Vec<(usize, Part)> = Vec::new();
    for pass in &passes {
        for (number, group) in groups.iter_mut().enumerate().filter(|(_, group)| !group.recovered) {
            if parts.len() < needed {
                parts.extend(group.run(*pass, services).map(|part| (number, part)));
            }
        }
    }
    let enough = if single { 1 } else { metadata.shamir_threshold.max(1) };
    if parts.len() < enough {
        let identities = services.identities();
        return Err(DataKeyError::Groups(GroupsError {
            groups: groups.iter().map(|group| group.outcome(services)).collect(),
            threshold: metadata.shamir_threshold,
            found: identities.map_or(0, |identities| identities.search().found),
            own: identities.map_or_else(Vec::new, |identities| identities.recipients()),
            usual: identities.and_then(|identities| identities.usual_file()),
            local: services.local().is_some(),
            remote: !services.remote().is_empty(),
        }));
    }
    let shares: Vec<&[u8]> = parts.iter().map(|(_, part)| part.as_slice()).collect();
    let data_key = match shares.as_slice() {
        [part] if single => DataKey::from_bytes(part),
        shares => DataKey::from_bytes(&shamir::combine(shares).map_err(DataKeyError::Combine)?),
    };
    let data_key = data_key.map_err(DataKeyError::Length)?;
    if single {
        parts.clear();
    }
    Ok(Recovered { data_key, shares: parts })
}

/// How far a group is tried before the others get their turn.
#[derive(Clone, Copy)]
enum Pass {
    /// With the age identities that can be used at once.
    AtHand,
    /// With all that this machine has.
    Local,
    /// With the key services.
    Network,
    /// With all that there is for one kind of keys.
    Kind(Service),
}

/// The passes for an order of kinds of keys, which may be empty.
fn passes(order: &[Service]) -> Vec<Pass> {
    if order.is_empty() {
        return vec![Pass::AtHand, Pass::Local, Pass::Network];
    }
    let others = Service::ALL.iter().filter(|service| !order.contains(service));
    let passes = order.iter().chain(others).flat_map(|service| {
        let at_hand = (*service == Service::Age).then_some(Pass::AtHand);
        at_hand.into_iter().chain([Pass::Kind(*service)])
    });
    passes.collect()
}

/// The attempt to recover the part of a group with any of its keys.
struct Trial<'a> {
    /// In the order in which they are tried.
    keys: Vec<&'a MasterKey>,
    age: Attempt<'a>,
    /// Why each of the keys could not be used, except for age on this machine.
    causes: Vec<Vec<String>>,
    recovered: bool,
}

impl<'a> Trial<'a> {
    fn new(group: &'a KeyGroup, order: &[Service]) -> Self {
        let mut keys: Vec<&MasterKey> = group.keys().iter().collect();
        let place = |key: &&MasterKey| order.iter().position(|service| *service == key.service());
        keys.sort_by_key(|key| place(key).unwrap_or(order.len()));
        let age = keys.iter().filter_map(|key| match &key.id {
            KeyId::Age { recipient } => Some((recipient.as_str(), key.enc.as_str())),
            _ => None,
        });
        Self {
            age: Attempt::new(age.collect()),
            causes: keys.iter().map(|_| Vec::new()).collect(),
            keys,
            recovered: false,
        }
    }

    fn run(&mut self, pass: Pass, services: &KeyServices) -> Option<Part> {
        let mut kinds: Vec<Service> = self.keys.iter().map(|key| key.service()).collect();
        kinds.dedup();
        let part = match pass {
            Pass::AtHand => services.identities().and_then(|identities| self.age.at_hand(identities)),
            Pass::Local => kinds.iter().find_map(|kind| self.locally(*kind, services)),
            Pass::Network => kinds.iter().find_map(|kind| self.remotely(*kind, services)),
            Pass::Kind(kind) => self.locally(kind, services).or_else(|| self.remotely(kind, services)),
        };
        self.recovered = part.is_some();
        part
    }

    /// Tries the keys of a kind with what this machine has; for age, beyond what is at hand.
    fn locally(&mut self, kind: Service, services: &KeyServices) -> Option<Part> {
        let local = services.local()?;
        if kind == Service::Age {
            return self.age.asking(&local.identities);
        }
        self.each(kind, |key| local.decrypt(&key.id, &key.enc))
    }

    /// Tries the keys of a kind with the key services.
    fn remotely(&mut self, kind: Service, services: &KeyServices) -> Option<Part> {
        let remote = services.remote();
        remote.iter().find_map(|service| self.each(kind, |key| service.decrypt(&key.id, &key.enc)))
    }

    fn each(&mut self, kind: Service, decrypt: impl Fn(&MasterKey) -> Result<Part, String>) -> Option<Part> {
        let keys = self.keys.iter().zip(&mut self.causes).filter(|(key, _)| key.service() == kind);
        for (key, causes) in keys {
            match decrypt(key) {
                Ok(part) => return Some(part),
                Err(cause) => causes.push(cause),
            }
        }
        None
    }

    fn outcome(&self, services: &KeyServices) -> GroupOutcome {
        if self.recovered {
            return GroupOutcome::Recovered;
        }
        let mut age = services.identities().map_or_else(Vec::new, |own| self.age.causes(own)).into_iter();
        let failures = self.keys.iter().zip(&self.causes).map(|(key, causes)| KeyFailure {
            service: key.service(),
            key: key.id.to_string(),
            causes: (key.service() == Service::Age)
                .then(|| age.next())
                .flatten()
                .into_iter()
                .chain(causes.iter().cloned())
                .collect(),
        });
        GroupOutcome::Failed(failures.collect())
    }
}

#[cfg(test)]
mod tests;
