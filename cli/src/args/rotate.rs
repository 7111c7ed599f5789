//! `fieldseal rotate`.

use clap::Args;
use fieldseal_core::{KeyId, Service};

use super::keys::{Aws, FlagLists, read_all_keys};
use super::shared::{Files, OpenFlags, TypeFlags};
use crate::commands::rotate::Plan;
use crate::report::Failure;

/// Give files a new data key, and encrypt every value with it
///
/// The MAC is checked first. Whoever was removed cannot read the file any more once this was done; what they read
/// before they know. One file goes to stdout, unless --in-place or --output says otherwise. Of a directory those
/// files are rotated that are encrypted; with --rm-* only those that have one of the keys.
#[derive(Args)]
#[command(mut_arg("ignore_mac", |flag| flag.hide(true)))]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    types: TypeFlags,
    #[command(flatten)]
    keys: KeyChangeFlags,
    #[command(flatten)]
    open: OpenFlags,
}

/// Keys to add and to remove.
#[derive(Args)]
#[command(next_help_heading = "Keys")]
struct KeyChangeFlags {
    /// Add age or SSH recipients, separated by commas, to the first key group
    #[arg(long, value_name = "RECIPIENTS")]
    add_age: Vec<String>,
    /// Remove age or SSH recipients
    #[arg(long, value_name = "RECIPIENTS")]
    rm_age: Vec<String>,
    /// Add PGP fingerprints
    #[arg(long, value_name = "FINGERPRINTS")]
    add_pgp: Vec<String>,
    /// Remove PGP fingerprints
    #[arg(long, value_name = "FINGERPRINTS")]
    rm_pgp: Vec<String>,
    /// Add AWS KMS keys
    #[arg(long, value_name = "ARNS")]
    add_kms: Vec<String>,
    /// Remove AWS KMS keys
    #[arg(long, value_name = "ARNS")]
    rm_kms: Vec<String>,
    /// Add GCP KMS keys
    #[arg(long, value_name = "IDS")]
    add_gcp_kms: Vec<String>,
    /// Remove GCP KMS keys
    #[arg(long, value_name = "IDS")]
    rm_gcp_kms: Vec<String>,
    /// Add HuaweiCloud KMS keys
    #[arg(long, value_name = "IDS")]
    add_hckms: Vec<String>,
    /// Remove HuaweiCloud KMS keys
    #[arg(long, value_name = "IDS")]
    rm_hckms: Vec<String>,
    /// Add Azure Key Vault keys
    #[arg(long, value_name = "URLS")]
    add_azure_kv: Vec<String>,
    /// Remove Azure Key Vault keys
    #[arg(long, value_name = "URLS")]
    rm_azure_kv: Vec<String>,
    /// Add Vault transit keys
    #[arg(long, value_name = "URIS")]
    add_hc_vault_transit: Vec<String>,
    /// Remove Vault transit keys
    #[arg(long, value_name = "URIS")]
    rm_hc_vault_transit: Vec<String>,
    /// Pairs for AWS KMS: name:value,name:value
    #[arg(long, value_name = "PAIRS")]
    encryption_context: Option<String>,
    /// The AWS profile for keys of AWS KMS
    #[arg(long, value_name = "NAME", hide = true)]
    aws_profile: Option<String>,
}

impl KeyChangeFlags {
    /// The keys to add and those to remove.
    fn plan(self) -> Result<(Vec<KeyId>, Vec<KeyId>), Failure> {
        let aws = Aws::new(self.aws_profile, self.encryption_context)?;
        let add: [FlagLists<'_>; 7] = [
            (Service::Kms, "--add-kms", &self.add_kms),
            (Service::Pgp, "--add-pgp", &self.add_pgp),
            (Service::GcpKms, "--add-gcp-kms", &self.add_gcp_kms),
            (Service::HcKms, "--add-hckms", &self.add_hckms),
            (Service::AzureKv, "--add-azure-kv", &self.add_azure_kv),
            (Service::HcVault, "--add-hc-vault-transit", &self.add_hc_vault_transit),
            (Service::Age, "--add-age", &self.add_age),
        ];
        let remove: [FlagLists<'_>; 7] = [
            (Service::Kms, "--rm-kms", &self.rm_kms),
            (Service::Pgp, "--rm-pgp", &self.rm_pgp),
            (Service::GcpKms, "--rm-gcp-kms", &self.rm_gcp_kms),
            (Service::HcKms, "--rm-hckms", &self.rm_hckms),
            (Service::AzureKv, "--rm-azure-kv", &self.rm_azure_kv),
            (Service::HcVault, "--rm-hc-vault-transit", &self.rm_hc_vault_transit),
            (Service::Age, "--rm-age", &self.rm_age),
        ];
        Ok((read_all_keys(add, &aws)?, read_all_keys(remove, &aws)?))
    }
}

impl Arguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        let (files, destination, name) = self.files.plan_named()?;
        let (add, remove) = self.keys.plan()?;
        Ok(Plan { files, destination, name, types: self.types.plan(), add, remove, open: self.open.plan()? })
    }
}
