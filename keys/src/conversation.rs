//! A program that is talked with, line by line.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::program::{ProgramError, Programs, Running};

/// The longest line, in bytes.
const LONGEST: usize = 64 << 10;

/// How long a program may take before those who wait are told.
const SLOW: Duration = Duration::from_secs(10);

/// How long a program may take to end when nobody talks with it any more.
const FAREWELL: Duration = Duration::from_secs(5);

/// A program that runs and answers. It is ended with this value at the latest.
pub(crate) struct Conversation {
    running: Running,
    to: Option<mpsc::Sender<Zeroizing<Vec<u8>>>>,
    lines: mpsc::Receiver<Option<Zeroizing<String>>>,
    limit: Duration,
    /// How long it may still let others wait. The time that a person takes to answer a question does not count.
    left: Duration,
}

impl Conversation {
    /// Starts `command`, which sets where its error output goes.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(programs: &Programs, command: &mut Command) -> Result<Self, ProgramError> {
        let (running, mut child) = programs.start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let (to, messages) = mpsc::channel::<Zeroizing<Vec<u8>>>();
        let mut stdin = child.stdin.take().expect("it is a pipe");
        // The threads end with the pipes, which a program that was ended closes; nobody has to wait for them.
        thread::spawn(move || {
            for message in messages {
                if stdin.write_all(&message).is_err() {
                    return;
                }
            }
        });
        let (said, lines) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("it is a pipe"));
        thread::spawn(move || {
            loop {
                let line = read_line(&mut stdout);
                let ended = line.is_none();
                if said.send(line).is_err() || ended {
                    return;
                }
            }
        });
        let limit = programs.limit();
        Ok(Self { running, to: Some(to), lines, limit, left: limit })
    }

    /// Says `text`. Whether it is heard shows in what comes back.
    pub(crate) fn send(&self, text: Zeroizing<Vec<u8>>) {
        if let Some(to) = &self.to {
            let _ = to.send(text);
        }
    }

    /// The next line without its end; `None` when no more come. `slow` is called when it takes long.
    ///
    /// # Errors
    /// It does not come in the time that is left; the program is then ended.
    pub(crate) fn line(&mut self, slow: &mut dyn FnMut()) -> Result<Option<Zeroizing<String>>, ProgramError> {
        let start = Instant::now();
        let mut line = self.lines.recv_timeout(self.left.min(SLOW));
        if line == Err(RecvTimeoutError::Timeout) && self.left > SLOW {
            slow();
            line = self.lines.recv_timeout(self.left.saturating_sub(start.elapsed()));
        }
        self.left = self.left.saturating_sub(start.elapsed());
        match line {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                self.running.end();
                Err(ProgramError::Late(self.limit))
            }
        }
    }

    /// Says nothing more, and lets the program end by itself.
    pub(crate) fn end(&mut self) {
        self.to = None;
        // Whether it ends by itself or not: it has done what it was asked for.
        let _ = self.running.wait(Instant::now() + FAREWELL, FAREWELL);
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.running.end();
    }
}

/// A line; `None` at the end, or where what comes is none.
fn read_line(from: &mut BufReader<impl Read>) -> Option<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    from.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line).ok()?;
    if line.pop() != Some(b'\n') {
        return None;
    }
    std::str::from_utf8(&line).ok().map(|text| Zeroizing::new(text.to_owned()))
}
