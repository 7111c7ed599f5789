//! `fieldseal completion`.

use crate::commands::completion::{Plan, Shell};

/// Print the script that completes command lines in a shell
///
/// For example: fieldseal completion bash > /etc/bash_completion.d/fieldseal
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Arguments {
    /// The plan.
    pub(super) fn plan(self) -> Plan {
        Plan { shell: self.shell }
    }
}
