//! `filestatus`: whether a file is encrypted, for scripts.

use std::path::PathBuf;

use crate::context::Context;
use crate::engine;
use crate::exit::Exit;
use crate::io;
use crate::plan::Types;
use crate::report::Failure;
use crate::role::Role;
use crate::types;

/// Which file.
pub(crate) struct Plan {
    /// The file.
    pub(crate) file: PathBuf,
    /// Types that were given.
    pub(crate) types: Types,
}

/// Prints a line of JSON on stdout. Nothing is decrypted.
///
/// # Errors
/// The file cannot be read, or is neither well-formed clear text nor an encrypted file.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let status = status(plan, context).map_err(|failure| match context.role {
        Role::Sops => failure.code(Exit::Other),
        Role::Own => failure,
    });
    let encrypted = status.map_err(|failure| failure.file(&plan.file))?;
    io::write_stdout(format!("{{\"encrypted\":{encrypted}}}\n").as_bytes())?;
    Ok(Exit::Success)
}

fn status(plan: &Plan, context: &Context) -> Result<bool, Failure> {
    let (format, _) = types::choose(&plan.types, Some(&plan.file), context.role)?;
    // A file of any other kind is no encrypted one; sops wants JSON there.
    engine::file_status(io::read_file(&plan.file)?, format, context.role == Role::Own)
}
