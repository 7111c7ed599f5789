//! Under which name the tool runs.

use std::ffi::OsStr;
use std::path::Path;

/// The name the tool was called by decides a few habits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Under its own name: the nearest `.sops.yaml` upwards from the *file* applies, and what sops lets
    /// pass in silence is an error or a warning.
    Own,
    /// Under the name `sops`: the configuration is searched from the working directory, as sops does.
    Sops,
}

impl Role {
    /// The role for the first argument of the process.
    pub(crate) fn of(program: Option<&OsStr>) -> Self {
        match program.and_then(|program| Path::new(program).file_stem()) {
            Some(name) if name == "sops" => Self::Sops,
            _ => Self::Own,
        }
    }

    /// The name to show in the help.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Own => "fieldseal",
            Self::Sops => "sops",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_the_path_counts() {
        for (program, role) in [
            ("sops", Role::Sops),
            ("/usr/bin/sops", Role::Sops),
            ("./sops.exe", Role::Sops),
            ("/opt/sops/fieldseal", Role::Own),
            ("fieldseal", Role::Own),
            ("", Role::Own),
        ] {
            assert_eq!(Role::of(Some(OsStr::new(program))), role, "{program}");
        }
        assert_eq!(Role::of(None), Role::Own);
    }
}
