//! The keys at hand: data keys encrypted for keys, and recovered with them.

use std::path::PathBuf;
use std::sync::Arc;

use fieldseal_core::{DataKey, Format, KeyGroup, KeyId, MasterKey, Opened, Recipient, Service};
use fieldseal_keys::{
    DataKeyError, Environment, GeneratedIdentity, Guard, Identities, KeyServices, Recovered, Settings,
    WrapKeysError,
};

use super::{SystemRandom, failures, now, owned};
use crate::context::Context;
use crate::exit::Exit;
use crate::io::Bytes;
use crate::plan::{self, Decryption};
use crate::prompt::Terminal;
use crate::report::{Failure, Warning};

/// The keys of a run. Each source of identities is asked once, when the first file needs it.
pub(crate) struct Keyring<'a> {
    plan: &'a Decryption,
    context: &'a Context,
    order: Vec<Service>,
    services: Arc<KeyServices>,
}

impl<'a> Keyring<'a> {
    /// The keys that `plan` lets be used.
    pub(crate) fn new(plan: &'a Decryption, context: &'a Context) -> Self {
        let order = plan.order.iter().filter_map(|name| Service::from_name(name)).collect();
        Self { plan, context, order, services: Arc::new(services(&plan.services)) }
    }

    /// Where data keys are encrypted and decrypted.
    pub(crate) fn services(&self) -> &Arc<KeyServices> {
        &self.services
    }

    /// Opens the encrypted text `source` on at most `threads` threads. Gives the data key as well.
    ///
    /// # Errors
    /// The text is not an encrypted one, no key opens it, or it was tampered with.
    pub(crate) fn open(
        &self,
        source: Bytes,
        format: Format,
        threads: usize,
    ) -> Result<(Opened, DataKey, Vec<Warning>), Failure> {
        let sealed = fieldseal_core::Sealed::read_on(owned(source), format, threads)
            .map_err(|error| failures::of_open(&error))?;
        self.open_sealed(sealed, threads)
    }

    /// As [`Keyring::open`], of a text that was read already.
    ///
    /// # Errors
    /// No key opens it, or it was tampered with.
    pub(crate) fn open_sealed(
        &self,
        sealed: fieldseal_core::Sealed,
        threads: usize,
    ) -> Result<(Opened, DataKey, Vec<Warning>), Failure> {
        let (opened, recovered, warnings) = self.open_with_shares(sealed, threads)?;
        Ok((opened, recovered.data_key, warnings))
    }

    /// As [`Keyring::open_sealed`], with the shares of the data key as well.
    ///
    /// # Errors
    /// No key opens it, or it was tampered with.
    pub(crate) fn open_with_shares(
        &self,
        sealed: fieldseal_core::Sealed,
        threads: usize,
    ) -> Result<(Opened, Recovered, Vec<Warning>), Failure> {
        if !self.plan.services.local && self.plan.services.remote.is_empty() {
            return Err(Failure::new(
                Exit::DataKey,
                "failed to get the data key: the keys of this machine are switched off and there is no key service",
            )
            .hint("leave out --enable-local-keyservice=false, or unset SOPS_ENABLE_LOCAL_KEYSERVICE"));
        }
        let recovered = fieldseal_keys::recover_with_shares(sealed.metadata(), &self.services, &self.order)
            .map_err(|error| self.of_data_key(&error))?;
        let opened = match self.plan.ignore_mac {
            false => sealed.open(&recovered.data_key, threads),
            true => sealed.open_ignoring_mac(&recovered.data_key, threads),
        };
        let opened = opened.map_err(|error| failures::of_open(&error))?;
        let warnings = failures::warnings(opened.warnings());
        Ok((opened, recovered, warnings))
    }

    /// Encrypts `data_key` for the keys of `groups`, as [`wrap`].
    ///
    /// # Errors
    /// There is no key, or the data key cannot be encrypted for one of them.
    pub(super) fn wrap(
        &self,
        data_key: &DataKey,
        groups: &[Vec<KeyId>],
        threshold: usize,
    ) -> Result<(Vec<KeyGroup>, usize), Failure> {
        wrap(data_key, groups, threshold, &self.services)
    }

    /// Encrypts `part`, the data key or a share of it, for each of `keys`.
    ///
    /// # Errors
    /// It cannot be encrypted for one of them.
    pub(super) fn wrap_for_each(&self, part: &[u8], keys: &[KeyId]) -> Result<Vec<MasterKey>, Failure> {
        fieldseal_keys::wrap_for_each(part, keys, now(), &self.services).map_err(|error| of_wrap(&error))
    }

