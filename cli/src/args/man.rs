//! `fieldseal man`.

use std::path::PathBuf;

use crate::commands::man::Plan;

/// Write the pages of the manual into a directory
///
/// One page for the tool and one for each command, in the format of man(1).
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Arguments {
    /// The plan.
    pub(super) fn plan(self) -> Plan {
        Plan { directory: self.directory }
    }
}
