//! Asking the user.

use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::SecretString;
use zeroize::Zeroizing;

/// Someone who can be asked. Questions never come at the same time.
pub trait Prompt: Send + Sync {
    /// Asks for a secret; `None` if nobody can be asked, or nobody answers.
    fn secret(&self, question: &str) -> Option<Zeroizing<String>>;

    /// Asks for something that is no secret; `None` as before.
    fn public(&self, question: &str) -> Option<String>;

    /// Asks for a decision; `None` as before. `no` is missing where there is only one way on.
    fn confirm(&self, question: &str, yes: &str, no: Option<&str>) -> Option<bool>;

    /// Tells something, such as that a hardware key waits to be touched.
    fn tell(&self, message: &str);

    /// The name of the terminal at which they sit, for programs that ask there themselves.
    fn terminal(&self) -> Option<String> {
        None
    }
}

/// Nobody can be asked.
#[derive(Clone, Copy, Debug)]
pub struct NoPrompt;

impl Prompt for NoPrompt {
    fn secret(&self, _: &str) -> Option<Zeroizing<String>> {
        None
    }

    fn public(&self, _: &str) -> Option<String> {
        None
    }

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn tell(&self, _: &str) {}
}

/// A [`Prompt`] for many threads, which asks one thing at a time.
#[derive(Clone)]
pub(crate) struct Asking {
    prompt: Arc<dyn Prompt>,
    turn: Arc<Mutex<()>>,
}

impl Asking {
    /// Asks `prompt`.
    pub(crate) fn new(prompt: Arc<dyn Prompt>) -> Self {
        Self { prompt, turn: Arc::default() }
    }

    /// Asks for a passphrase.
    pub(crate) fn passphrase(&self, question: &str) -> Option<SecretString> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.prompt.secret(question).map(|secret| SecretString::from(secret.as_str().to_owned()))
    }

    /// The name of the terminal of the person who is asked.
    pub(crate) fn terminal(&self) -> Option<String> {
        self.prompt.terminal()
    }
}

impl age::Callbacks for Asking {
    fn display_message(&self, message: &str) {
        self.prompt.tell(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.prompt.confirm(message, yes, no)
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.prompt.public(description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.passphrase(description)
    }
}
