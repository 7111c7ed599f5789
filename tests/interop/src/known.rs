//! The differences to sops that are meant, each with a rule that recognises it. `docs/compatibility.md` tells users of
//! them.

use crate::compare::Observed;

/// A difference that is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Known {
    /// None yet.
    None,
}

impl Known {
    /// The difference behind what was observed, if it is a known one.
    pub(crate) fn recognise(_observed: &Observed, _check: &str) -> Option<Self> {
        None
    }
}
