//! gpg-agent, which knows passphrases or asks for them with a dialog of its own. sops asks it for the passphrases of
//! encrypted identity files, under names of its own making, so what one program was told the other finds.

use age::secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::means::Means;

/// What the agent said.
pub(crate) enum Answer {
    /// There is none.
    NoAgent,
    /// The passphrase.
    Passphrase(SecretString),
    /// The person does not want to give it.
    Cancelled,
    /// It could not ask; the text says why.
    Failed(String),
}

/// The name under which the agent keeps the passphrase of the age file `content`, which is not armored.
pub(crate) fn cache_id(content: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let hash = Sha256::digest(content);
    let digits = hash[..25].chunks(5).flat_map(|five| {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |digit| char::from(DIGITS[(bits >> (5 * digit)) as usize & 31]))
    });
    "SopsAge".chars().chain(digits).collect()
}

/// Asks the agent of the environment for the passphrase called `id`, which it may know already. It shows `question`.
pub(crate) fn passphrase(id: &str, question: &str, means: &Means) -> Answer {
    let Some(mut agent) = connect(means) else { return Answer::NoAgent };
    agent.passphrase(id, question, means)
}

/// Has the agent forget the passphrase called `id`, as it was wrong.
pub(crate) fn forget(id: &str, means: &Means) {
    if let Some(mut agent) = connect(means) {
        agent.forget(id);
    }
}

/// What a line for the agent may hold of `text`: what is no letter or digit is escaped, and a blank is a plus.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(not(unix))]
use elsewhere::connect;
#[cfg(unix)]
use unix::connect;

