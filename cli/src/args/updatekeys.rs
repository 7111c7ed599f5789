//! `fieldseal updatekeys`.

use std::path::PathBuf;

use clap::Args;

use super::shared::{ServiceFlags, no_file, some};
use crate::commands::updatekeys::Plan;
use crate::plan::Types;
use crate::report::Failure;

/// Give encrypted files the keys that .sops.yaml names for them
///
/// The difference is shown and agreed to, file by file. The MAC is checked before the data key goes to anyone new.
/// Of the file only the key entries change; the data key stays, so that whoever is removed still knows it, unless
/// --rotate is given.
#[derive(Args)]
pub(super) struct Arguments {
    /// Files, directories and patterns such as 'clusters/**/*.yaml'
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Agree to every change
    #[arg(short, long)]
    yes: bool,
    /// Give each file whose keys change a new data key as well
    #[arg(long)]
    rotate: bool,
    /// Type of the files: yaml, json, dotenv, ini or binary; else their names tell
    #[arg(long, value_name = "TYPE")]
    input_type: Option<String>,
    #[command(flatten)]
    services: ServiceFlags,
}

impl Arguments {
    /// The plan, if a file is named.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        if self.files.is_empty() {
            return Err(no_file());
        }
        let types = Types { input: some(self.input_type), output: None };
        Ok(Plan {
            files: self.files,
            types,
            yes: self.yes,
            rotate: self.rotate,
            open: self.services.opening()?,
        })
    }
}
