//! Work on several cores, without a pool: threads live as long as one call.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `job` for each index below `count` on at most `threads` threads, the calling one among them, and
/// returns the results in order.
pub(crate) fn run<T: Send>(count: usize, threads: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 || count <= 1 {
        return (0..count).map(job).collect();
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new((0..count).map(|_| None).collect::<Vec<Option<T>>>());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = job(index);
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[index] = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            scope.spawn(work);
        }
        work();
    });
    let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.into_iter().map(|result| result.expect("every index was worked on")).collect()
}

/// Cuts `length` items into pieces for `threads` threads: ranges of about equal size, one if there are few, and many
/// more than threads, so that these end at about the same time.
pub(crate) fn pieces(length: usize, threads: usize) -> Vec<std::ops::Range<usize>> {
    /// Fewer items than this are not worth a thread.
    const LEAST: usize = 1_024;
    let count = if threads <= 1 { 1 } else { (length / LEAST).clamp(1, threads * 16) };
    (0..count).map(|piece| length * piece / count..length * (piece + 1) / count).collect()
}
