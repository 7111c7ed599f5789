//! Every variable of the environment that the tool reads, and how it is read.
//!
//! The variables of [`SETTINGS`] are read here and nowhere else. Those that name identities are read by
//! the crate `fieldseal-keys`, which gets them handed over; they are listed in [`IDENTITIES`], those of
//! clouds in [`CLOUDS`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::exit::Exit;
use crate::report::Failure;

/// A variable of the environment.
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it sets, in a sentence for the help.
    pub(crate) about: &'static str,
}

macro_rules! variables {
    ($(#[$outer:meta])* $list:ident { $($constant:ident = $about:literal;)* }) => {
        $(
            #[doc = $about]
            #[allow(dead_code, reason = "some are only listed")]
            pub(crate) const $constant: Variable = Variable { name: stringify!($constant), about: $about };
        )*
        $(#[$outer])*
        pub(crate) const $list: &[Variable] = &[$($constant),*];
    };
}

variables! {
    /// What the commands read themselves.
    SETTINGS {
        SOPS_CONFIG = "The configuration file to use instead of the nearest .sops.yaml.";
        SOPS_AGE_RECIPIENTS = "age recipients to encrypt for, separated by commas; as --age.";
        SOPS_PGP_FP = "PGP fingerprints; as --pgp.";
        SOPS_KMS_ARN = "AWS KMS keys; as --kms.";
        SOPS_GCP_KMS_IDS = "GCP KMS keys; as --gcp-kms.";
        SOPS_HUAWEICLOUD_KMS_IDS = "HuaweiCloud KMS keys; as --hckms.";
        SOPS_AZURE_KEYVAULT_URLS = "Azure Key Vault keys; as --azure-kv.";
        SOPS_VAULT_URIS = "Vault transit keys; as --hc-vault-transit.";
        SOPS_DECRYPTION_ORDER = "Kinds of keys in the order in which they are tried; as --decryption-order.";
        SOPS_ENABLE_LOCAL_KEYSERVICE = "Whether keys of this machine are used; as --enable-local-keyservice.";
        SOPS_KEYSERVICE = "Addresses of key services; as --keyservice.";
        SOPS_DISABLE_VERSION_CHECK = "Accepted; newer versions are never looked for.";
        FIELDSEAL_KEY_TIMEOUT = "Seconds that one key may take: gpg, an age plugin, a person who is asked, a key service; 120 if not set.";
        SOPS_EDITOR = "The editor of `edit`, with arguments.";
        EDITOR = "The editor of `edit` where SOPS_EDITOR is not set.";
        PATH = "Where an editor is looked for.";
        XDG_RUNTIME_DIR = "A place in memory for the clear text that an editor works on; and where gpg-agent may be.";
        TMPDIR = "The place for that text where there is none in memory.";
        NO_COLOR = "No colours, if set to anything.";
    }
}

variables! {
    /// What finding identities reads, in the crate `fieldseal-keys`.
    IDENTITIES {
        SOPS_AGE_SSH_PRIVATE_KEY_FILE = "A file with an SSH private key.";
        SOPS_AGE_SSH_PRIVATE_KEY_CMD = "A command that prints an SSH private key.";
        SOPS_AGE_KEY = "age identities.";
        SOPS_AGE_KEY_FILE = "A file with age identities.";
        SOPS_AGE_KEY_CMD = "A command that prints age identities.";
        GPG_AGENT_INFO = "The socket of gpg-agent, which is asked for passphrases of identity files; if set and empty, none is.";
        GPG_TTY = "The terminal for the dialog of gpg-agent, where it is not the one of this process.";
        DISPLAY = "The screen for that dialog.";
        TERM = "The kind of terminal for that dialog.";
        AGEDEBUG = "With the value plugin: what age plugins complain of is shown.";
        SOPS_GPG_EXEC = "The program of GnuPG, if it is not gpg.";
        XDG_CONFIG_HOME = "Where sops/age/keys.txt lies.";
        HOME = "Where .config, .ssh and .gnupg lie.";
    }
}

variables! {
    /// What `publish` reads, in the module `cloud` of the crate `fieldseal-keys`.
    CLOUDS {
        VAULT_ADDR = "The address of Vault where a rule names none; VAULT_NAMESPACE, VAULT_CACERT and the like count as well.";
        VAULT_TOKEN = "The token for Vault, if it is not in ~/.vault-token.";
        AWS_REGION = "The region of S3; the other variables of AWS count as well.";
        AWS_PROFILE = "The profile in ~/.aws with the credentials for S3.";
        AWS_ENDPOINT_URL_S3 = "The address of another service that speaks S3.";
        GOOGLE_APPLICATION_CREDENTIALS = "The file with credentials for Google Cloud Storage.";
        GOOGLE_OAUTH_ACCESS_TOKEN = "A token for it.";
        HTTPS_PROXY = "The proxy to it all; NO_PROXY and SSL_CERT_FILE count as well.";
    }
}

/// Every variable with what it sets, for the help.
pub(crate) fn help() -> String {
    let mut text = "Environment variables:".to_owned();
    for variable in SETTINGS.iter().chain(IDENTITIES).chain(CLOUDS) {
        text += &format!("\n  {:<30} {}", variable.name, variable.about);
    }
    text
}

impl Variable {
    /// The value as it is; `None` if it is not set.
    pub(crate) fn raw(&self) -> Option<OsString> {
        std::env::var_os(self.name)
    }

    /// The value as text; `None` if it is not set or empty.
    ///
    /// # Errors
    /// It is no Unicode.
    pub(crate) fn text(&self) -> Result<Option<String>, Failure> {
        match self.raw() {
            Some(value) if !value.is_empty() => value.into_string().map(Some).map_err(|_| {
                Failure::new(
                    Exit::Other,
                    format!("the environment variable {} is not valid Unicode", self.name),
                )
            }),
            _ => Ok(None),
        }
    }

    /// The value as a path; `None` if it is not set or empty.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.raw().filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// The value as a truth value in one of the spellings that sops takes; empty means no. `None` if it
    /// is not set.
    ///
    /// # Errors
    /// It is none of the spellings.
    pub(crate) fn flag(&self) -> Result<Option<bool>, Failure> {
        match self.raw() {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(Some(false)),
            Some(value) => value.to_str().and_then(truth).map(Some).ok_or_else(|| {
                Failure::new(Exit::Other, format!("the environment variable {} is no truth value", self.name))
                    .hint("set it to true or false")
            }),
        }
    }
}

/// How long one key may take.
///
/// # Errors
/// The variable does not hold a number of seconds that is not 0.
pub(crate) fn key_timeout() -> Result<Duration, Failure> {
    let variable = &FIELDSEAL_KEY_TIMEOUT;
    let Some(text) = variable.text()? else { return Ok(fieldseal_keys::DEFAULT_LIMIT) };
    match text.parse::<u32>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds.into())),
        _ => Err(Failure::new(
            Exit::Other,
            format!("the environment variable {} is no number of seconds", variable.name),
        )),
    }
}

/// Reads a truth value: `1 t T true True TRUE` and `0 f F false False FALSE`.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Some(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