    fn of_data_key(&self, error: &DataKeyError) -> Failure {
        let message = match error {
            DataKeyError::Groups(groups) => groups.render(self.context.reporter.coloured()),
            other => other.to_string(),
        };
        Failure::new(Exit::DataKey, message).hint(error.hint())
    }
}

/// Encrypts `data_key` for the keys of `groups`; with several groups, a share of it for each. Gives the
/// threshold to write as well.
///
/// # Errors
/// There is no key, or the data key cannot be encrypted for one of them.
pub(super) fn wrap(
    data_key: &DataKey,
    groups: &[Vec<KeyId>],
    threshold: usize,
    services: &KeyServices,
) -> Result<(Vec<KeyGroup>, usize), Failure> {
    fieldseal_keys::wrap(data_key, groups, threshold, now(), &mut SystemRandom, services)
        .map_err(|error| of_wrap(&error))
}

/// Encrypts `part`, the data key or a share of it, for the key `id`.
///
/// # Errors
/// The key is none, or no service can encrypt for it.
pub(super) fn wrap_for(id: &KeyId, part: &[u8], services: &KeyServices) -> Result<String, Failure> {
    let key = fieldseal_keys::wrap_part(part, id, now(), services).map_err(|error| of_wrap(&error))?;
    Ok(key.enc)
}

/// Every place in which identities are looked for, and what is there.
pub(crate) fn places() -> Vec<fieldseal_keys::Place> {
    Identities::new(Environment::of_this_process(), Arc::new(Terminal)).places()
}

/// Makes an age identity.
pub(crate) fn generate_identity() -> GeneratedIdentity {
    fieldseal_keys::generate_identity()
}

/// Where sops looks for identities.
///
/// # Errors
/// The variables that lead there are not set.
pub(crate) fn default_identity_file() -> Result<PathBuf, Failure> {
    Environment::of_this_process().default_identity_file().map_err(|problem| {
        Failure::new(Exit::Other, format!("cannot find the file of identities: {problem}"))
    })
}

/// The recipients of the identities of this machine.
///
/// # Errors
/// There is none.
pub(crate) fn own_recipients() -> Result<Vec<String>, Failure> {
    let identities = Identities::new(Environment::of_this_process(), Arc::new(Terminal));
    let mut recipients = identities.recipients();
    recipients.sort();
    recipients.dedup();
    if recipients.is_empty() {
        return Err(Failure::new(
            Exit::Other,
            "there are no recipients: no identity was found on this machine",
        )
        .hint("make one with `keygen`, or name recipients with --age"));
    }
    Ok(recipients)
}

/// That `recipient` is one.
///
/// # Errors
/// It is none.
pub(crate) fn check_recipient(recipient: &str) -> Result<(), Failure> {
    Recipient::parse(recipient).map(drop).map_err(|error| Failure::new(Exit::Other, error.to_string()))
}

/// The places where `plan` has data keys encrypted and decrypted. Nothing is asked yet.
pub(crate) fn services(plan: &plan::Services) -> KeyServices {
    KeyServices::new(Settings {
        guard: Arc::new(Programs),
        limit: plan.limit,
        local: plan.local,
        remote: plan.remote.clone(),
        ..Settings::new(Environment::of_this_process(), Arc::new(Terminal))
    })
}

/// Has programs ended when a signal ends this process.
struct Programs;

impl Guard for Programs {
    fn guard(&self, end: Box<dyn FnOnce() + Send>) -> Box<dyn Send> {
        #[cfg(unix)]
        if let Ok(action) = crate::cleanup::Action::register(end) {
            return Box::new(action);
        }
        Box::new(())
    }
}

fn of_wrap(error: &WrapKeysError) -> Failure {
    let failure = Failure::new(Exit::Other, format!("could not generate data key: {error}"));
    let failed: &[WrapKeysError] = match error {
        WrapKeysError::Several(several) => several,
        one => std::slice::from_ref(one),
    };
    let of_service = |service: &[Service]| {
        failed
            .iter()
            .any(|error| matches!(error, WrapKeysError::Key { service: own, .. } if service.contains(own)))
    };
    let is_own = |service: &Service| matches!(service, Service::Age | Service::Pgp);
    let (own, others): (Vec<_>, Vec<_>) = Service::ALL.into_iter().partition(is_own);
    if matches!(error, WrapKeysError::NoKey) {
        failure.hint("name recipients under `age` in the rule, or with --age")
    } else if of_service(&others) {
        failure.hint(
            "nothing was written, as the file would lack this key; name a key service that has access, such as \
             `sops keyservice`, with --keyservice",
        )
    } else if of_service(&own) {
        failure.hint("nothing was written, as the file would lack this key")
    } else {
        failure
    }
}
