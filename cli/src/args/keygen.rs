//! `fieldseal keygen`.

use std::path::PathBuf;

use crate::commands::keygen::Plan;

/// Make an age identity and print its recipient
///
/// The identity is added to the file in which sops looks for identities.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Add the identity to this file instead
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Arguments {
    /// The plan.
    pub(super) fn plan(self) -> Plan {
        Plan { file: self.output }
    }
}
