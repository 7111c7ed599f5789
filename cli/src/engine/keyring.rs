//! The keys at hand: data keys encrypted for keys, and recovered with them.

use std::path::PathBuf;
use std::sync::Arc;

use fieldseal_core::{DataKey, Format, KeyGroup, KeyId, Opened, Recipient, Service};
use fieldseal_keys::{
    DEFAULT_ORDER, DataKeyError, Environment, GeneratedIdentity, Identities, Prompt, WrapKeysError,
};

use super::{SystemRandom, failures, now, owned};
use crate::context::Context;
use crate::exit::Exit;
use crate::io::Bytes;
use crate::plan::Decryption;
use crate::prompt::Terminal;
use crate::report::{Failure, Warning};

/// The keys of a run. Each source of identities is asked once, when the first file needs it.
pub(crate) struct Keyring<'a> {
    plan: &'a Decryption,
    context: &'a Context,
    order: Vec<Service>,
    identities: Identities,
}

impl<'a> Keyring<'a> {
    /// The keys that `plan` lets be used.
    pub(crate) fn new(plan: &'a Decryption, context: &'a Context) -> Self {
        let named: Vec<_> = plan.order.iter().filter_map(|name| Service::from_name(name)).collect();
        let order = if named.is_empty() { DEFAULT_ORDER.to_vec() } else { named };
        Self { plan, context, order, identities: identities() }
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
        let sealed =
            fieldseal_core::Sealed::read(owned(source), format).map_err(|error| failures::of_open(&error))?;
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
        if !self.plan.local_keys {
            return Err(Failure::new(
                Exit::DataKey,
                "failed to get the data key: the keys of this machine are switched off and there is no key service",
            )
            .hint("leave out --enable-local-keyservice=false, or unset SOPS_ENABLE_LOCAL_KEYSERVICE"));
        }
        let data_key = fieldseal_keys::recover(sealed.metadata(), &self.identities, &self.order)
            .map_err(|error| self.of_data_key(&error))?;
        let opened = match self.plan.ignore_mac {
            false => sealed.open(&data_key, threads),
            true => sealed.open_ignoring_mac(&data_key, threads),
        };
        let opened = opened.map_err(|error| failures::of_open(&error))?;
        let warnings = failures::warnings(opened.warnings());
        Ok((opened, data_key, warnings))
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
        wrap(data_key, groups, threshold)
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
) -> Result<(Vec<KeyGroup>, usize), Failure> {
    fieldseal_keys::wrap(data_key, groups, threshold, now(), &mut SystemRandom, &prompt())
        .map_err(|error| of_wrap(&error))
}

/// Encrypts `part`, the data key or a share of it, for the key `id`.
///
/// # Errors
/// The key is none, or of a service that is not available.
pub(super) fn wrap_for(id: &KeyId, part: &[u8]) -> Result<String, Failure> {
    let key = fieldseal_keys::wrap_part(part, id, now(), &prompt()).map_err(|error| of_wrap(&error))?;
    Ok(key.enc)
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
    let mut recipients = identities().recipients();
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

fn identities() -> Identities {
    Identities::new(Environment::of_this_process(), prompt())
}

fn prompt() -> Arc<dyn Prompt> {
    Arc::new(Terminal)
}

fn of_wrap(error: &WrapKeysError) -> Failure {
    let failure = Failure::new(Exit::Other, format!("could not generate data key: {error}"));
    match error {
        WrapKeysError::NoKey => failure.hint("name recipients under `age` in the rule, or with --age"),
        WrapKeysError::Key { .. } => failure.hint("nothing was written, as the file would lack this key"),
        _ => failure,
    }
}
