//! Running programs: a secret may go in and come out, through pipes, and none runs for ever.

use std::io::{self, Read, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::environment::Environment;

/// How long a program, or a person whom it asks, or a key service may take unless something else is said.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(120);

/// The most that is kept of what a program says on its error output.
const LONGEST_COMPLAINT: u64 = 16 << 10;

/// Sees to it that nothing that was started outlives the run.
pub trait Guard: Send + Sync {
    /// Has `end` called if the process is told to end before the returned value is dropped.
    fn guard(&self, end: Box<dyn FnOnce() + Send>) -> Box<dyn Send>;
}

/// Nothing is done for programs when the process ends.
#[derive(Clone, Copy, Debug)]
pub struct NoGuard;

impl Guard for NoGuard {
    fn guard(&self, _: Box<dyn FnOnce() + Send>) -> Box<dyn Send> {
        Box::new(())
    }
}

/// Runs programs in an environment.
#[derive(Clone)]
pub(crate) struct Programs {
    environment: Environment,
    guard: Arc<dyn Guard>,
    limit: Duration,
}

/// What became of a program that ran to its end.
pub(crate) struct Ended {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it printed.
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    /// What it complained of, or the beginning of it.
    pub(crate) stderr: Vec<u8>,
}

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    /// It cannot be started.
    #[error("{}", message(.0))]
    Start(io::Error),
    /// The pipes to it broke.
    #[error("{}", message(.0))]
    Pipe(io::Error),
    /// It took too long, and was ended.
    #[error("it was ended: it took longer than {} s", .0.as_secs())]
    Late(Duration),
    /// It was ended: it goes on printing.
    #[error("it prints too much")]
    Endless,
}

/// Which of the pipes of a program came to an end, and what was in it.
enum Pipe {
    Stdout(io::Result<Zeroizing<Vec<u8>>>),
    Stderr(Vec<u8>),
}

impl Programs {
    /// Programs in `environment`, each of which gets `limit` to end.
    pub(crate) fn new(environment: Environment, guard: Arc<dyn Guard>, limit: Duration) -> Self {
        Self { environment, guard, limit }
    }

    /// The environment that they see.
    pub(crate) const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// How long each of them gets.
    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Runs `command` with `input` on its standard input. It may print less than `most` bytes.
    ///
    /// # Errors
    /// It cannot be started, takes longer than the limit, or prints too much; then it is ended.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        input: &[u8],
        most: usize,
    ) -> Result<Ended, ProgramError> {
        let deadline = Instant::now() + self.limit;
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (running, pipes) = self.start(command)?;
        let Pipes { stdin, stdout, stderr } = pipes;
        // The threads end with the pipes, which a program that was ended closes; nobody has to wait for them.
        let input = Zeroizing::new(input.to_vec());
        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let (to, pipes) = mpsc::channel();
        let other = to.clone();
        thread::spawn(move || to.send(Pipe::Stdout(read(stdout.expect("it is a pipe"), most))));
        thread::spawn(move || other.send(Pipe::Stderr(complaint(stderr.expect("it is a pipe")))));

        let (mut output, mut complaint) = (None, None);
        while output.is_none() || complaint.is_none() {
            match pipes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Pipe::Stdout(Ok(text))) if text.len() >= most => {
                    running.end();
                    return Err(ProgramError::Endless);
                }
                Ok(Pipe::Stdout(text)) => output = Some(text),
                Ok(Pipe::Stderr(text)) => complaint = Some(text),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    running.end();
                    return Err(ProgramError::Late(self.limit));
                }
            }
        }
        let status = running.wait(deadline, self.limit)?;
        let stdout = output.expect("it was read").map_err(ProgramError::Pipe)?;
        Ok(Ended { status, stdout, stderr: complaint.unwrap_or_default() })
    }

    /// Starts `command`, which says where its output goes. Whatever ends this process ends the program, too.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(&self, command: &mut Command) -> Result<(Running, Pipes), ProgramError> {
        let slot = Arc::new(Mutex::new(Slot::Empty));
        // Before it is started, and under the lock: whatever ends the process finds it, or it is not started.
        let guarded = {
            let slot = Arc::clone(&slot);
            self.guard.guard(Box::new(move || end(&slot)))
        };
        let pipes = {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*slot, Slot::Closed) {
                return Err(ProgramError::Start(io::ErrorKind::Interrupted.into()));
            }
            let mut child = command.spawn().map_err(ProgramError::Start)?;
            let pipes =
                Pipes { stdin: child.stdin.take(), stdout: child.stdout.take(), stderr: child.stderr.take() };
            *slot = Slot::Running(child);
            pipes
        };
        Ok((Running { slot, _guarded: guarded }, pipes))
    }
}

/// A program that was started.
pub(crate) struct Running {
    slot: Arc<Mutex<Slot>>,
    _guarded: Box<dyn Send>,
}