/// The agent at its socket.
#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use zeroize::Zeroizing;

    use super::{Answer, Means, SecretString, escape};
    use crate::environment::Environment;
    use crate::program::message;

    /// The longest line of the protocol.
    const LONGEST: usize = 4096;

    /// A connection.
    pub(super) struct Agent {
        stream: UnixStream,
        limit: Duration,
        deadline: Instant,
    }

    /// The connection to the agent, if there is one.
    pub(super) fn connect(means: &Means) -> Option<Agent> {
        let limit = means.programs.limit();
        let stream = UnixStream::connect(socket(means.programs.environment())?).ok()?;
        let mut agent = Agent { stream, limit, deadline: Instant::now() + limit };
        matches!(agent.line(), Ok(line) if line.starts_with("OK")).then_some(agent)
    }

    /// Where sops looks for it: where the variable of older versions says, and else at the usual places.
    fn socket(environment: &Environment) -> Option<PathBuf> {
        if let Some(info) = environment.get("GPG_AGENT_INFO") {
            let path = info.to_str()?.split(':').next().filter(|path| !path.is_empty());
            return path.map(PathBuf::from);
        }
        let is_socket = |path: &Path| path.metadata().is_ok_and(|found| found.file_type().is_socket());
        let usual = environment.home().ok()?.join(".gnupg/S.gpg-agent");
        if is_socket(&usual) {
            return Some(usual);
        }
        let runtime = Path::new(environment.get("XDG_RUNTIME_DIR")?).join("gnupg/S.gpg-agent");
        is_socket(&runtime).then_some(runtime)
    }

    impl Agent {
        pub(super) fn passphrase(&mut self, id: &str, question: &str, means: &Means) -> Answer {
            let environment = means.programs.environment();
            let variable = |name| environment.get(name).and_then(|value| value.to_str()).map(str::to_owned);
            // Where a dialog can be shown. That it cannot be said is no reason not to ask.
            for (option, value) in [
                ("display", variable("DISPLAY")),
                ("ttyname", variable("GPG_TTY").or_else(|| means.asking.terminal())),
                ("ttytype", variable("TERM")),
            ] {
                let Some(value) = value.filter(|value| !value.is_empty() && !value.contains('\n')) else {
                    continue;
                };
                if let Err(why) = self.ask(&format!("OPTION {option}={value}")) {
                    return Answer::Failed(why);
                }
            }
            let command = format!("GET_PASSPHRASE {} X Passphrase {}", escape(id), escape(question));
            let answer = match self.ask(&command) {
                Ok(answer) => answer,
                Err(why) => return Answer::Failed(why),
            };
            if let Some(digits) = answer.strip_prefix("OK") {
                return unhex(digits.trim()).map_or_else(
                    || Answer::Failed("it does not answer in hexadecimal".into()),
                    Answer::Passphrase,
                );
            }
            let mut words = answer.split(' ');
            // The lower half of the number is the error: 99, 114 and 198 are that it was cancelled.
            match (words.next(), words.next().and_then(|number| number.parse::<u32>().ok())) {
                (Some("ERR"), Some(number)) if matches!(number & 0xffff, 99 | 114 | 198) => Answer::Cancelled,
                _ => Answer::Failed(answer.strip_prefix("ERR ").unwrap_or(&answer).to_owned()),
            }
        }

        pub(super) fn forget(&mut self, id: &str) {
            // It may have forgotten by itself.
            let _ = self.ask(&format!("CLEAR_PASSPHRASE {}", escape(id)));
        }

        /// Sends a line and gives the one that answers it.
        fn ask(&mut self, line: &str) -> Result<Zeroizing<String>, String> {
            self.stream.write_all(format!("{line}\n").as_bytes()).map_err(|error| message(&error))?;
            loop {
                let line = self.line()?;
                if line.starts_with("INQUIRE ") {
                    self.stream.write_all(b"END\n").map_err(|error| message(&error))?;
                } else if line.starts_with("OK") || line.starts_with("ERR ") {
                    return Ok(line);
                }
            }
        }

        /// A line without its end.
        fn line(&mut self) -> Result<Zeroizing<String>, String> {
            let mut line = Zeroizing::new(String::with_capacity(LONGEST));
            let mut byte = Zeroizing::new([0]);
            while line.len() < LONGEST {
                let left = self.deadline.saturating_duration_since(Instant::now());
                let late = || format!("nobody answered within {} s", self.limit.as_secs());
                if left.is_zero() {
                    return Err(late());
                }
                self.stream.set_read_timeout(Some(left)).map_err(|error| message(&error))?;
                match self.stream.read(&mut *byte) {
                    Ok(0) => return Err("it closed the connection".to_owned()),
                    Ok(_) if byte[0] == b'\n' => return Ok(line),
                    Ok(_) => line.push(char::from(byte[0])),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Err(late()),
                    Err(error) => return Err(message(&error)),
                }
            }
            Err("its answer is too long".to_owned())
        }
    }

    fn unhex(digits: &str) -> Option<SecretString> {
        let mut text = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
        for pair in digits.as_bytes().chunks(2) {
            text.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
        }
        std::str::from_utf8(&text).ok().map(|text| SecretString::from(text.to_owned()))
    }

    #[cfg(test)]
    #[allow(clippy::unwrap_used)]
    mod tests {
        use std::os::unix::net::UnixListener;

        use super::*;

        #[test]
        fn where_the_agent_is() {
            let place = tempfile::tempdir().unwrap();
            let (home, run) = (place.path().join("home"), place.path().join("run"));
            let usual = home.join(".gnupg/S.gpg-agent");
            let runtime = run.join("gnupg/S.gpg-agent");
            for path in [&usual, &runtime] {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            }
            let text = |path: &Path| path.to_str().unwrap().to_owned();
            let of = |more: &[(&str, &str)]| {
                let fixed = [("HOME", text(&home)), ("XDG_RUNTIME_DIR", text(&run))];
                let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
                socket(&Environment::new(fixed.into_iter().chain(more)))
            };
            assert_eq!(of(&[]), None);
            let _runtime = UnixListener::bind(&runtime).unwrap();
            assert_eq!(of(&[]), Some(runtime));
            // A file is no socket.
            std::fs::write(&usual, "").unwrap();
            assert_ne!(of(&[]), Some(usual.clone()));
            std::fs::remove_file(&usual).unwrap();
            let _usual = UnixListener::bind(&usual).unwrap();
            assert_eq!(of(&[]), Some(usual));
            assert_eq!(of(&[("GPG_AGENT_INFO", "/a/b:7:1")]), Some(PathBuf::from("/a/b")));
            assert_eq!(of(&[("GPG_AGENT_INFO", "")]), None);
            assert_eq!(socket(&Environment::new([("A", "b")])), None);
        }
    }
}

/// Where there are no sockets of its kind.
#[cfg(not(unix))]
mod elsewhere {
    use super::{Answer, Means};

    /// None.
    pub(super) enum Agent {}

    pub(super) fn connect(_: &Means) -> Option<Agent> {
        None
    }

    impl Agent {
        pub(super) fn passphrase(&mut self, _: &str, _: &str, _: &Means) -> Answer {
            match *self {}
        }

        pub(super) fn forget(&mut self, _: &str) {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digits by `sha256sum`, `head -c 25` and `base32`.
    #[test]
    fn the_name_of_a_passphrase() {
        assert_eq!(cache_id(b"abc"), "SopsAgeXJ4BNP4PAHH6UQKBIDPF3LRCEOYAGYNDSYLXVHFU");
    }

    #[test]
    fn what_a_line_may_hold() {
        assert_eq!(escape("a-Z_0.~ 'x':\n\u{e4}"), "a-Z_0.~+%27x%27%3A%0A%C3%A4");
    }
}
