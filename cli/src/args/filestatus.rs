//! `fieldseal filestatus`.

use std::path::PathBuf;

use clap::Args;

use super::shared::{no_file, some};
use crate::commands::filestatus::Plan;
use crate::context::Context;
use crate::exit::Exit;
use crate::plan::Types;
use crate::report::Failure;
use crate::role::Role;

/// Print whether a file is encrypted, as JSON
///
/// Nothing is decrypted and no key is needed.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Type of the file: yaml, json, dotenv, ini or binary; else its name tells
    #[arg(long, value_name = "TYPE")]
    input_type: Option<String>,
}

impl Arguments {
    /// The plan, if there is a file. Of several, sops looks at the first.
    pub(super) fn plan(self, context: &Context) -> Result<Plan, Failure> {
        if self.files.len() > 1 && context.role == Role::Own {
            return Err(Failure::new(Exit::Conflict, "this command is for one file"));
        }
        let file = self.files.into_iter().next().ok_or_else(no_file)?;
        Ok(Plan { file, types: Types { input: some(self.input_type), output: None } })
    }
}
