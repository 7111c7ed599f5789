//! `fieldseal edit`.

use std::path::PathBuf;

use super::keys::KeyFlags;
use super::shared::{OpenFlags, SelectionFlags, TypeFlags};
use crate::commands::edit::Plan;
use crate::context::Context;
use crate::report::Failure;

/// Edit an encrypted file, or a new one, in an editor
///
/// The clear text stays in memory where the system has a place for that. Values that are not changed keep
/// their ciphertext. If nothing is changed, the file is not touched and the exit code is 200.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show the metadata in the editor as well
    #[arg(short, long)]
    show_master_keys: bool,
    #[command(flatten)]
    types: TypeFlags,
    #[command(flatten)]
    open: OpenFlags,
    #[command(flatten)]
    keys: KeyFlags,
    #[command(flatten)]
    selection: SelectionFlags,
}

impl Arguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self, _context: &Context) -> Result<Plan, Failure> {
        let open = self.open.plan()?;
        let services = open.services.clone();
        Ok(Plan {
            file: self.file,
            show_master_keys: self.show_master_keys,
            types: self.types.plan(),
            open,
            keys: self.keys.plan(services)?,
            selection: self.selection.plan(),
        })
    }
}
