//! `cargo xtask deny`: licences, sources and bans of all dependencies, by `deny.toml`.

use std::fs;
use std::process::Command;

use crate::run::{self, Result};
use crate::workspace;

/// The version of cargo-deny that checks; it is built from the package registry, once.
const VERSION: &str = "0.20.2";

/// Checks the dependencies of the workspace and of the fuzz targets. Advisories are left to a scheduled job:
/// they need a database from elsewhere, and they change without a change here.
///
/// # Errors
///
/// When something is not allowed, or cargo-deny does not build.
pub(crate) fn deny() -> Result<()> {
    let folder = workspace::cache()?.join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin").join(workspace::executable("cargo-deny"));
    if !program.is_file() {
        run::step("building cargo-deny (some minutes, once)");
        let build = folder.join("build");
        let install = || {
            let mut install = workspace::cargo();
            install.args(["install", "--quiet", "--locked", "--debug", "--version", VERSION, "cargo-deny"]);
            run::check(install.arg("--root").arg(&folder).env("CARGO_TARGET_DIR", &build))
        };
        // A registry that fails once is asked again; what was built stays.
        install().or_else(|_| install())?;
        fs::remove_dir_all(build)?;
    }
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let mut check = Command::new(&program);
        check.current_dir(workspace::root()).args(["--config", "deny.toml", "--manifest-path", manifest]);
        run::check(check.args(["check", "bans", "licenses", "sources"]))?;
    }
    Ok(())
}
