//! Time and memory of a process.
//!
//! The memory that Linux reports for a child is at least that of the process that started it, so that a
//! process of its own does the measuring: this program once more, small because it has done nothing yet.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::run::Result;

/// What running something cost.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    /// Wall time in milliseconds.
    pub(super) milliseconds: f64,
    /// The largest resident set of any of the processes, in MiB.
    pub(super) mebibytes: f64,
    /// Whether it was stopped because it took too long, so that the time is a lower bound.
    pub(super) stopped: bool,
}

/// After how many seconds a program is stopped. sops takes minutes for a large JSON object.
const LIMIT: u64 = 75;

/// Runs a program once for each of its argument lists, one after the other, and measures all of that. The
/// programs start in the folder, whose `keys.txt` holds the identities.
///
/// # Errors
///
/// When one of them fails.
pub(super) fn cost(folder: &Path, program: &Path, runs: &[Vec<String>]) -> Result<Cost> {
    let mut command = Command::new(std::env::current_exe()?);
    command.current_dir(folder).arg("measure").arg(program);
    for run in runs {
        command.arg(run.len().to_string()).args(run);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SOPS_")) {
        command.env_remove(name);
    }
    command.env("SOPS_AGE_KEY_FILE", folder.join("keys.txt")).env("XDG_CONFIG_HOME", folder);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} failed", program.display()).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let [milliseconds, mebibytes, stopped] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err("the measuring process said nothing".into());
    };
    Ok(Cost { milliseconds: milliseconds.parse()?, mebibytes: mebibytes.parse()?, stopped: stopped.parse()? })
}

/// The measuring process: `xtask measure PROGRAM (COUNT ARGUMENT...)...`. Prints milliseconds, MiB, and
/// whether it was stopped.
///
/// # Errors
///
/// When a run fails, or the arguments are not well formed.
pub(crate) fn measure(arguments: &[String]) -> Result<()> {
    let (program, mut rest) = arguments.split_first().ok_or("no program")?;
    let (mut largest, mut stopped, mut took) = (0, false, Duration::ZERO);
    let limit = limit();
    while let Some((count, more)) = rest.split_first() {
        let (run, more) = more.split_at_checked(count.parse()?).ok_or("too few arguments")?;
        let mut command = Command::new(program);
        command.args(run).stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let mut child = command.spawn()?;
        limit.send(Some(child.id()))?;
        let used = child.wait4()?;
        let run_took = start.elapsed();
        limit.send(None)?;
        took += run_took;
        stopped |= run_took >= Duration::from_secs(LIMIT);
        if !used.status.success() && !stopped {
            return Err(format!("{program} {} ended with {}", run.join(" "), used.status).into());
        }
        largest = largest.max(used.rusage.maxrss);
        rest = more;
    }
    let milliseconds = took.as_secs_f64() * 1e3;
    println!("{milliseconds:.3} {:.3} {stopped}", largest as f64 / f64::from(1 << 20));
    Ok(())
}

/// Starts what stops a process [`LIMIT`] seconds after its number was sent, unless it has ended before.
fn limit() -> Sender<Option<u32>> {
    let (sender, processes) = channel::<Option<u32>>();
    std::thread::spawn(move || {
        while let Ok(process) = processes.recv() {
            let Some(id) = process else { continue };
            let wait = processes.recv_timeout(Duration::from_secs(LIMIT));
            if wait == Err(RecvTimeoutError::Timeout) {
                // If it fails, the process is measured to its end.
                let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
            }
        }
    });
    sender
}
