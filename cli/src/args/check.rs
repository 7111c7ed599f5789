//! `fieldseal check`.

use std::path::PathBuf;

use super::shared::OpenFlags;
use crate::check::{OutputFormat, Scope};
use crate::commands::check::Plan;
use crate::exit::Exit;
use crate::report::Failure;

/// Check that nothing is in clear text that should not be, without any key
///
/// Looks at every file of the repository, or below the paths that are given: is each file encrypted that a rule
/// covers, all of it, for the recipients of the rule; are files damaged; are the rules sound; are there private
/// keys or Kubernetes Secrets in clear text. Ends with 0 if nothing was found, 1 if something was, 2 if not
/// everything could be checked.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files and directories; without any, the whole repository
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Check what is staged in Git, as it is staged
    #[arg(long, conflicts_with_all = ["since", "paths"])]
    staged: bool,
    /// Check what has changed since this revision of Git
    #[arg(long, value_name = "REV", conflicts_with = "paths")]
    since: Option<String>,
    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: OutputFormat,
    /// Pass over the findings that are listed in this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to this file, for --baseline, and pass over them
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Open every encrypted file with the keys at hand as well; nothing is printed or written
    #[arg(long)]
    decrypt: bool,
    /// Take files that no key at hand opens as findings
    #[arg(long, requires = "decrypt")]
    require_all: bool,
    #[command(flatten)]
    open: OpenFlags,
}

impl Arguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        let scope = match (self.staged, self.since) {
            (true, _) => Scope::Staged,
            (_, Some(revision)) => Scope::Since(revision),
            _ if self.paths.is_empty() => Scope::Everything,
            _ => Scope::Paths(self.paths),
        };
        let open = self.open.plan().map_err(|failure| failure.code(Exit::Unreadable))?;
        if open.ignore_mac {
            return Err(Failure::new(Exit::Unreadable, "a check looks at every MAC; leave out --ignore-mac"));
        }
        Ok(Plan {
            scope,
            format: self.format,
            baseline: self.baseline,
            write_baseline: self.write_baseline,
            decrypt: self.decrypt.then_some(open),
            require_all: self.require_all,
        })
    }
}
