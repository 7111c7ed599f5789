//! One command over many files: all cores, reports in order, one summary, one exit code.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::exit::Exit;
use crate::files::{Work, expand};
use crate::io;
use crate::plan::Destination;
use crate::report::{Failure, Progress, Reporter, Warning};

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

/// What the work on one file gives when there is more to say.
pub(super) struct Report {
    /// What became of the file.
    pub(super) outcome: Outcome,
    /// What should be seen to.
    pub(super) warnings: Vec<Warning>,
    /// Text for stdout.
    pub(super) printed: String,
    /// Lines that need no action, for stderr.
    pub(super) notes: Vec<String>,
    /// Why the work was not done after all.
    pub(super) failure: Option<Failure>,
}

impl Report {
    /// A report that says nothing.
    pub(super) fn new(outcome: Outcome) -> Self {
        Self { outcome, warnings: Vec::new(), printed: String::new(), notes: Vec::new(), failure: None }
    }
}

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
    let batch = Batch {
        arguments,
        destination,
        words,
        context,
        one_by_one: false,
        summary: true,
        unlisted: &|failure| failure,
    };
    batch.run(|item, alone| {
        let (outcome, warnings) = work(item, alone)?;
        Ok(Report { warnings, ..Report::new(outcome) })
    })
}

/// A run over many files, with what is not the same for every command.
pub(super) struct Batch<'a> {
    /// Files, directories and patterns.
    pub(super) arguments: &'a [PathBuf],
    /// Where the results go.
    pub(super) destination: &'a Destination,
    /// For the summary.
    pub(super) words: &'a Words,
    /// Where and how.
    pub(super) context: &'a Context,
    /// Whether one file is done after the other, because somebody is asked about each.
    pub(super) one_by_one: bool,
    /// Whether a summary is said of many files.
    pub(super) summary: bool,
    /// What the failure of an argument that names no file becomes.
    pub(super) unlisted: &'a dyn Fn(Failure) -> Failure,
}

impl Batch<'_> {
    /// Does `work` for all files; else as [`run`].
    ///
    /// # Errors
    /// Two results would go to the same place, or stdout cannot be written.
    pub(super) fn run(
        &self,
        work: impl Fn(&Work, Alone) -> std::result::Result<Report, Failure> + Sync,
    ) -> std::result::Result<Exit, Failure> {
        let list: Vec<_> =
            expand(self.arguments).into_iter().map(|item| item.map_err(self.unlisted)).collect();
        if matches!(self.destination, Destination::Directory(_)) {
            check_places(&list)?;
        }
        run_list(&list, self, work)
    }
}

fn run_list(
    list: &[std::result::Result<Work, Failure>],
    batch: &Batch<'_>,
    work: impl Fn(&Work, Alone) -> std::result::Result<Report, Failure> + Sync,
) -> std::result::Result<Exit, Failure> {
    let context = batch.context;
    let alone = Alone(list.len() == 1);
    let mut tally = Tally::default();
    let mut unwritten = None;
    with_progress(
        list,
        batch.one_by_one,
        context.reporter,
        |item| match item {
            Ok(item) => work(item, alone).map_err(|failure| failure.file(&item.path)),
            Err(_) => Ok(Report::new(Outcome::Skipped)),
        },
        |index, result, progress| {
            let mut fail = |failure: &Failure, progress: &mut Progress| {
                progress.print(|reporter| reporter.failure(failure));
                tally.failed(failure.exit());
            };
            let (item, report) = match (&list[index], result) {
                (Err(failure), _) => return fail(failure, progress),
                (_, Err(failure)) => return fail(&failure, progress),
                (Ok(item), Ok(report)) => (item, report),
            };
            if !report.printed.is_empty() {
                progress.print(|_| {
                    let written = io::write_stdout(report.printed.as_bytes());
                    unwritten = unwritten.take().or(written.err());
                });
            }
            for note in &report.notes {
                progress.print(|reporter| reporter.note(note));
            }
            for warning in report.warnings {
                let warning = warning.file(&item.path);
                progress.print(|reporter| reporter.warning(&warning));
            }
            match report.failure {
                Some(failure) => fail(&failure.file(&item.path), progress),
                None => tally.count(report.outcome),
            }
        },
    );
    if batch.summary && crate::files::may_be_many(batch.arguments) {
        context.reporter.note(&tally.summary(batch.words));
    }
    match unwritten {
        Some(failure) => Err(failure),
        None => Ok(tally.exit()),
    }
}

/// Does `work` for the items on all cores, or one after the other, and hands the results to `each` in the order of the
/// items, with how far it is shown meanwhile.
pub(super) fn with_progress<T: Sync, R: Send>(
    items: &[T],
    one_by_one: bool,
    reporter: Reporter,
    work: impl Fn(&T) -> R + Sync,
    mut each: impl FnMut(usize, R, &mut Progress),
) {
    let progress = RefCell::new(Progress::new(reporter, items.len()));
    crate::parallel::ordered(
        items,
        one_by_one,
        work,
        |index, result| {
            let mut progress = progress.borrow_mut();
            each(index, result, &mut progress);
            progress.advance();
        },
        || {
            let mut progress = progress.borrow_mut();
            progress.tick();
            progress.patience()
        },
    );
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
