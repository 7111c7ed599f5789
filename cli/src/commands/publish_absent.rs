//! `publish` in a program that was built without it.

use std::path::PathBuf;

use crate::context::Context;
use crate::exit::Exit;
use crate::plan::Decryption;
use crate::report::Failure;

/// What would be published.
#[allow(dead_code, reason = "nothing is done with it")]
pub(crate) struct Plan {
    /// Files, directories and patterns.
    pub(crate) files: Vec<PathBuf>,
    /// Whether nobody is asked.
    pub(crate) yes: bool,
    /// Whether names lose their last extension.
    pub(crate) omit_extensions: bool,
    /// Whether all files of a directory are meant.
    pub(crate) recursive: bool,
    /// How files are opened.
    pub(crate) open: Decryption,
}

/// Says that this program cannot publish.
///
/// # Errors
/// Always.
pub(crate) fn run(_plan: &Plan, _context: &Context) -> Result<Exit, Failure> {
    Err(Failure::new(Exit::Other, "this program was built without `publish`")
        .hint("build it with the feature `publish`, which is there by default"))
}
