//! What identities need to be used.

use crate::program::Programs;
use crate::prompt::Asking;

/// Someone to ask, and programs to run.
#[derive(Clone)]
pub(crate) struct Means {
    /// Who is asked for passphrases.
    pub(crate) asking: Asking,
    /// The programs, with the environment in which they run.
    pub(crate) programs: Programs,
}
