//! `cargo xtask dist`: the files of a release, in `dist/`.
//!
//! Beside the programs lie the manual with the completions of the shells, the checksums, and a list of all that went into
//! the programs.

mod elf;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::run::{self, Result};
use crate::{files, release, workspace};

/// Builds the release.
///
/// # Errors
///
/// When a program does not build, or is not static where it should be.
pub(crate) fn dist() -> Result<()> {
    let folder = workspace::root().join("dist");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let mut made: Vec<PathBuf> = Vec::new();
    for target in release::targets()? {
        run::step(&format!("building for {target}"));
        let path = program(&target, &folder)?;
        if release::is_native(&target) && !made.iter().any(|path| is_archive(path)) {
            made.push(manual(&path, &folder)?);
        }
        made.push(path);
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

/// Packs the pages of the manual and the completions of the shells, which the program itself writes.
fn manual(program: &Path, folder: &Path) -> Result<PathBuf> {
    let name = format!("fieldseal-{}-manual", env!("CARGO_PKG_VERSION"));
    let pages = folder.join(&name);
    fs::create_dir(&pages)?;
    run::check(Command::new(program).arg("man").arg(&pages))?;
    for (shell, file) in [
        ("bash", "fieldseal.bash"),
        ("zsh", "_fieldseal"),
        ("fish", "fieldseal.fish"),
        ("powershell", "fieldseal.ps1"),
    ] {
        let script = run::read(Command::new(program).args(["completion", shell]))?;
        files::write(&pages.join(file), format!("{script}\n").as_bytes())?;
    }
    let archive = folder.join(format!("{name}.tar.gz"));
    run::check(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(folder).arg(&name))?;
    fs::remove_dir_all(pages)?;
    Ok(archive)
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "gz")
}

/// Builds the program for one target and puts it under its name into the folder.
fn program(target: &str, folder: &Path) -> Result<PathBuf> {
    let built = release::build(target)?;
    if target.contains("-linux-") && !elf::is_static(&fs::read(&built)?) {
        return Err(format!("{} is not static", built.display()).into());
    }
    let end = if target.contains("windows") { ".exe" } else { "" };
    let path = folder.join(format!("fieldseal-{}-{target}{end}", env!("CARGO_PKG_VERSION")));
    fs::copy(&built, &path)?;
    Ok(path)
}
