//! The Go tools that tests compare with: the real `sops`, the `age` tools, and this project's own
//! programs over the libraries that those use.
//!
//! They are built from the Go modules in `tests/tools` and `tests/servers`, whose `go.sum` pins every byte of source, and
//! kept in the user's cache under the hash of what they were built from. The big ones depend on the pins alone, so
//! that a change of one of our programs does not link `sops` again; and the servers on themselves alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::run::{self, Result};
use crate::workspace;

/// The tools that come from other modules; `go.mod` has them as `tool`s.
const FOREIGN: [&str; 4] = ["sops", "age", "age-keygen", "age-plugin-batchpass"];

/// Builds what is not built yet and returns the folder that holds all the tools.
///
/// # Errors
///
/// When there is no Go, or a program does not build.
pub(crate) fn build() -> Result<PathBuf> {
    let module = workspace::root().join("tests/tools");
    let cache = workspace::cache()?;
    let version = run::read(go(&module).args(["env", "GOVERSION", "GOOS", "GOARCH"]))
        .map_err(|e| format!("{e}; the tests need Go 1.25 or later"))?;

    let pins = [module.join("go.mod"), module.join("go.sum")];
    let foreign = cache.join("pinned").join(digest(&module, &version, &pins)?);
    if !foreign.is_dir() {
        run::step("building sops and age for the tests (some minutes, once)");
        download(&module)?;
        into(&foreign, |folder| compile(&module, folder, "tool"))?;
    }

    // The gateway of S3 that the servers stand on needs what only these systems have.
    let servers = if cfg!(unix) { Some(server("clouds", "some minutes, once")?) } else { None };
    let programs = sources(&module.join("cmd"))?;
    let mut name = digest(&module, &version, &[&pins[..], &programs].concat())?;
    if let Some(servers) = &servers {
        name = format!("{name}-{}", folder_name(servers));
    }
    let tools = cache.join("tools").join(name);
    if !tools.is_dir() {
        into(&tools, |folder| {
            let bin = folder.join("bin");
            fs::create_dir(&bin)?;
            for name in FOREIGN.map(workspace::executable) {
                link(&foreign.join(&name), &bin.join(&name))?;
            }
            if let Some(servers) = &servers {
                link(&servers.join("clouds"), &bin.join("clouds"))?;
            }
            if programs.is_empty() { Ok(()) } else { compile(&module, &bin, "./cmd/...") }
        })?;
    }
    Ok(tools.join("bin"))
}

/// Builds the program of the module `tests/servers/NAME`, unless that was done, and gives its folder. `time` says how
/// long it takes.
///
/// # Errors
///
/// When there is no Go, or it does not build.
pub(crate) fn server(name: &str, time: &str) -> Result<PathBuf> {
    let module = workspace::root().join("tests/servers").join(name);
    let version = run::read(go(&module).args(["env", "GOVERSION", "GOOS", "GOARCH"]))?;
    let mut files = vec![module.join("go.mod"), module.join("go.sum")];
    files.extend(sources(&module.join("cmd"))?);
    let built = workspace::cache()?.join("servers").join(digest(&module, &version, &files)?);
    if !built.is_dir() {
        run::step(&format!("building the server {name} for the tests ({time})"));
        download(&module)?;
        into(&built, |folder| compile(&module, folder, "./cmd/..."))?;
    }
    Ok(built)
}

fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn link(from: &Path, to: &Path) -> Result<()> {
    Ok(fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))?)
}

/// Fetches the modules; a registry that fails once is asked again.
fn download(module: &Path) -> Result<()> {
    let fetch = || run::check(go(module).args(["mod", "download"]));
    fetch().or_else(|_| fetch()).or_else(|_| fetch())
}

/// Builds the packages of a pattern into a folder, one executable each.
fn compile(module: &Path, folder: &Path, pattern: &str) -> Result<()> {
    let mut output = folder.as_os_str().to_owned();
    output.push(std::path::MAIN_SEPARATOR_STR);
    run::check(
        go(module)
            .args(["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o"])
            .arg(output)
            .arg(pattern),
    )
}

/// The `go` command in the tools' module, without what a person's environment may add.
fn go(module: &Path) -> Command {
    let mut command = Command::new("go");
    command.current_dir(module).env("GOWORK", "off").env("GOFLAGS", "").env("CGO_ENABLED", "0");
    command
}

/// Fills a new folder and gives it its name only when it is complete. When another process was faster, its
/// folder is the one that stays.
fn into(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let parent = folder.parent().expect("a folder in the cache");
    fs::create_dir_all(parent)?;
    let draft = parent.join(format!("draft-{}", std::process::id()));
    let _ = fs::remove_dir_all(&draft);
    fs::create_dir(&draft)?;
    let filled = fill(&draft).and_then(|()| match fs::rename(&draft, folder) {
        Err(_) if folder.is_dir() => Ok(()),
        other => Ok(other?),
    });
    let _ = fs::remove_dir_all(&draft);
    filled
}

/// Every file below a folder that can change what is built, in a fixed order.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// The name of a set of tools: a hash over the compiler and over the name and content of each file.
fn digest(module: &Path, version: &str, files: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(version);
    for file in files {
        let name = file.strip_prefix(module)?.to_string_lossy().replace('\\', "/");
        let content = fs::read(file)?;
        hash.update(format!("\n{name} {}\n", content.len()));
        hash.update(content);
    }
    Ok(hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect())
}
