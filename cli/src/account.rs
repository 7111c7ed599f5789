//! Another user of this machine, as whom a command is run.

use nix::unistd::{Uid, User};

use crate::exit::Exit;
use crate::report::{Failure, harmless};

/// A user of this machine.
pub(crate) struct Account(User);

impl Account {
    /// The user called `name`.
    ///
    /// # Errors
    /// There is none, or the system cannot say.
    pub(crate) fn find(name: &str) -> Result<Self, Failure> {
        let failed = |why: String| Failure::new(Exit::Other, format!("--user {}: {why}", harmless(name)));
        match User::from_name(name) {
            Ok(Some(user)) => Ok(Self(user)),
            Ok(None) => Err(failed("there is no such user".to_owned())),
            Err(error) => Err(failed(format!("the system does not find the user: {error}"))),
        }
    }

    /// What the user's environment holds: `HOME`, `USER` and `LOGNAME`.
    pub(crate) fn variables(&self) -> [(&'static str, std::ffi::OsString); 3] {
        let name = &self.0.name;
        [("HOME", self.0.dir.clone().into()), ("USER", name.into()), ("LOGNAME", name.into())]
    }

    /// Makes this whole process one of that user, with the groups of the user and without a way back.
    ///
    /// # Errors
    /// This process may not do so.
    pub(crate) fn become_it(&self) -> Result<(), Failure> {
        let failed = |what: &str, error: nix::Error| {
            Failure::new(
                Exit::Other,
                format!("--user {}: cannot change the {what}: {}", harmless(&self.0.name), error.desc()),
            )
            .hint("only root can run a command as another user")
        };
        set_groups(&self.0).map_err(|error| failed("groups", error))?;
        nix::unistd::setgid(self.0.gid).map_err(|error| failed("group", error))?;
        nix::unistd::setuid(self.0.uid).map_err(|error| failed("user", error))?;
        // Where the first call changed only one of the identities, there would be a way back.
        if Uid::current() != self.0.uid || Uid::effective() != self.0.uid {
            return Err(failed("user", nix::Error::EPERM));
        }
        Ok(())
    }
}

#[cfg(not(target_vendor = "apple"))]
fn set_groups(user: &User) -> nix::Result<()> {
    let name = std::ffi::CString::new(user.name.as_str()).map_err(|_| nix::Error::EINVAL)?;
    nix::unistd::setgroups(&nix::unistd::getgrouplist(&name, user.gid)?)
}

/// There the groups come with the user.
#[cfg(target_vendor = "apple")]
fn set_groups(_user: &User) -> nix::Result<()> {
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn root_is_a_user() {
        let root = Account::find("root").map_err(|failure| failure.to_string()).unwrap();
        let [(home, path), (_, user), (_, login)] = root.variables();
        assert_eq!((home, user.to_str(), login.to_str()), ("HOME", Some("root"), Some("root")));
        assert!(std::path::Path::new(&path).is_absolute());
        let failure = Account::find("no such\nuser").err().unwrap();
        assert_eq!(failure.to_string(), "--user no such\\nuser: there is no such user");
    }
}
