//! The values of an opened file as variables of an environment.

use fieldseal_core::{Opened, Variable, VariablesError};

use crate::exit::Exit;
use crate::report::{Failure, harmless};

/// The values at the top of the first document.
///
/// # Errors
/// They cannot be variables.
pub(crate) fn variables(opened: &Opened) -> Result<Vec<Variable>, Failure> {
    opened.variables().map_err(|error| {
        let failure = Failure::new(Exit::Other, harmless(&error.to_string()));
        match error {
            VariablesError::Complex(_) => {
                failure.hint("only single values can be variables; give the whole file with exec-file")
            }
            VariablesError::Name(_) | VariablesError::Zero(_) => {
                failure.hint("give the whole file with exec-file")
            }
            _ => failure,
        }
    })
}
