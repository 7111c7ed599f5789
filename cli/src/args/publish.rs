//! `fieldseal publish`.

use std::path::PathBuf;

use clap::Args;

use super::shared::{OpeningFlags, no_file};
use crate::commands::publish::Plan;
use crate::report::Failure;

/// Publish encrypted files to where the destination rules of .sops.yaml say
///
/// To a bucket of S3 or Google Cloud Storage goes the encrypted file, for other keys if the rule names some. To Vault or
/// OpenBao go the values in clear. You are asked before anything is sent, file by file.
#[derive(Args)]
pub(super) struct Arguments {
    /// Files, directories and patterns such as 'clusters/**/*.yaml'
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Agree to everything
    #[arg(short, long)]
    yes: bool,
    /// Leave out the last extension of the name at the destination
    #[arg(long)]
    omit_extensions: bool,
    /// Take all files of a directory; only under the name sops this has to be said
    #[arg(long)]
    recursive: bool,
    #[command(flatten)]
    open: OpeningFlags,
}

impl Arguments {
    /// The plan, if a file is named.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        if self.files.is_empty() {
            return Err(no_file());
        }
        Ok(Plan {
            files: self.files,
            yes: self.yes,
            omit_extensions: self.omit_extensions,
            recursive: self.recursive,
            open: self.open.plan()?,
        })
    }
}
