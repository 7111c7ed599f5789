//! Asking the person at the terminal: passphrases, and what plugins want to know.
//!
//! The terminal itself is asked, not stdin, which may be the file to work on.

use std::fs::File;
use std::io::{self, Read as _, Write as _};

use fieldseal_keys::Prompt;
use zeroize::Zeroizing;

/// The terminal of this process, if it has one.
pub(crate) struct Terminal;

impl Prompt for Terminal {
    fn secret(&self, question: &str) -> Option<Zeroizing<String>> {
        let mut terminal = open().ok()?;
        // What is typed as soon as the question is there must not be shown either.
        let asked =
            || (&terminal).write_all(format!("{question} ").as_bytes()).and_then(|()| read_line(&terminal));
        let answer = without_echo(&terminal, asked).ok().flatten();
        // The line feed was not shown either.
        let _ = writeln!(terminal);
        answer
    }

    fn public(&self, question: &str) -> Option<String> {
        let mut terminal = open().ok()?;
        write!(terminal, "{question} ").ok()?;
        read_line(&terminal).ok().flatten().map(|line| line.as_str().to_owned())
    }

    fn confirm(&self, question: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let mut terminal = open().ok()?;
        let choices = match no {
            Some(no) => format!("y: {yes}, n: {no}"),
            None => format!("y: {yes}"),
        };
        loop {
            write!(terminal, "{question} ({choices}) ").ok()?;
            match read_line(&terminal).ok().flatten()?.as_str() {
                "y" | "Y" => return Some(true),
                "n" | "N" if no.is_some() => return Some(false),
                _ => {}
            }
        }
    }

    fn tell(&self, message: &str) {
        if let Ok(mut terminal) = open() {
            let _ = writeln!(terminal, "{message}");
        }
    }

    #[cfg(unix)]
    fn terminal(&self) -> Option<String> {
        let name = |name: Result<std::ffi::CString, _>| name.ok()?.into_string().ok();
        let ttyname = |end| rustix::termios::ttyname(end, Vec::new());
        name(ttyname(rustix::stdio::stdin()))
            .or_else(|| name(ttyname(rustix::stdio::stdout())))
            .or_else(|| name(ttyname(rustix::stdio::stderr())))
    }
}

#[cfg(unix)]
fn open() -> io::Result<File> {
    std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Without unsafe code the echo cannot be switched off, so nothing is asked.
#[cfg(not(unix))]
fn open() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Runs `read` while the terminal does not show what is typed, even if a signal ends the process meanwhile.
#[cfg(unix)]
fn without_echo<T>(terminal: &File, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let before = tcgetattr(terminal)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let own = terminal.try_clone()?;
    let restore = crate::cleanup::Action::register(move || {
        let _ = tcsetattr(&own, OptionalActions::Now, &before);
    })?;
    tcsetattr(terminal, OptionalActions::Now, &silent)?;
    let result = read();
    drop(restore);
    result
}

#[cfg(not(unix))]
fn without_echo<T>(_terminal: &File, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    read()
}

/// Reads a line, without its end; `None` where there is none any more. No copy of it is left in memory.
fn read_line(mut terminal: &File) -> io::Result<Option<Zeroizing<String>>> {
    const MOST: usize = 4 << 10;
    let mut line = Zeroizing::new(Vec::with_capacity(MOST));
    let mut byte = Zeroizing::new([0]);
    loop {
        match terminal.read(&mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == MOST => return Err(io::ErrorKind::InvalidData.into()),
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    match String::from_utf8(std::mem::take(&mut line)) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(io::ErrorKind::InvalidData.into())
        }
    }
}
