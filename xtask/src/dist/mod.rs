//! `cargo xtask dist`: the files of a release, in `dist/`.
//!
//! For Linux the program is linked statically, so that one file runs everywhere: against musl where the
//! toolchain has it, else against the C library of this machine. On other systems it is built for the system
//! itself. Beside the programs lie their checksums and a list of all that went into them.

mod elf;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::run::{self, Result};
use crate::{files, workspace};

/// The targets for Linux, each with what to take when its standard library is not installed.
const LINUX: [(&str, Option<&str>); 2] = [
    ("x86_64-unknown-linux-musl", Some("x86_64-unknown-linux-gnu")),
    ("aarch64-unknown-linux-musl", Some("aarch64-unknown-linux-gnu")),
];

/// Builds the release.
///
/// # Errors
///
/// When a program does not build, or is not static where it should be.
pub(crate) fn dist() -> Result<()> {
    let folder = workspace::root().join("dist");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let mut made = Vec::new();
    for target in targets()? {
        run::step(&format!("building for {target}"));
        made.push(program(&target, &folder)?);
    }
    if made.is_empty() {
        return Err("the toolchain can build for none of the targets".into());
    }
    let list = folder.join(format!("fieldseal-{}.spdx.json", env!("CARGO_PKG_VERSION")));
    files::write(&list, sbom::sbom()?.as_bytes())?;
    made.push(list);

    let mut sums = String::new();
    for path in &made {
        let digest: String =
            Sha256::digest(fs::read(path)?).iter().map(|byte| format!("{byte:02x}")).collect();
        let name = path.file_name().expect("a file has a name").to_string_lossy();
        sums.push_str(&format!("{digest}  {name}\n"));
    }
    files::write(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    print!("{sums}");
    Ok(())
}

/// The targets that this machine can build for.
fn targets() -> Result<Vec<String>> {
    let host = workspace::host()?;
    if !host.contains("-linux-") {
        return Ok(vec![host]);
    }
    let mut targets = Vec::new();
    for (wanted, fallback) in LINUX {
        match [Some(wanted), fallback].into_iter().flatten().find(|target| has_library(target)) {
            Some(target) => targets.push(target.to_owned()),
            None => eprintln!("left out: {wanted} (its standard library is not installed)"),
        }
    }
    Ok(targets)
}

/// Whether the toolchain has the standard library of a target.
fn has_library(target: &str) -> bool {
    run::read(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))
        .is_ok_and(|folder| Path::new(&folder).is_dir())
}

/// Builds the program for one target and puts it under its name into the folder.
fn program(target: &str, folder: &Path) -> Result<PathBuf> {
    let linux = target.contains("-linux-");
    let mut flags = String::new();
    if linux {
        flags.push_str("-Ctarget-feature=+crt-static");
    }
    if target.starts_with("aarch64-unknown-linux-musl") && !cfg!(target_arch = "aarch64") {
        // The linker and the C library that come with Rust are enough: nothing here is written in C.
        flags.push_str(" -Clinker=rust-lld -Clink-self-contained=yes");
    }
    let mut build = workspace::cargo();
    build.args(["build", "--release", "--locked", "--package=fieldseal", "--target", target]);
    run::check(build.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS"))?;

    let end = if target.contains("windows") { ".exe" } else { "" };
    let built = workspace::target().join(target).join("release").join(format!("fieldseal{end}"));
    let program = fs::read(&built)?;
    if linux && !elf::is_static(&program) {
        return Err(format!("{} is not static", built.display()).into());
    }
    let path = folder.join(format!("fieldseal-{}-{target}{end}", env!("CARGO_PKG_VERSION")));
    fs::copy(&built, &path)?;
    Ok(path)
}
