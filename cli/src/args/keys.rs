//! Flags and variables that name keys.

use std::collections::BTreeMap;

use clap::Args;
use fieldseal_core::{KeyId, Service, parse_keys};

use super::shared::some;
use crate::environment::{self, Variable};
use crate::exit::Exit;
use crate::plan::{KeyChoice, Services};
use crate::report::Failure;

/// Keys to encrypt for.
#[derive(Args)]
#[command(next_help_heading = "Keys")]
pub(super) struct KeyFlags {
    /// age or SSH recipients to encrypt for, separated by commas [env: SOPS_AGE_RECIPIENTS]
    #[arg(short, long, value_name = "RECIPIENTS")]
    age: Vec<String>,
    /// PGP fingerprints [env: SOPS_PGP_FP]
    #[arg(short, long, value_name = "FINGERPRINTS")]
    pgp: Vec<String>,
    /// AWS KMS keys [env: SOPS_KMS_ARN]
    #[arg(short, long, value_name = "ARNS")]
    kms: Vec<String>,
    /// The AWS profile for --kms
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,
    /// GCP KMS keys [env: SOPS_GCP_KMS_IDS]
    #[arg(long, value_name = "IDS")]
    gcp_kms: Vec<String>,
    /// HuaweiCloud KMS keys [env: SOPS_HUAWEICLOUD_KMS_IDS]
    #[arg(long, value_name = "IDS")]
    hckms: Vec<String>,
    /// Azure Key Vault keys [env: SOPS_AZURE_KEYVAULT_URLS]
    #[arg(long, value_name = "URLS")]
    azure_kv: Vec<String>,
    /// Vault transit keys [env: SOPS_VAULT_URIS]
    #[arg(long, value_name = "URIS")]
    hc_vault_transit: Vec<String>,
    /// Pairs for AWS KMS: name:value,name:value
    #[arg(long, value_name = "PAIRS")]
    encryption_context: Option<String>,
    /// How many key groups are needed to decrypt
    #[arg(long, value_name = "N")]
    shamir_secret_sharing_threshold: Option<u32>,
}

impl KeyFlags {
    /// The keys that are named here or by the environment, for which `services` encrypt.
    ///
    /// # Errors
    /// A key is none of its service.
    pub(super) fn plan(self, services: Services) -> Result<KeyChoice, Failure> {
        let aws = Aws::new(self.aws_profile, self.encryption_context)?;
        let mut keys = Vec::new();
        for (service, flag, variable, given) in [
            (Service::Kms, "--kms", &environment::SOPS_KMS_ARN, self.kms),
            (Service::GcpKms, "--gcp-kms", &environment::SOPS_GCP_KMS_IDS, self.gcp_kms),
            (Service::HcKms, "--hckms", &environment::SOPS_HUAWEICLOUD_KMS_IDS, self.hckms),
            (Service::AzureKv, "--azure-kv", &environment::SOPS_AZURE_KEYVAULT_URLS, self.azure_kv),
            (Service::HcVault, "--hc-vault-transit", &environment::SOPS_VAULT_URIS, self.hc_vault_transit),
            (Service::Pgp, "--pgp", &environment::SOPS_PGP_FP, self.pgp),
            (Service::Age, "--age", &environment::SOPS_AGE_RECIPIENTS, self.age),
        ] {
            keys.extend(given_or_variable(service, flag, variable, &given, &aws)?);
        }
        let threshold = self.shamir_secret_sharing_threshold.unwrap_or(0);
        Ok(KeyChoice { keys, threshold, services })
    }
}

/// What belongs to every key of AWS KMS that the command line names.
#[derive(Debug, Default)]
pub(super) struct Aws {
    profile: String,
    context: BTreeMap<String, Option<String>>,
}

impl Aws {
    /// The profile and the pairs, `name:value,name:value`, if they are given.
    ///
    /// # Errors
    /// The pairs are none.
    pub(super) fn new(profile: Option<String>, pairs: Option<String>) -> Result<Self, Failure> {
        let mut context = BTreeMap::new();
        for pair in some(pairs).iter().flat_map(|pairs| pairs.split(',')) {
            let Some((name, value)) = pair.split_once(':').filter(|(_, value)| !value.contains(':')) else {
                return Err(Failure::new(Exit::EncryptionContext, "invalid KMS encryption context format")
                    .hint("write it as name:value,name:value"));
            };
            context.insert(name.to_owned(), Some(value.to_owned()));
        }
        Ok(Self { profile: profile.unwrap_or_default(), context })
    }
}

/// The keys of a service in the lists that a flag gives.
pub(super) type FlagLists<'a> = (Service, &'static str, &'a [String]);

/// The keys that the flags of the services give, in this order.
///
/// # Errors
/// One of them is no key of its service.
pub(super) fn read_all_keys<const N: usize>(
    flags: [FlagLists<'_>; N],
    aws: &Aws,
) -> Result<Vec<KeyId>, Failure> {
    let mut keys = Vec::new();
    for (service, flag, lists) in flags {
        keys.extend(read_keys(service, flag, lists, aws)?);
    }
    Ok(keys)
}

/// The keys of `service` in the lists `lists`, which `source`, a flag or a variable, gives.
fn read_keys(service: Service, source: &str, lists: &[String], aws: &Aws) -> Result<Vec<KeyId>, Failure> {
    let mut keys = Vec::new();
    for list in lists {
        let parsed = parse_keys(service, list, &aws.profile);
        keys.extend(parsed.map_err(|error| Failure::new(Exit::Other, format!("{source}: {error}")))?);
    }
    for key in &mut keys {
        if let KeyId::Kms { context, .. } = key {
            context.clone_from(&aws.context);
        }
    }
    Ok(keys)
}

/// The keys that the flag gives; where it is not given, those of the variable. An empty flag gives none, as with sops.
fn given_or_variable(
    service: Service,
    flag: &str,
    variable: &Variable,
    given: &[String],
    aws: &Aws,
) -> Result<Vec<KeyId>, Failure> {
    if !given.is_empty() {
        return read_keys(service, flag, given, aws);
    }
    match variable.text()? {
        Some(list) => read_keys(service, variable.name, &[list], aws),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_aws_get_what_belongs_to_all_of_them() {
        let aws = Aws::new(Some("me".into()), Some("a:1,b:".into())).unwrap();
        let keys = read_keys(Service::Kms, "--kms", &["arn:x,arn:y+arn:role".into()], &aws).unwrap();
        let names: Vec<_> = keys.iter().map(KeyId::to_string).collect();
        assert_eq!(names, ["arn:x|a:1,b:|me", "arn:y+arn:role|a:1,b:|me"]);
        for pairs in ["a", "a:b:c", "a:1,"] {
            assert!(Aws::new(None, Some(pairs.into())).is_err(), "{pairs}");
        }
    }

    #[test]
    fn an_error_names_the_flag() {
        let error = read_keys(Service::Age, "--age", &["foo".into()], &Aws::default()).unwrap_err();
        assert!(error.to_string().starts_with("--age: "), "{error}");
    }
}
