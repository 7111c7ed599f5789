//! The progress bar of a long run over many files.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Reporter;

/// A run that is over sooner than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on a terminal that appears when the work takes longer than half a second.
pub(crate) struct Progress {
    reporter: Reporter,
    total: u64,
    done: u64,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for `total` files, not drawn yet.
    pub(crate) fn new(reporter: Reporter, total: usize) -> Self {
        Self { reporter, total: total as u64, done: 0, started: Instant::now(), bar: None }
    }

    /// How long to wait for the next result before [`Progress::tick`] wants to be called; `None` if no
    /// bar will ever be drawn.
    pub(crate) fn patience(&self) -> Option<Duration> {
        (self.reporter.animated() && self.bar.is_none())
            .then(|| PATIENCE.saturating_sub(self.started.elapsed()))
    }

    /// Draws the bar if it is time to.
    pub(crate) fn tick(&mut self) {
        if self.reporter.animated() && self.bar.is_none() && self.started.elapsed() >= PATIENCE {
            let bar = ProgressBar::with_draw_target(Some(self.total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files") {
                bar.set_style(style);
            }
            bar.set_position(self.done);
            self.bar = Some(bar);
        }
    }

    /// Counts one file.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
        self.tick();
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }

    /// Prints something without tearing the bar.
    pub(crate) fn print(&self, print: impl FnOnce(Reporter)) {
        match &self.bar {
            Some(bar) => bar.suspend(|| print(self.reporter)),
            None => print(self.reporter),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
