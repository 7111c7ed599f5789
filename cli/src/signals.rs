//! Signals: what they end, what they leave to an editor, and what is removed first.
//!
//! A thread waits for the signals, so that what happens then may be anything, not only what is allowed
//! inside a signal handler. It is started with the first temporary file or child process: a run that
//! needs neither pays nothing and dies of a signal at once.
//!
//! A signal that is ignored when the process starts (`nohup`, a job in the background of a script) stays
//! ignored.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::cleanup;

/// Whether the signals of the keyboard are left to an editor.
static KEYBOARD_LEFT: AtomicBool = AtomicBool::new(false);

/// Whether an interruption and a termination are the usual end of this process.
static USUAL_END: AtomicBool = AtomicBool::new(false);

/// The process that signals are passed on to.
static CHILD: Mutex<Option<Child>> = Mutex::new(None);

/// A process that this one started and waits for.
struct Child {
    pid: Pid,
    /// Whether this process lives until the child has ended, whatever signals come.
    waited_for: bool,
    /// The last signal that was passed on to it.
    signal: Option<i32>,
}

/// Starts to watch for signals, once a process.
///
/// # Errors
/// The system lacks what a thread or a handler needs.
pub(crate) fn watch() -> io::Result<()> {
    static WATCHED: OnceLock<Result<(), io::ErrorKind>> = OnceLock::new();
    WATCHED.get_or_init(|| start().map_err(|error| error.kind())).map_err(io::Error::from)
}

fn start() -> io::Result<()> {
    // A file that grows over the limit of its size is then an error, not the end of the process.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    let ignored = ignored();
    let watched = [SIGINT, SIGQUIT, SIGTERM, SIGHUP];
    let mut signals = Signals::new(watched.into_iter().filter(|signal| !ignored.contains(signal)))?;
    let handle = signals.handle();
    let thread = std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            handle_signal(signal);
        }
    });
    thread.map(drop).inspect_err(|_| handle.close())
}

fn handle_signal(signal: i32) {
    // Decided by the phase the command is in and not by whether the editor still runs: a signal that the
    // editor got as well may be seen here only after it has ended.
    if matches!(signal, SIGINT | SIGQUIT) && KEYBOARD_LEFT.load(Ordering::SeqCst) {
        return;
    }
    let mut child = CHILD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(child) = &mut *child {
        child.signal = Some(signal);
        if let Some(signal) = Signal::from_named_raw(signal).filter(|_| !child.has_it_from_keyboard(signal)) {
            let _ = kill_process(child.pid, signal);
        }
        if child.waited_for {
            return;
        }
    }
    let _nothing_new = cleanup::perform_all();
    if matches!(signal, SIGINT | SIGTERM) && USUAL_END.load(Ordering::SeqCst) {
        std::process::exit(0);
    }
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// From here on an interruption or a termination ends this process without an error: nothing else ends it.
///
/// # Errors
/// Those of [`watch`].
pub(crate) fn end_without_error() -> io::Result<()> {
    USUAL_END.store(true, Ordering::SeqCst);
    watch()
}

/// From here on the signals of the keyboard are for an editor; this process does not end by them.
///
/// # Errors
/// Those of [`watch`].
pub(crate) fn leave_keyboard() -> io::Result<()> {
    KEYBOARD_LEFT.store(true, Ordering::SeqCst);
    watch()
}

/// From here on the signals of the keyboard end this process again.
pub(crate) fn take_keyboard() {
    KEYBOARD_LEFT.store(false, Ordering::SeqCst);
}

impl Child {
    /// Whether the terminal sent `signal` to the child as well: it does so to all processes in the foreground. To send it
    /// twice would be more than the person at the keyboard did, and some programs stop at once at the second one.
    fn has_it_from_keyboard(&self, signal: i32) -> bool {
        let in_foreground = || {
            let terminal = std::fs::File::open("/dev/tty").ok()?;
            let group = rustix::termios::tcgetpgrp(terminal).ok()?;
            Some(group == rustix::process::getpgrp())
        };
        self.waited_for && matches!(signal, SIGINT | SIGQUIT) && in_foreground().unwrap_or(false)
    }
}

/// Runs `command` to its end. A signal that ends this process meanwhile is passed on to it.
///
/// # Errors
/// It cannot be started or waited for.
pub(crate) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    supervise(command, false).map(|(status, _)| status)
}

/// Runs `command` to its end, which this process waits for: a signal that would end this process is only passed on.
/// Gives the last such signal as well.
///
/// # Errors
/// It cannot be started or waited for.
pub(crate) fn run_to_its_end(command: &mut Command) -> io::Result<(ExitStatus, Option<i32>)> {
    supervise(command, true)
}

/// Ends this process by `signal`, as if nothing handled it. Does what is to be done at the end before.
pub(crate) fn end_by(signal: i32) {
    let _nothing_new = cleanup::perform_all();
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

fn supervise(command: &mut Command, waited_for: bool) -> io::Result<(ExitStatus, Option<i32>)> {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    watch()?;
    let (mut child, pid) = {
        // Under the lock, so that no signal comes between the start and the note of it.
        let mut noted = CHILD.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        *noted = Some(Child { pid, waited_for, signal: None });
        (child, pid)
    };
    // Its number must not be free for another process before nothing can be sent to it any more.
    while let Err(rustix::io::Errno::INTR) =
        waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
    {}
    let ended = CHILD.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok((child.wait()?, ended.and_then(|ended| ended.signal)))
}

/// The signals that this process was told to ignore by whoever started it.
#[cfg(target_os = "linux")]
fn ignored() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask & (1 << (signal - 1)) != 0).collect()
}

/// Elsewhere they cannot be asked for without unsafe code; they end the process like any other signal.
#[cfg(not(target_os = "linux"))]
fn ignored() -> Vec<i32> {
    Vec::new()
}
