//! The tables, which are printed and written as they grow.

use std::fs;
use std::path::PathBuf;

use super::measure::Cost;
use crate::files;
use crate::run::Result;

/// Where the tables go in `docs/benchmarks.md`.
const MARKS: (&str, &str) = ("<!-- figures -->\n", "<!-- end of figures -->\n");

/// What has been measured so far, as Markdown.
pub(super) struct Report {
    path: PathBuf,
    text: String,
}

impl Report {
    /// An empty report, which goes between the marks of the document at `path`.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, text: String::new() }
    }

    /// Adds `lines`, prints them, and writes the document.
    ///
    /// # Errors
    ///
    /// When the document has no marks, or cannot be written.
    pub(super) fn add(&mut self, lines: &str) -> Result<()> {
        println!("{lines}");
        self.text.push_str(lines);
        self.text.push('\n');
        let (start, end) = MARKS;
        let old = fs::read_to_string(&self.path)?;
        let (before, rest) = old.split_once(start).ok_or("docs/benchmarks.md has no mark for the figures")?;
        let (_, after) =
            rest.split_once(end).ok_or("docs/benchmarks.md has no mark for the end of the figures")?;
        files::write(&self.path, format!("{before}{start}{}{end}{after}", self.text).as_bytes())
    }

    /// Adds a row that compares the two programs at `work`; `wanted` is how many times faster the tool should be.
    ///
    /// # Errors
    ///
    /// As [`Report::add`].
    pub(super) fn compare(
        &mut self,
        work: &str,
        what: &str,
        (theirs, ours): (Cost, Cost),
        wanted: f64,
    ) -> Result<()> {
        let over = if theirs.stopped { "over " } else { "" };
        let times = theirs.milliseconds / ours.milliseconds;
        self.add(&format!(
            "| {work} | {what} | {over}{} | {} | {over}{times:.*} | {wanted:.0} | {:.0} | {:.1} |",
            time(theirs),
            time(ours),
            usize::from(times < 20.0),
            theirs.mebibytes,
            ours.mebibytes,
        ))
    }
}

/// A time with its unit.
pub(super) fn time(cost: Cost) -> String {
    let milliseconds = cost.milliseconds;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.2} s", milliseconds / 1e3)
    }
}
