//! The program as a release holds it.
//!
//! For Linux it is linked statically, so that one file runs everywhere and starts without a dynamic linker: against musl
//! where the toolchain has it, else against the C library of this machine. On other systems it is built for the system
//! itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{self, Result};
use crate::workspace;

/// The targets for Linux, each with what to take when its standard library is not installed.
const LINUX: [(&str, Option<&str>); 2] = [
    ("x86_64-unknown-linux-musl", Some("x86_64-unknown-linux-gnu")),
    ("aarch64-unknown-linux-musl", Some("aarch64-unknown-linux-gnu")),
];

/// The targets that this machine can build for.
///
/// # Errors
///
/// When the compiler does not say what machine this is.
pub(crate) fn targets() -> Result<Vec<String>> {
    let host = workspace::host()?;
    if !host.contains("-linux-") {
        return Ok(vec![host]);
    }
    let mut targets = Vec::new();
    for (wanted, fallback) in LINUX {
        match [Some(wanted), fallback].into_iter().flatten().find(|target| can_build(target)) {
            Some(target) => targets.push(target.to_owned()),
            None => eprintln!(
                "left out: {wanted} (needs its standard library, and CC_{} set for another processor)",
                underscored(wanted)
            ),
        }
    }
    Ok(targets)
}

/// Whether the toolchain has the standard library of a target, and a C compiler for it.
fn can_build(target: &str) -> bool {
    let compiler = is_native(target) || names_compiler(target);
    compiler
        && run::read(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))
            .is_ok_and(|folder| Path::new(&folder).is_dir())
}

/// Builds the program for this machine.
///
/// # Errors
///
/// When it does not build.
pub(crate) fn build_for_this_machine() -> Result<PathBuf> {
    let host = workspace::host()?;
    let architecture = host.split('-').next().unwrap_or_default();
    let target = targets()?.into_iter().find(|target| target.starts_with(architecture)).unwrap_or(host);
    build(&target)
}

/// Builds the program for a target, and says where it is.
///
/// # Errors
///
/// When it does not build.
pub(crate) fn build(target: &str) -> Result<PathBuf> {
    let mut build = workspace::cargo();
    build.args(["build", "--release", "--locked", "--package=fieldseal", "--target", target]);
    if target.contains("-linux-") {
        let mut flags = String::from("-Ctarget-feature=+crt-static");
        if target.ends_with("-musl") && !is_native(target) {
            flags.push_str(" -Clinker=rust-lld -Clink-self-contained=yes");
        }
        build.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS");
    }
    if let Some(compiler) = compiler_for_musl(target) {
        let target = underscored(target);
        build.env(format!("CC_{target}"), compiler);
        // The headers of glibc would call functions that check bounds, which musl has not.
        build.env(format!("CFLAGS_{target}"), "-U_FORTIFY_SOURCE");
    }
    run::check(&mut build)?;
    let folder = workspace::target().join(target).join("release");
    Ok(folder.join(if target.contains("windows") { "fieldseal.exe" } else { "fieldseal" }))
}

/// The C compiler for what is written in C, where the C library is musl, unless the caller has named one. Without musl's
/// own wrapper the compiler of this machine does: that code calls only functions that both libraries have.
fn compiler_for_musl(target: &str) -> Option<&'static str> {
    let wrapper =
        || Command::new("musl-gcc").arg("--version").output().is_ok_and(|output| output.status.success());
    (target.ends_with("-musl") && is_native(target) && !names_compiler(target) && !wrapper()).then_some("cc")
}

/// Whether programs for a target run on the processor of this machine.
pub(crate) fn is_native(target: &str) -> bool {
    target.split('-').next() == Some(std::env::consts::ARCH)
}

/// Whether the caller has named a C compiler for a target.
fn names_compiler(target: &str) -> bool {
    std::env::var_os(format!("CC_{}", underscored(target))).is_some()
}

/// The name of a target as variables have it.
fn underscored(target: &str) -> String {
    target.replace('-', "_")
}
