//! Many pieces of work on all cores, with results in the order of the input.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Does `work` for each of `items` and hands every result to `finished`, in the order of the items, as
/// soon as it and those before it are there.
///
/// One item, or one core, or `one_by_one`: everything happens on the calling thread and none is started. `idle` is
/// called when no result came for as long as `patience` says; it may then say something else.
pub(crate) fn ordered<T, R>(
    items: &[T],
    one_by_one: bool,
    work: impl Fn(&T) -> R + Sync,
    mut finished: impl FnMut(usize, R),
    mut idle: impl FnMut() -> Option<Duration>,
) where
    T: Sync,
    R: Send,
{
    let threads = if one_by_one { 1 } else { threads(items.len()) };
    if threads <= 1 {
        for (index, item) in items.iter().enumerate() {
            finished(index, work(item));
        }
        return;
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, results) = channel();
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (sender, next, work) = (sender.clone(), &next, &work);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(index) else { break };
                        // The receiver lives until every worker is done.
                        let _ = sender.send((index, work(item)));
                    }
                })
            })
            .collect();
        drop(sender);

        let mut waiting: Vec<Option<R>> = items.iter().map(|_| None).collect();
        let mut due = 0;
        loop {
            let received = match idle() {
                Some(patience) => match results.recv_timeout(patience) {
                    Ok(result) => result,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => break,
                },
                None => match results.recv() {
                    Ok(result) => result,
                    Err(_) => break,
                },
            };
            waiting[received.0] = Some(received.1);
            while let Some(result) = waiting.get_mut(due).and_then(Option::take) {
                finished(due, result);
                due += 1;
            }
        }
        for worker in workers {
            if let Err(panic) = worker.join() {
                resume_unwind(panic);
            }
        }
    });
}

/// How many threads `items` pieces of work are worth.
fn threads(items: usize) -> usize {
    // Asking for the number of cores reads files, which one small file should not pay for.
    if items <= 1 { items } else { std::thread::available_parallelism().map_or(1, usize::from).min(items) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1000).collect();
        let mut seen = Vec::new();
        ordered(
            &items,
            false,
            |item| {
                // Uneven work, so that later items are done before earlier ones.
                (0..(1000 - item) * 20).fold(*item, |sum, n| sum ^ std::hint::black_box(n));
                item * 2
            },
            |index, result| seen.push((index as u64, result)),
            || None,
        );
        assert_eq!(seen, items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_to_do_is_fine() {
        ordered(&[] as &[u8], false, |_| (), |_, ()| panic!("no result was due"), || None);
    }
}
