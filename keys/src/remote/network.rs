//! The thread that talks to key services, started when the first is asked.

use std::future::Future;
use std::sync::{OnceLock, mpsc};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::program::message;

/// A thread for the network. Calls from many threads run on it side by side.
#[derive(Default)]
pub(crate) struct Network {
    running: OnceLock<Result<Running, String>>,
}

struct Running {
    handle: Handle,
    /// Ends the thread when it is dropped.
    _end: oneshot::Sender<()>,
}

impl Network {
    /// Runs `future` to its end. The thread that calls waits for it, so the future bounds its own time.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, String> {
        let running = self.running.get_or_init(start).as_ref().map_err(Clone::clone)?;
        let (to, from) = mpsc::sync_channel(1);
        running.handle.spawn(async move { to.send(future.await) });
        from.recv().map_err(|_| "the call was given up".to_owned())
    }
}

fn start() -> Result<Running, String> {
    let failed = |error: std::io::Error| format!("cannot use the network: {}", message(&error));
    let runtime = Builder::new_current_thread().enable_io().enable_time().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let (end, ended) = oneshot::channel::<()>();
    let run = move || {
        // It ends with the last user of the network, or with the process.
        let _ = runtime.block_on(ended);
    };
    thread::Builder::new().name("key services".into()).spawn(run).map_err(failed)?;
    Ok(Running { handle, _end: end })
}
