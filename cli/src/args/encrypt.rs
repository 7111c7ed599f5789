//! `fieldseal encrypt`.

use super::keys::KeyFlags;
use super::shared::{Files, SelectionFlags, ServiceFlags, TypeFlags};
use crate::commands::encrypt::Plan;
use crate::context::Context;
use crate::exit::Exit;
use crate::plan::Input;
use crate::report::Failure;

/// Encrypt the values that the rules select
///
/// One file goes to stdout, unless --in-place or --output says otherwise. Of a directory those files are
/// encrypted that a rule with a path_regex selects, in which it selects a value, and that are not
/// encrypted yet.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    types: TypeFlags,
    #[command(flatten)]
    keys: KeyFlags,
    #[command(flatten)]
    selection: SelectionFlags,
    #[command(flatten)]
    services: ServiceFlags,
}

impl Arguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self, _context: &Context) -> Result<Plan, Failure> {
        let (input, destination, name) = self.files.plan()?;
        if matches!(input, Input::Stdin) && name.is_none() {
            return Err(Failure::new(
                Exit::Conflict,
                "must specify --filename-override when reading from stdin",
            )
            .hint("the rule for the file and its type are found by its name"));
        }
        let services = self.services.plan()?;
        if !services.local && services.remote.is_empty() {
            return Err(Failure::new(
                Exit::Other,
                "could not generate data key: the keys of this machine are switched off and there is no key service",
            )
            .hint("leave out --enable-local-keyservice=false, or unset SOPS_ENABLE_LOCAL_KEYSERVICE"));
        }
        Ok(Plan {
            input,
            destination,
            name,
            types: self.types.plan(),
            keys: self.keys.plan(services)?,
            selection: self.selection.plan(),
        })
    }
}
