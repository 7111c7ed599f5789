//! `fieldseal init`.

use std::path::PathBuf;

use crate::commands::init::{Plan, Preset};
use crate::environment;
use crate::report::Failure;

/// Write a .sops.yaml
///
/// The recipients are those of --age, or those of SOPS_AGE_RECIPIENTS, or those of the identities on this
/// machine. A .sops.yaml that is there is never overwritten.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What the repository holds
    #[arg(long, value_name = "PRESET", default_value = "kubernetes")]
    preset: Preset,
    /// age or SSH recipients to encrypt for, separated by commas [env: SOPS_AGE_RECIPIENTS]
    #[arg(short, long, value_name = "RECIPIENTS")]
    age: Vec<String>,
    /// The directory to write it to
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

impl Arguments {
    /// The plan.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        let mut given = self.age;
        if given.is_empty() {
            given.extend(environment::SOPS_AGE_RECIPIENTS.text()?);
        }
        let recipients = given.iter().flat_map(|list| list.split(',')).map(str::trim);
        let recipients = recipients.filter(|recipient| !recipient.is_empty()).map(Into::into).collect();
        Ok(Plan { preset: self.preset, recipients, directory: self.directory })
    }
}
