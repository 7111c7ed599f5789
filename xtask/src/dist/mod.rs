//! `cargo xtask dist`: the files of a release, in `dist/`.
//!
//! Beside the programs lie their checksums and a list of all that went into them.

mod elf;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};

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
    let mut made = Vec::new();
    for target in release::targets()? {
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
