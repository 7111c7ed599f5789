//! Running a program to its end and keeping all that it said.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

/// How a program ended and what it wrote.
pub struct Outcome {
    /// The exit code, or 128 plus the signal that ended the program.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error; what is not UTF-8 in it is replaced.
    pub stderr: String,
}

impl Outcome {
    /// Runs a program with these bytes as its standard input.
    ///
    /// # Panics
    ///
    /// When the program cannot be started.
    pub fn of(command: &mut Command, input: &[u8]) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {}: {e}", command.get_program().display()));
        let mut pipe = child.stdin.take().expect("standard input is a pipe");
        let output = thread::scope(|scope| {
            // A program may end without reading its input: the broken pipe is its own business.
            scope.spawn(move || pipe.write_all(input).ok());
            child.wait_with_output().expect("the output of a child can be read")
        });
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
        #[cfg(not(unix))]
        let signal = None;
        let code = output.status.code().or_else(|| signal.map(|number: i32| 128 + number));
        Self {
            code: code.expect("a process that was waited for has a code or a signal"),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output as text.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    /// The same outcome, once the exit code is the expected one.
    ///
    /// # Panics
    ///
    /// When it is another one; the message holds all that the program said.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Whether this text is in standard output or standard error.
    pub fn mentions(&self, text: &str) -> bool {
        self.stderr.contains(text) || contains(&self.stdout, text.as_bytes())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        write!(f, "exit code {}\n--- stdout\n{stdout}\n--- stderr\n{}", self.code, self.stderr)
    }
}

/// Whether one byte string is somewhere in another.
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}
