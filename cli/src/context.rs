//! What a run knows besides its plan.

use std::path::PathBuf;

use crate::report::Reporter;
use crate::role::Role;

/// Under which name the tool runs, whom it reports to, and which configuration it was told to use.
pub(crate) struct Context {
    /// The name the tool was called by.
    pub(crate) role: Role,
    /// Where messages go.
    pub(crate) reporter: Reporter,
    /// The configuration file of `--config`, if given.
    pub(crate) config: Option<PathBuf>,
    /// How far to indent what is printed anew, of `--indent`; it comes before what a configuration says.
    pub(crate) indent: Option<i64>,
}

impl Context {
    /// A context.
    pub(crate) fn new(role: Role, reporter: Reporter, config: Option<PathBuf>, indent: Option<i64>) -> Self {
        Self { role, reporter, config: config.filter(|path| !path.as_os_str().is_empty()), indent }
    }
}
