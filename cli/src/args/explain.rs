//! `fieldseal explain`.

use std::path::PathBuf;

use crate::commands::explain::Plan;
use crate::exit::Exit;
use crate::report::Failure;
use fieldseal_core::{describe_path, parse_path};

/// Say which rule is for a file, what it encrypts and why, and which keys open the file
///
/// Shows the configuration and why the rules above missed, each value with what selects it, the recipients, and
/// where identities were looked for. Shows no value, and needs no key. The file need not be there.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only what is at or below a path.
    #[arg(
        value_name = "PATH",
        help = "Only what is at or below this path, as '[\"a\"][\"b\"][0]' or a.b[0]"
    )]
    path: Option<String>,
}

impl Arguments {
    /// The plan, if the path is one.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        let path = match self.path {
            Some(path) if path.starts_with('[') => {
                let steps = parse_path(&path)
                    .map_err(|problem| Failure::new(Exit::ExtractPath, format!("no path: {problem}")))?;
                Some(describe_path(&steps))
            }
            path => path.filter(|path| !path.is_empty()),
        };
        Ok(Plan { file: self.file, path })
    }
}
