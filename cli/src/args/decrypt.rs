//! `fieldseal decrypt`.

use super::shared::{Files, OpenFlags, TypeFlags};
use crate::commands::decrypt::Plan;
use crate::context::Context;
use crate::exit::Exit;
use crate::plan::Destination;
use crate::report::Failure;
use fieldseal_core::parse_path;

/// Decrypt files
///
/// One file goes to stdout, unless --in-place or --output says otherwise. Of a directory those files are
/// decrypted that are encrypted.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    types: TypeFlags,
    /// Print only the value at a path.
    #[arg(long, value_name = "PATH", help = "Print only the value at this path: '[\"a\"][\"b\"][0]'")]
    extract: Option<String>,
    #[command(flatten)]
    open: OpenFlags,
}

impl Arguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self, _context: &Context) -> Result<Plan, Failure> {
        let (input, destination, name) = self.files.plan()?;
        let extract = match self.extract.filter(|path| !path.is_empty()) {
            Some(path) => Some(parse_path(&path).map_err(|problem| {
                Failure::new(Exit::ExtractPath, format!("error parsing --extract path: {problem}"))
                    .hint("write it as '[\"key\"][0]'")
            })?),
            None => None,
        };
        if extract.is_some() && matches!(destination, Destination::InPlace | Destination::Directory(_)) {
            return Err(Failure::new(Exit::Conflict, "--extract would replace a file by one of its values")
                .hint("write the value to stdout, or to a file with --output"));
        }
        Ok(Plan { input, destination, name, types: self.types.plan(), extract, open: self.open.plan()? })
    }
}
