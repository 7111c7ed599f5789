//! One command over many files: all cores, reports in order, one summary, one exit code.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::exit::Exit;
use crate::files::{Work, expand};
use crate::io;
use crate::plan::Destination;
use crate::report::{Failure, Progress, Warning};

/// How a command speaks of itself in the summary.
pub(super) struct Words {
    /// What was done to files: `encrypted`.
    pub(super) done: &'static str,
    /// What is said of files that needed nothing: `already encrypted`.
    pub(super) unchanged: &'static str,
}

/// What became of one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// The work was done.
    Done,
    /// There was nothing left to do.
    Unchanged,
    /// The file was not meant at all.
    Skipped,
}

/// What the work on one file gives.
pub(super) type Result = std::result::Result<(Outcome, Vec<Warning>), Failure>;

/// Does `work` for all files that `arguments` stand for. Failures and warnings are reported with the name
/// of the file; the returned code is that of the failures, or 1 if they differ.
///
/// # Errors
/// Two results would go to the same place.
pub(super) fn run(
    arguments: &[PathBuf],
    destination: &Destination,
    words: &Words,
    context: &Context,
    work: impl Fn(&Work, Alone) -> Result + Sync,
) -> std::result::Result<Exit, Failure> {
    let list = expand(arguments);
    if matches!(destination, Destination::Directory(_)) {
        check_places(&list)?;
    }
    let alone = Alone(list.len() == 1);
    let mut tally = Tally::default();
    let progress = std::cell::RefCell::new(Progress::new(context.reporter, list.len()));
    crate::parallel::ordered(
        &list,
        |item| match item {
            Ok(item) => work(item, alone).map_err(|failure| failure.file(&item.path)),
            Err(_) => Ok((Outcome::Skipped, Vec::new())),
        },
        |index, result| {
            let mut progress = progress.borrow_mut();
            let file = list[index].as_ref().ok();
            match (&list[index], result) {
                (Err(failure), _) => progress.print(|reporter| {
                    reporter.failure(failure);
                    tally.failed(failure.exit());
                }),
                (_, Err(failure)) => progress.print(|reporter| {
                    reporter.failure(&failure);
                    tally.failed(failure.exit());
                }),
                (_, Ok((outcome, warnings))) => {
                    tally.count(outcome);
                    for warning in warnings {
                        let warning = match file {
                            Some(work) => warning.file(&work.path),
                            None => warning,
                        };
                        progress.print(|reporter| reporter.warning(&warning));
                    }
                }
            }
            progress.advance();
        },
        || {
            let mut progress = progress.borrow_mut();
            progress.tick();
            progress.patience()
        },
    );
    drop(progress);
    if crate::files::may_be_many(arguments) {
        context.reporter.note(&tally.summary(words));
    }
    Ok(tally.exit())
}

/// Whether a file is the only one of the run, and may have all cores for itself.
#[derive(Clone, Copy)]
pub(super) struct Alone(bool);

impl Alone {
    /// The only file of a run.
    pub(super) const YES: Self = Self(true);

    /// How many threads may work on a file of `length` bytes.
    pub(super) fn threads(self, length: usize) -> usize {
        const LARGE: usize = 256 << 10;
        const HUGE: usize = 8 << 20;
        if length >= if self.0 { LARGE } else { HUGE } {
            std::thread::available_parallelism().map_or(1, usize::from)
        } else {
            1
        }
    }
}

/// Writes the result for `work` to where the plan wants it, which is not in place.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(
    destination: &Destination,
    below: &Path,
    bytes: &[u8],
    access: io::Access,
) -> std::result::Result<(), Failure> {
    match destination {
        Destination::Stdout => io::write_stdout(bytes),
        Destination::File(path) => io::create(path, bytes, access),
        Destination::Directory(directory) => {
            let path = directory.join(below);
            if let Some(parent) = path.parent() {
                io::ensure_directory(parent, access)?;
            }
            io::create(&path, bytes, access)
        }
        Destination::InPlace => unreachable!("files that are replaced are locked before they are read"),
    }
}

/// Says that another process has the file at `path` locked, and is waited for.
pub(super) fn waiting(context: &Context, path: &Path) {
    let path = crate::report::shown(path);
    context.reporter.note(&format!("{path}: waiting for another process that works on this file"));
}

fn check_places(list: &[std::result::Result<Work, Failure>]) -> std::result::Result<(), Failure> {
    let mut places = HashSet::new();
    for work in list.iter().flatten() {
        if !places.insert(&work.below) {
            return Err(Failure::new(
                Exit::Conflict,
                format!(
                    "two files would be written to {} below --output-dir",
                    crate::report::shown(&work.below)
                ),
            )
            .hint("name files by paths below the working directory, or a directory that holds them"));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    done: usize,
    unchanged: usize,
    failed: usize,
    exit: Option<Exit>,
}

impl Tally {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done => self.done += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Skipped => {}
        }
    }

    fn failed(&mut self, exit: Exit) {
        self.failed += 1;
        self.exit = Some(match self.exit {
            Some(other) if other != exit => Exit::Other,
            _ => exit,
        });
    }

    fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::Success)
    }

    fn summary(&self, words: &Words) -> String {
        let files = if self.done == 1 { "file" } else { "files" };
        let mut text = format!("{} {files} {}", self.done, words.done);
        if self.unchanged > 0 {
            text += &format!(", {} {}", self.unchanged, words.unchanged);
        }
        if self.failed > 0 {
            text += &format!(", {} failed", self.failed);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_for_failures_of_one_kind_and_1_for_a_mixture() {
        let mut tally = Tally::default();
        assert_eq!(tally.exit(), Exit::Success);
        tally.count(Outcome::Done);
        tally.failed(Exit::Mac);
        tally.failed(Exit::Mac);
        assert_eq!(tally.exit(), Exit::Mac);
        tally.failed(Exit::DataKey);
        tally.failed(Exit::DataKey);
        assert_eq!(tally.exit(), Exit::Other);
    }

    #[test]
    fn the_summary_leaves_out_what_did_not_occur() {
        let words = Words { done: "encrypted", unchanged: "already encrypted" };
        let mut tally = Tally::default();
        tally.count(Outcome::Skipped);
        assert_eq!(tally.summary(&words), "0 files encrypted");
        tally.count(Outcome::Done);
        tally.count(Outcome::Unchanged);
        tally.failed(Exit::Other);
        assert_eq!(tally.summary(&words), "1 file encrypted, 1 already encrypted, 1 failed");
    }
}