/// The pipes to a program, as far as they were asked for.
pub(crate) struct Pipes {
    /// What it reads.
    pub(crate) stdin: Option<ChildStdin>,
    /// What it prints.
    pub(crate) stdout: Option<ChildStdout>,
    /// What it complains of.
    pub(crate) stderr: Option<ChildStderr>,
}

impl Running {
    /// Ends the program, if it has not ended.
    pub(crate) fn end(&self) {
        end(&self.slot);
    }

    /// Waits for a program that has closed its output, which as a rule has ended.
    ///
    /// # Errors
    /// It has not at the `deadline`, and is ended: `limit` is what it got.
    pub(crate) fn wait(&self, deadline: Instant, limit: Duration) -> Result<ExitStatus, ProgramError> {
        let mut pause = Duration::from_micros(50);
        loop {
            // The lock is free between the attempts, for whoever has to end the program.
            if let Slot::Running(child) = &mut *self.slot.lock().unwrap_or_else(PoisonError::into_inner)
                && let Some(status) = child.try_wait().map_err(ProgramError::Pipe)?
            {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                self.end();
                return Err(ProgramError::Late(limit));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

/// What an error of the system says, without its number.
pub(crate) fn message(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(text, _)| text).to_lowercase()
}

/// The place of a program.
enum Slot {
    /// It was not started yet.
    Empty,
    /// It was started.
    Running(Child),
    /// None is to be started any more.
    Closed,
}

/// Ends the program in `slot`, or sees to it that none is started. That it cannot be ended means that it has ended.
fn end(slot: &Mutex<Slot>) {
    match &mut *slot.lock().unwrap_or_else(PoisonError::into_inner) {
        Slot::Running(child) => {
            let _ = child.kill();
            let _ = child.wait();
        }
        slot => *slot = Slot::Closed,
    }
}

fn read(from: impl Read, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(4096.min(most)));
    let mut from = from.take(most as u64);
    loop {
        if text.len() == text.capacity() {
            // No part of the text stays behind in memory that was given up.
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * text.len()));
            larger.extend_from_slice(&text);
            text = larger;
        }
        let (start, room) = (text.len(), text.capacity());
        text.resize(room, 0);
        let count = from.read(&mut text[start..]);
        text.truncate(start + count.as_ref().copied().unwrap_or(0));
        match count {
            Ok(0) => return Ok(text),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn complaint(mut from: impl Read) -> Vec<u8> {
    let mut text = Vec::new();
    let _ = from.by_ref().take(LONGEST_COMPLAINT).read_to_end(&mut text);
    // Whoever writes more shall not wait for a reader.
    let _ = io::copy(&mut from, &mut io::sink());
    text
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn run(script: &str, input: &[u8], limit: Duration) -> Result<Ended, ProgramError> {
        let programs = Programs::new(Environment::new([("PATH", "/usr/bin:/bin")]), Arc::new(NoGuard), limit);
        programs.run(Command::new("/bin/sh").args(["-c", script]), input, 1000)
    }

    #[test]
    fn text_goes_in_and_comes_out() {
        let ended = run("cat; echo no >&2; exit 3", b"yes", DEFAULT_LIMIT).unwrap();
        assert_eq!(
            (ended.status.code(), &**ended.stdout, &*ended.stderr),
            (Some(3), &b"yes"[..], &b"no\n"[..])
        );
        // One that reads nothing, however much there is.
        assert!(run("exec true", &[7; 1 << 20], DEFAULT_LIMIT).unwrap().status.success());
    }

    #[test]
    fn none_runs_for_ever() {
        let soon = Duration::from_millis(50);
        assert!(matches!(run("exec sleep 1000", b"", soon), Err(ProgramError::Late(_))));
        let closed = "exec >&- 2>&-; exec sleep 1000";
        assert!(matches!(run(closed, b"", soon), Err(ProgramError::Late(_))));
        assert!(matches!(run("exec cat /dev/zero", b"", DEFAULT_LIMIT), Err(ProgramError::Endless)));
    }

    #[test]
    fn all_of_a_complaint_is_read_and_its_beginning_kept() {
        let ended = run("head -c 1000000 /dev/zero >&2", b"", DEFAULT_LIMIT).unwrap();
        assert_eq!(ended.stderr.len(), LONGEST_COMPLAINT as usize);
    }

    /// Ends what it guards at once.
    struct Hasty;

    impl Guard for Hasty {
        fn guard(&self, end: Box<dyn FnOnce() + Send>) -> Box<dyn Send> {
            end();
            Box::new(())
        }
    }

    #[test]
    fn nothing_is_started_at_the_end() {
        let environment = Environment::new([("PATH", "/usr/bin:/bin")]);
        let programs = Programs::new(environment, Arc::new(Hasty), DEFAULT_LIMIT);
        let ended = programs.run(Command::new("/bin/sleep").arg("1000"), b"", 1000);
        assert!(matches!(ended, Err(ProgramError::Start(_))));
    }
}
