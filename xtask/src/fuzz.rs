//! `cargo xtask fuzz`: every fuzz target for a while.
//!
//! The targets are libFuzzer programs. The compiler's own coverage pass needs no nightly toolchain: only the
//! sanitizers would, and safe Rust has little for them to find.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{self, Result};
use crate::{files, workspace};

/// What makes the compiler instrument the code for libFuzzer.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

/// How long the targets run.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    /// So many seconds for each target, with inputs that differ each time.
    Seconds(u64),
    /// So many inputs for each target, the same each time.
    Inputs(u64),
}

impl Length {
    /// Reads the arguments of the task: a number of seconds, or `--inputs` and a number.
    ///
    /// # Errors
    ///
    /// When they are something else.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        match arguments {
            [] => Ok(Self::Seconds(60)),
            [seconds] => Ok(Self::Seconds(seconds.parse()?)),
            [flag, number] if flag == "--inputs" => Ok(Self::Inputs(number.parse()?)),
            _ => Err("usage: cargo xtask fuzz [SECONDS | --inputs NUMBER]".into()),
        }
    }
}

/// Builds the targets and runs each of them.
///
/// # Errors
///
/// When a target does not build, or finds an input that makes it fail. The input lies in `fuzz/artifacts`.
pub(crate) fn fuzz(length: Length) -> Result<()> {
    let folder = workspace::root().join("fuzz");
    let target = workspace::target().join("fuzz");
    // Naming the target keeps the instrumentation out of build scripts.
    let host = workspace::host()?;
    run::step("building the fuzz targets");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.current_dir(&folder).env("RUSTFLAGS", INSTRUMENTED).env_remove("CARGO_ENCODED_RUSTFLAGS");
    // The lock file follows the dependencies of the library by itself: here it pins only what is left.
    build
        .args(["build", "--quiet", "--release", "--bins", "--target", &host])
        .arg("--target-dir")
        .arg(&target);
    run::check(&mut build)?;

    let programs = target.join(&host).join("release");
    let mut names: Vec<String> = fs::read_dir(folder.join("targets"))?
        .map(|entry| {
            Ok(entry?.path().file_stem().expect("a target has a name").to_string_lossy().into_owned())
        })
        .collect::<Result<_>>()?;
    names.sort();
    let mut failed = Vec::new();
    for name in &names {
        run::step(&format!("fuzzing {name}"));
        if let Err(error) = one(&folder, &target, &programs, name, length) {
            eprintln!("{error}");
            failed.push(name.as_str());
        }
    }
    if failed.is_empty() {
        println!("{} fuzz targets found nothing", names.len());
        return Ok(());
    }
    Err(format!("failed: {}", failed.join(", ")).into())
}

/// Runs one target.
fn one(folder: &Path, target: &Path, programs: &Path, name: &str, length: Length) -> Result<()> {
    // New inputs go to the first folder; the others are only read.
    let corpus = match length {
        Length::Seconds(_) => folder.join("corpus").join(name),
        Length::Inputs(_) => fresh(&target.join("corpus").join(name))?,
    };
    let artifacts = folder.join("artifacts").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let mut command = Command::new(programs.join(workspace::executable(name)));
    command.arg(&corpus).arg(seeds(folder, target, name)?);
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(["-timeout=120", "-rss_limit_mb=4096", "-max_len=4096", "-print_final_stats=1"]);
    match length {
        Length::Seconds(seconds) => command.arg(format!("-max_total_time={seconds}")),
        Length::Inputs(number) => command.args([format!("-runs={number}"), "-seed=1".to_owned()]),
    };
    // libFuzzer reports on standard error, a lot of it; it is shown when it matters.
    let output = command.stdin(Stdio::null()).output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} failed; the input is in {}\n{report}", artifacts.display()).into());
    }
    report
        .lines()
        .filter(|line| line.starts_with("stat::number_of_executed_units"))
        .for_each(|l| println!("{l}"));
    Ok(())
}

/// The inputs that a target starts from: those in `fuzz/seeds`, and for a format the example repository's files.
fn seeds(folder: &Path, target: &Path, name: &str) -> Result<PathBuf> {
    let seeds = fresh(&target.join("seeds").join(name))?;
    let own = folder.join("seeds").join(name);
    if own.is_dir() {
        files::copy(&own, &seeds)?;
    }
    let ending = match name {
        "dotenv" => ".env",
        "ini" => ".ini",
        "json" => ".json",
        "yaml" | "edit" => ".yaml",
        "rules" => ".sops.yaml",
        _ => return Ok(seeds),
    };
    for (file, content) in files::read_all(&workspace::root().join("testdata/gitops"))? {
        if file.ends_with(ending) && content.len() <= 4096 {
            files::write(&seeds.join(file.replace('/', "-")), &content)?;
        }
    }
    Ok(seeds)
}

/// An empty folder.
fn fresh(folder: &Path) -> Result<PathBuf> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    Ok(folder.to_path_buf())
}
