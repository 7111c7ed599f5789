//! The commands: plain functions over plans.

mod ask;
mod batch;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod decrypt;
pub(crate) mod edit;
pub(crate) mod encrypt;
pub(crate) mod exec_env;
pub(crate) mod exec_file;
pub(crate) mod explain;
pub(crate) mod filestatus;
pub(crate) mod groups;
pub(crate) mod init;
pub(crate) mod keygen;
pub(crate) mod keyservice;
pub(crate) mod man;
#[cfg(feature = "publish")]
pub(crate) mod publish;
#[cfg(not(feature = "publish"))]
#[path = "publish_absent.rs"]
pub(crate) mod publish;
pub(crate) mod rotate;
pub(crate) mod updatekeys;

use std::path::Path;
use std::process::ExitCode;

use crate::audit;
use crate::context::Context;
use crate::report::Failure;

/// What a run is to do.
pub(crate) enum Plan {
    /// `encrypt`.
    Encrypt(encrypt::Plan),
    /// `decrypt`.
    Decrypt(decrypt::Plan),
    /// `edit`.
    Edit(edit::Plan),
    /// `set` and `unset`.
    Change(change::Plan),
    /// `rotate`.
    Rotate(rotate::Plan),
    /// `updatekeys`.
    UpdateKeys(updatekeys::Plan),
    /// `groups`.
    Groups(groups::Plan),
    /// `filestatus`.
    FileStatus(filestatus::Plan),
    /// `exec-env`.
    ExecEnv(exec_env::Plan),
    /// `exec-file`.
    ExecFile(exec_file::Plan),
    /// `keygen`.
    Keygen(keygen::Plan),
    /// `init`.
    Init(init::Plan),
    /// `keyservice`.
    Keyservice(keyservice::Plan),
    /// `check`.
    Check(check::Plan),
    /// `explain`.
    Explain(explain::Plan),
    /// `completion`.
    Completion(completion::Plan),
    /// `publish`.
    Publish(publish::Plan),
    /// `man`.
    Man(man::Plan),
}

/// Does what `plan` says. Gives the code to end with: where a command was run, that of the command.
///
/// # Errors
/// What made the command fail as a whole. Failures of single files among many are reported as they occur,
/// and the code says that there were some.
pub(crate) fn run(plan: Plan, context: &Context) -> Result<ExitCode, Failure> {
    if plan.uses_keys() {
        audit::check(Path::new(audit::CONFIGURATION))?;
    }
    let exit = match plan {
        Plan::Encrypt(plan) => encrypt::run(&plan, context),
        Plan::Decrypt(plan) => decrypt::run(&plan, context),
        Plan::Edit(plan) => edit::run(&plan, context),
        Plan::Change(plan) => change::run(&plan, context),
        Plan::Rotate(plan) => rotate::run(&plan, context),
        Plan::UpdateKeys(plan) => updatekeys::run(&plan, context),
        Plan::Groups(plan) => groups::run(&plan, context),
        Plan::FileStatus(plan) => filestatus::run(&plan, context),
        Plan::ExecEnv(plan) => return exec_env::run(&plan, context),
        Plan::ExecFile(plan) => return exec_file::run(&plan, context),
        Plan::Keygen(plan) => keygen::run(&plan, context),
        Plan::Init(plan) => init::run(&plan, context),
        Plan::Keyservice(plan) => keyservice::run(&plan, context),
        Plan::Check(plan) => check::run(&plan, context),
        Plan::Explain(plan) => explain::run(&plan, context),
        Plan::Completion(plan) => completion::run(&plan, context),
        Plan::Publish(plan) => publish::run(&plan, context),
        Plan::Man(plan) => man::run(&plan, context),
    };
    exit.map(ExitCode::from)
}

impl Plan {
    /// Whether the plan may encrypt or decrypt something, or give keys to somebody.
    fn uses_keys(&self) -> bool {
        match self {
            Self::Keygen(_)
            | Self::Init(_)
            | Self::Explain(_)
            | Self::FileStatus(_)
            | Self::Completion(_)
            | Self::Man(_) => false,
            Self::Check(plan) => plan.decrypt.is_some(),
            _ => true,
        }
    }
}
