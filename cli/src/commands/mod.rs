//! The commands: plain functions over plans.

mod batch;
pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod decrypt;
pub(crate) mod edit;
pub(crate) mod encrypt;
pub(crate) mod filestatus;
pub(crate) mod groups;
pub(crate) mod init;
pub(crate) mod keygen;
pub(crate) mod rotate;
pub(crate) mod updatekeys;

use crate::context::Context;
use crate::exit::Exit;
use crate::report::Failure;

/// What a run is to do.
pub(crate) enum Plan {
    /// `encrypt`.
    Encrypt(encrypt::Plan),
    /// `decrypt`.
    Decrypt(decrypt::Plan),
    /// `edit`.
    Edit(edit::Plan),
    /// `rotate`.
    Rotate(rotate::Plan),
    /// `updatekeys`.
    UpdateKeys(updatekeys::Plan),
    /// `groups`.
    Groups(groups::Plan),
    /// `filestatus`.
    FileStatus(filestatus::Plan),
    /// `keygen`.
    Keygen(keygen::Plan),
    /// `init`.
    Init(init::Plan),
    /// `check`.
    Check(check::Plan),
    /// `completion`.
    Completion(completion::Plan),
}

/// Does what `plan` says.
///
/// # Errors
/// What made the command fail as a whole. Failures of single files among many are reported as they occur,
/// and the code says that there were some.
pub(crate) fn run(plan: Plan, context: &Context) -> Result<Exit, Failure> {
    match plan {
        Plan::Encrypt(plan) => encrypt::run(&plan, context),
        Plan::Decrypt(plan) => decrypt::run(&plan, context),
        Plan::Edit(plan) => edit::run(&plan, context),
        Plan::Rotate(plan) => rotate::run(&plan, context),
        Plan::UpdateKeys(plan) => updatekeys::run(&plan, context),
        Plan::Groups(plan) => groups::run(&plan, context),
        Plan::FileStatus(plan) => filestatus::run(&plan, context),
        Plan::Keygen(plan) => keygen::run(&plan, context),
        Plan::Init(plan) => init::run(&plan, context),
        Plan::Check(plan) => check::run(&plan, context),
        Plan::Completion(plan) => completion::run(&plan, context),
    }
}
