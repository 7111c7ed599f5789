//! The environment of the process, as far as keys are looked for in it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The variables of the environment, captured once. Nothing in this crate looks at the process's own, save for the
/// directory of temporary files in which plugins run.
#[derive(Clone)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
    platform: Platform,
}

/// The kinds of systems that keep settings in different places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Platform {
    /// Linux, the BSDs, and what else follows the XDG directories.
    Unix,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// The one that this program was built for.
    pub const fn current() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Unix
        }
    }
}

impl Environment {
    /// The environment of this process.
    pub fn of_this_process() -> Self {
        Self::new(std::env::vars_os())
    }

    /// An environment of nothing but `variables`.
    pub fn new(variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, platform: Platform::current() }
    }

    /// The same environment on `platform`.
    #[must_use]
    pub fn on(self, platform: Platform) -> Self {
        Self { platform, ..self }
    }

    /// The value of the variable `name`; it may be empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let same = |other: &OsStr| match self.platform {
            Platform::Windows => other.eq_ignore_ascii_case(name),
            _ => other == name,
        };
        self.variables.iter().find(|(other, _)| same(other)).map(|(_, value)| value.as_os_str())
    }

    /// All variables, for a program that is run.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The value of a variable that is set and not empty.
    fn given(&self, name: &str) -> Option<&Path> {
        self.get(name).filter(|value| !value.is_empty()).map(Path::new)
    }

    /// The user's own directory.
    ///
    /// # Errors
    /// The variable that names it is not set.
    pub(crate) fn home(&self) -> Result<&Path, String> {
        let name = if self.platform == Platform::Windows { "USERPROFILE" } else { "HOME" };
        self.given(name).ok_or_else(|| format!("${name} is not defined"))
    }

    /// The directory for settings.
    ///
    /// # Errors
    /// The variables that name it are not set, or `XDG_CONFIG_HOME` is relative.
    pub(crate) fn settings(&self) -> Result<PathBuf, String> {
        let xdg = self.given("XDG_CONFIG_HOME");
        match self.platform {
            Platform::Windows => {
                self.given("AppData").map(Path::to_owned).ok_or_else(|| "%AppData% is not defined".to_owned())
            }
            Platform::MacOs => match xdg {
                Some(path) => Ok(path.to_owned()),
                None => Ok(self.home()?.join("Library/Application Support")),
            },
            Platform::Unix => match xdg {
                Some(path) if path.is_relative() => Err("path in $XDG_CONFIG_HOME is relative".to_owned()),
                Some(path) => Ok(path.to_owned()),
                None => match self.home() {
                    Ok(home) => Ok(home.join(".config")),
                    Err(_) => Err("neither $XDG_CONFIG_HOME nor $HOME are defined".to_owned()),
                },
            },
        }
    }

    /// The file that holds a user's age identities unless something else is said.
    ///
    /// # Errors
    /// The variables that say where it is are not set.
    pub fn default_identity_file(&self) -> Result<PathBuf, String> {
        Ok(self.settings()?.join("sops").join("age").join("keys.txt"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(platform: Platform, variables: &[(&str, &str)]) -> Result<PathBuf, String> {
        Environment::new(variables.iter().copied()).on(platform).default_identity_file()
    }

    #[test]
    fn default_file_by_platform() {
        use Platform::{MacOs, Unix, Windows};
        let home = ("HOME", "/home/a");
        let tail = "sops/age/keys.txt";
        for (platform, variables, expected) in [
            (Unix, &[home][..], Ok("/home/a/.config")),
            (Unix, &[home, ("XDG_CONFIG_HOME", "/x")], Ok("/x")),
            (Unix, &[home, ("XDG_CONFIG_HOME", "")], Ok("/home/a/.config")),
            (Unix, &[home, ("XDG_CONFIG_HOME", "x")], Err("path in $XDG_CONFIG_HOME is relative")),
            (Unix, &[], Err("neither $XDG_CONFIG_HOME nor $HOME are defined")),
            (Unix, &[("HOME", "")], Err("neither $XDG_CONFIG_HOME nor $HOME are defined")),
            (MacOs, &[home], Ok("/home/a/Library/Application Support")),
            (MacOs, &[home, ("XDG_CONFIG_HOME", "x")], Ok("x")),
            (MacOs, &[], Err("$HOME is not defined")),
            (Windows, &[home, ("APPDATA", "C:/a")], Ok("C:/a")),
            (Windows, &[home], Err("%AppData% is not defined")),
        ] {
            let expected = expected.map(|path| Path::new(path).join(tail)).map_err(str::to_owned);
            assert_eq!(file(platform, variables), expected);
        }
    }

    #[test]
    fn names_ignore_case_on_windows_only() {
        let environment = Environment::new([("Path", "x")]);
        assert!(environment.clone().on(Platform::Windows).get("PATH").is_some());
        assert!(environment.on(Platform::Unix).get("PATH").is_none());
    }
}
