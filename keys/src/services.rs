//! Where data keys are encrypted and decrypted.

use std::sync::Arc;
use std::time::Duration;

use fieldseal_core::keysource::age::{WrapError, wrap as wrap_natively, wrap_with};
use fieldseal_core::{KeyId, Recipient};
use zeroize::Zeroizing;

use crate::attempt::Attempt;
use crate::environment::Environment;
use crate::gpg::Gpg;
use crate::identities::Identities;
use crate::means::Means;
use crate::plugin::PluginRecipient;
use crate::program::{DEFAULT_LIMIT, Guard, NoGuard, Programs};
use crate::prompt::{Asking, Prompt};
use crate::remote::{Address, Network, Remote};

/// A part of a data key: all of it, or a share.
pub(crate) type Part = Zeroizing<Vec<u8>>;

/// What the places where data keys are encrypted and decrypted are made from.
pub struct Settings {
    /// The environment in which keys are looked for.
    pub environment: Environment,
    /// Who is asked for passphrases.
    pub prompt: Arc<dyn Prompt>,
    /// What ends programs when the process is told to end.
    pub guard: Arc<dyn Guard>,
    /// How long one key may take: a program, a person whom it asks, a key service.
    pub limit: Duration,
    /// Whether the keys of this machine are used.
    pub local: bool,
    /// The key services that are asked besides, in this order.
    pub remote: Vec<Address>,
}

/// Where data keys are encrypted and decrypted: on this machine, and then by key services.
///
/// Everything is made and asked when a file needs it, and once in a run; threads share it.
pub struct KeyServices {
    local: Option<Local>,
    remote: Vec<Remote>,
}

impl Settings {
    /// The keys of this machine and nothing else.
    pub fn new(environment: Environment, prompt: Arc<dyn Prompt>) -> Self {
        Self {
            environment,
            prompt,
            guard: Arc::new(NoGuard),
            limit: DEFAULT_LIMIT,
            local: true,
            remote: Vec::new(),
        }
    }
}

impl KeyServices {
    /// The places that `settings` name.
    pub fn new(settings: Settings) -> Self {
        let local = settings.local.then(|| Local::new(&settings));
        let network = Arc::new(Network::default());
        let remote = settings.remote.into_iter();
        let remote = remote.map(|address| Remote::new(address, Arc::clone(&network), settings.limit));
        Self { local, remote: remote.collect() }
    }

    /// The age identities of this machine; `None` where they are not used.
    pub fn identities(&self) -> Option<&Identities> {
        self.local.as_ref().map(|local| &local.identities)
    }

    /// The key services elsewhere, in the order in which they are asked.
    pub(crate) fn remote(&self) -> &[Remote] {
        &self.remote
    }

    /// The keys of this machine, if they are used.
    pub(crate) const fn local(&self) -> Option<&Local> {
        self.local.as_ref()
    }
}

/// The keys of this machine.
pub(crate) struct Local {
    pub(crate) identities: Identities,
    gpg: Gpg,
    means: Means,
}

impl Local {
    fn new(settings: &Settings) -> Self {
        let programs =
            Programs::new(settings.environment.clone(), Arc::clone(&settings.guard), settings.limit);
        let asking = Asking::new(Arc::clone(&settings.prompt));
        let means = Means { asking, programs: programs.clone() };
        Self { identities: Identities::with(means.clone()), gpg: Gpg::new(programs), means }
    }

    /// Encrypts `part` for the key `id`. Gives the text that stands in the file.
    ///
    /// # Errors
    /// The key is none or unknown, a program is missing or refuses, or the key is of a service elsewhere.
    pub(crate) fn encrypt(&self, id: &KeyId, part: &[u8]) -> Result<String, String> {
        match id {
            KeyId::Age { recipient } => self.encrypt_with_age(recipient, part),
            KeyId::Pgp { fingerprint } => self.gpg.encrypt(fingerprint, part),
            _ => Err(elsewhere(id)),
        }
    }

    /// Decrypts `enc`, which was encrypted for the key `id`.
    ///
    /// # Errors
    /// As for [`Local::encrypt`].
    pub(crate) fn decrypt(&self, id: &KeyId, enc: &str) -> Result<Part, String> {
        match id {
            KeyId::Age { recipient } => {
                let mut attempt = Attempt::new(vec![(recipient, enc)]);
                let part = attempt.at_hand(&self.identities).or_else(|| attempt.asking(&self.identities));
                part.ok_or_else(|| attempt.causes(&self.identities).concat())
            }
            KeyId::Pgp { fingerprint } => self.gpg.decrypt(fingerprint, enc),
            _ => Err(elsewhere(id)),
        }
    }

    fn encrypt_with_age(&self, recipient: &str, part: &[u8]) -> Result<String, String> {
        let recipient = Recipient::parse(recipient).map_err(|error| error.to_string())?;
        let enc = match recipient.plugin() {
            None => wrap_natively(part, &recipient),
            Some(plugin) => wrap_with(part, &PluginRecipient::new(plugin, &self.means)),
        };
        enc.map_err(|error: WrapError| error.to_string())
    }
}

/// Why a key of a cloud cannot be used here.
fn elsewhere(id: &KeyId) -> String {
    format!("keys of {} cannot be used on this machine, only through a key service", id.service().title())
}
