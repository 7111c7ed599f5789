//! `fieldseal groups`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fieldseal_core::Service;

use super::keys::{Aws, FlagLists, read_all_keys};
use super::shared::{ServiceFlags, no_file};
use crate::commands::groups::{Edit, Plan};
use crate::context::Context;
use crate::exit::Exit;
use crate::report::Failure;
use crate::role::Role;

/// Add a key group to an encrypted file, or delete one
///
/// With several groups, keys of as many of them as the threshold says are needed to open the file.
#[derive(Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a run")]
enum Command {
    Add(AddArguments),
    Delete(DeleteArguments),
}

/// Add a group of keys behind those of the file
///
/// The data key stays and is split anew. The MAC is checked before anyone gets a share.
#[derive(Args)]
struct AddArguments {
    #[command(flatten)]
    file: FileFlags,
    /// age or SSH recipients; may be given more than once, as every list of keys
    #[arg(long, value_name = "RECIPIENTS")]
    age: Vec<String>,
    /// PGP fingerprints
    #[arg(long, value_name = "FINGERPRINTS")]
    pgp: Vec<String>,
    /// AWS KMS keys
    #[arg(long, value_name = "ARNS")]
    kms: Vec<String>,
    /// The AWS profile for --kms
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,
    /// Pairs for AWS KMS: name:value,name:value
    #[arg(long, value_name = "PAIRS")]
    encryption_context: Option<String>,
    /// GCP KMS keys
    #[arg(long, value_name = "IDS")]
    gcp_kms: Vec<String>,
    /// HuaweiCloud KMS keys
    #[arg(long, value_name = "IDS")]
    hckms: Vec<String>,
    /// Azure Key Vault keys
    #[arg(long, value_name = "URLS")]
    azure_kv: Vec<String>,
    /// Vault transit keys
    #[arg(long, value_name = "URIS")]
    hc_vault_transit: Vec<String>,
    /// There are none; sops says so too.
    #[arg(hide = true)]
    positional: Vec<String>,
}

/// Delete the group of keys with this number; the first has 0
///
/// The data key stays and is split anew.
#[derive(Args)]
struct DeleteArguments {
    #[command(flatten)]
    file: FileFlags,
    /// The number of the group
    #[arg(value_name = "INDEX", allow_negative_numbers = true)]
    index: Vec<String>,
}

/// The file, and what both commands say of it.
#[derive(Args)]
struct FileFlags {
    /// The file
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write the result over the file instead of to stdout
    #[arg(short, long)]
    in_place: bool,
    /// How many key groups are needed to decrypt from now on
    #[arg(long, value_name = "N")]
    shamir_secret_sharing_threshold: Option<u32>,
    #[command(flatten)]
    services: ServiceFlags,
}

impl Arguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self, context: &Context) -> Result<Plan, Failure> {
        match self.command {
            Command::Add(arguments) => arguments.plan(context),
            Command::Delete(arguments) => arguments.plan(context),
        }
    }
}

impl AddArguments {
    fn plan(self, context: &Context) -> Result<Plan, Failure> {
        if !self.positional.is_empty() {
            return Err(Failure::new(Exit::Other, "no positional arguments allowed")
                .hint("name the file with --file, and keys with the flags of their services"));
        }
        let aws = Aws::new(self.aws_profile, self.encryption_context)?;
        let flags: [FlagLists<'_>; 7] = [
            (Service::Pgp, "--pgp", &self.pgp),
            (Service::Kms, "--kms", &self.kms),
            (Service::GcpKms, "--gcp-kms", &self.gcp_kms),
            (Service::HcKms, "--hckms", &self.hckms),
            (Service::HcVault, "--hc-vault-transit", &self.hc_vault_transit),
            (Service::AzureKv, "--azure-kv", &self.azure_kv),
            (Service::Age, "--age", &self.age),
        ];
        let keys = read_all_keys(flags, &aws)?;
        self.file.plan(Edit::Add(keys), context)
    }
}

impl DeleteArguments {
    fn plan(self, context: &Context) -> Result<Plan, Failure> {
        let [index] = self.index.as_slice() else {
            return Err(Failure::new(Exit::Other, "exactly one positional argument (index) required"));
        };
        let index: u32 = index.parse().map_err(|_| {
            Failure::new(Exit::Other, "failed to parse [index] argument: it is no number of a group")
                .hint("the first group has the number 0")
        })?;
        self.file.plan(Edit::Delete(index as usize), context)
    }
}

impl FileFlags {
    fn plan(self, edit: Edit, context: &Context) -> Result<Plan, Failure> {
        let Some(file) = self.file.filter(|file| !file.as_os_str().is_empty()) else {
            let failure = no_file().hint("name it with --file");
            // There, a file without a name is one that cannot be read.
            return Err(if context.role == Role::Sops { failure.code(Exit::Unreadable) } else { failure });
        };
        let threshold = self.shamir_secret_sharing_threshold.unwrap_or(0) as usize;
        Ok(Plan { file, in_place: self.in_place, edit, threshold, open: self.services.opening()? })
    }
}
