//! OpenPGP, through the program of GnuPG: its keyrings, its agent, its smart cards.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::failure::harmless;
use crate::program::{Ended, ProgramError, Programs};

/// The variable that names the program.
const PROGRAM: &str = "SOPS_GPG_EXEC";

/// More than any part of a data key, or any message that holds one.
const LONGEST: usize = 1 << 20;

/// The most characters of what gpg says that are repeated.
const LONGEST_COMPLAINT: usize = 1000;

/// Encrypts and decrypts parts of data keys with gpg.
pub(crate) struct Gpg {
    programs: Programs,
    /// What is known of keys, by their fingerprints. While nothing is, one program at a time uses a key: it may ask for
    /// a passphrase, which then the agent of GnuPG knows for all.
    known: Mutex<HashMap<String, Arc<Mutex<Known>>>>,
}

/// What is known of the use of a secret key.
#[derive(Clone, Default)]
enum Known {
    /// Nothing.
    #[default]
    Nothing,
    /// It was used.
    Works,
    /// The person does not want to use it, or did not answer; they are not asked for every file.
    Refused(String),
}

impl Gpg {
    /// The gpg of the environment of `programs`.
    pub(crate) fn new(programs: Programs) -> Self {
        Self { programs, known: Mutex::default() }
    }

    /// Encrypts `part` for the key `fingerprint`, which may be whatever gpg takes for a key.
    ///
    /// # Errors
    /// gpg is missing, does not know the key or trust it, or takes too long.
    pub(crate) fn encrypt(&self, fingerprint: &str, part: &[u8]) -> Result<String, String> {
        let mut arguments =
            vec!["--no-default-recipient", "--yes", "--encrypt", "-a", "-r", fingerprint, "--no-encrypt-to"];
        // Whoever names a key by its fingerprint trusts it.
        if let Some(id) = long_id(fingerprint) {
            arguments.extend(["--trusted-key", id]);
        }
        let failed = |why: &str| format!("failed to encrypt the data key with gpg: {why}");
        let ended = self.run(&arguments, part).map_err(|error| failed(&error.to_string()))?;
        if !ended.status.success() {
            return Err(failed(&complaint(&ended)));
        }
        let text = String::from_utf8_lossy(&ended.stdout).trim().to_owned();
        if text.is_empty() { Err(failed("it printed nothing")) } else { Ok(text) }
    }

    /// Decrypts `enc`, which the file says was encrypted for the key `fingerprint`.
    ///
    /// # Errors
    /// gpg is missing, has none of the secret keys, cannot read the message, or takes too long.
    pub(crate) fn decrypt(&self, fingerprint: &str, enc: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        let known = {
            let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(fingerprint.to_owned()).or_default())
        };
        let mut turn = known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*turn {
            Known::Refused(why) => Err(why.clone()),
            Known::Works => {
                drop(turn);
                self.decrypt_now(enc).map_err(|(why, _)| why)
            }
            Known::Nothing => {
                let result = self.decrypt_now(enc);
                match &result {
                    Ok(_) => *turn = Known::Works,
                    Err((why, true)) => *turn = Known::Refused(why.clone()),
                    Err(_) => {}
                }
                result.map_err(|(why, _)| why)
            }
        }
    }

    /// Decrypts `enc`; an error says whether the person refused.
    fn decrypt_now(&self, enc: &str) -> Result<Zeroizing<Vec<u8>>, (String, bool)> {
        let failed = |why: &str| format!("failed to decrypt the data key with gpg: {why}");
        let ended = match self.run(&["-d"], enc.as_bytes()) {
            Ok(ended) => ended,
            Err(error) => {
                let late = matches!(&error, RunError::Program(ProgramError::Late(_)));
                return Err((failed(&error.to_string()), late));
            }
        };
        if !ended.status.success() {
            let why = complaint(&ended);
            let refused = why.contains("cancelled") || why.contains("canceled");
            return Err((failed(&why), refused));
        }
        // Older versions print nothing for a cipher that they do not know, and report no error.
        if ended.stdout.is_empty() {
            return Err((failed("it printed nothing; the message may need a newer version of GnuPG"), false));
        }
        Ok(ended.stdout)
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Ended, RunError> {
        let environment = self.programs.environment();
        let program = environment.get(PROGRAM).filter(|program| !program.is_empty());
        let mut command = Command::new(program.unwrap_or("gpg".as_ref()));
        command.args(arguments).env_clear().envs(environment.variables());
        self.programs.run(&mut command, input, LONGEST).map_err(|error| match error {
            ProgramError::Start(_) => {
                let name = command.get_program().display().to_string();
                RunError::Missing(harmless(&name), error)
            }
            error => RunError::Program(error),
        })
    }
}

/// Why gpg did not run to its end.
#[derive(Debug, thiserror::Error)]
enum RunError {
    /// It cannot be started.
    #[error("the program {0} cannot be started: {1}; install GnuPG, or name its program in {PROGRAM}")]
    Missing(String, ProgramError),
    /// It was started.
    #[error(transparent)]
    Program(ProgramError),
}

/// The end of a fingerprint, which names its key: 16 digits, and the mark that no other key is meant. `None` where a
/// key is named in another way.
fn long_id(fingerprint: &str) -> Option<&str> {
    let digits = fingerprint.strip_suffix('!').unwrap_or(fingerprint);
    let start = digits.len().checked_sub(16)?;
    let plain = digits.strip_prefix("0x").unwrap_or(digits);
    (plain.len() >= 16 && plain.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| &fingerprint[start..])
}

/// What gpg said was wrong, or else how it ended.
fn complaint(ended: &Ended) -> String {
    let text = String::from_utf8_lossy(&ended.stderr);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => ended.status.to_string(),
        false => harmless(&lines.join("; ")).chars().take(LONGEST_COMPLAINT).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_key_that_can_be_trusted() {
        const FINGERPRINT: &str = "85D77543B3D624B63CEA9E6DBC17301B491B3F21";
        assert_eq!(long_id(FINGERPRINT), Some("BC17301B491B3F21"));
        assert_eq!(long_id(&format!("{FINGERPRINT}!")), Some("BC17301B491B3F21!"));
        assert_eq!(long_id("0xBC17301B491B3F21"), Some("BC17301B491B3F21"));
        for name in ["491B3F21", "a@example.com", "someone-with-a-long-name", "", "!", "0x17301B491B3F2"] {
            assert_eq!(long_id(name), None, "{name}");
        }
    }
}
