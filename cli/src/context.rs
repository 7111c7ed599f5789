//! What a run knows besides its plan.

use std::path::PathBuf;

use crate::environment;
use crate::report::Reporter;
use crate::role::Role;

/// Under which name the tool runs, whom it reports to, and which configuration it was told to use.
pub(crate) struct Context {
    /// The name the tool was called by.
    pub(crate) role: Role,
    /// Where messages go.
    pub(crate) reporter: Reporter,
    /// The configuration file of `--config`, or else of `SOPS_CONFIG`; `None` if the nearest one is used.
    pub(crate) config: Option<PathBuf>,
    /// How far to indent what is printed anew, of `--indent`; it comes before what a configuration says.
    pub(crate) indent: Option<i64>,
}

impl Context {
    /// A context. `config` and `indent` are the flags.
    pub(crate) fn new(role: Role, reporter: Reporter, config: Option<PathBuf>, indent: Option<i64>) -> Self {
        // An empty flag is a flag: the variable does not count then.
        let config = config.or_else(|| environment::SOPS_CONFIG.path());
        Self { role, reporter, config: config.filter(|path| !path.as_os_str().is_empty()), indent }
    }
}
