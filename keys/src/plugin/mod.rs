//! age plugins: programs that wrap and unwrap file keys, talked with as age does it, but never for longer than a key may
//! take, and never beyond the end of this process.

mod talk;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use age::secrecy::ExposeSecret as _;
use age::{Callbacks as _, DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use self::talk::{Message, TalkError, receive, send};
use crate::conversation::Conversation;
use crate::means::Means;
use crate::program::ProgramError;

/// The variable that has a plugin's own messages shown, as in age.
const DEBUG: &str = "AGEDEBUG";

/// An identity that a plugin can use. The plugin is looked for and run when nothing else has helped.
pub(crate) struct PluginIdentity {
    identity: age::plugin::Identity,
    means: Means,
    /// Hardware serves one at a time. A plugin that did not answer is not asked again: this is what is said then.
    turn: Mutex<Option<String>>,
}

/// A recipient for which a plugin can encrypt.
pub(crate) struct PluginRecipient<'a> {
    recipient: &'a age::plugin::Recipient,
    means: &'a Means,
}

/// Why a plugin did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
enum PluginError {
    /// It cannot be found.
    #[error("the age plugin {0} is not in PATH")]
    Missing(String),
    /// It cannot be started.
    #[error("the age plugin {0} cannot be started: {1}")]
    Start(String, ProgramError),
    /// It did not answer in time.
    #[error(
        "the age plugin {0} was ended: it did not answer within {1} s; see whether it waits for something, such as \
             a token, or set FIELDSEAL_KEY_TIMEOUT to more seconds"
    )]
    Late(String, u64),
    /// It does not do what plugins do.
    #[error("the age plugin {0} failed: {1}")]
    Talk(String, TalkError),
    /// It says so itself.
    #[error("the age plugin {0} says: {1}")]
    Refused(String, String),
}

impl PluginIdentity {
    /// The identity, with those who are asked what the plugin wants to know.
    pub(crate) fn new(identity: age::plugin::Identity, means: &Means) -> Self {
        Self { identity, means: means.clone(), turn: Mutex::default() }
    }

    /// `None` if the plugin has nothing to unwrap it with.
    fn unwrap(&self, stanzas: &[Stanza]) -> Result<Option<FileKey>, PluginError> {
        let mut plugin = Plugin::start(self.identity.plugin(), "identity-v1", &self.means)?;
        plugin.send("add-identity", &[&self.identity.to_string()], b"");
        for stanza in stanzas {
            let words: Vec<_> =
                ["0", &stanza.tag].into_iter().chain(stanza.args.iter().map(String::as_str)).collect();
            plugin.send("recipient-stanza", &words, &stanza.body);
        }
        plugin.send("done", &[], b"");
        let mut key = None;
        plugin.answers(|plugin, message| {
            if message.kind != "file-key" {
                return Ok(false);
            }
            let content = <[u8; 16]>::try_from(message.content.as_slice());
            let (true, None, Ok(mut content)) = (message.arguments == ["0"], &key, content) else {
                return Err(plugin.failed(TalkError::Malformed));
            };
            key = Some(FileKey::init_with_mut(|key| key.swap_with_slice(&mut content)));
            plugin.send("ok", &[], b"");
            Ok(true)
        })?;
        Ok(key)
    }
}

impl age::Identity for PluginIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |why: String| Some(Err(DecryptError::Io(io::Error::other(why))));
        if let Some(why) = &*turn {
            return failed(why.clone());
        }
        match self.unwrap(stanzas) {
            Ok(key) => key.map(Ok),
            Err(error) => {
                let why = error.to_string();
                if matches!(error, PluginError::Late(..)) {
                    *turn = Some(why.clone());
                }
                failed(why)
            }
        }
    }
}

impl<'a> PluginRecipient<'a> {
    /// The recipient, with those who are asked what the plugin wants to know.
    pub(crate) const fn new(recipient: &'a age::plugin::Recipient, means: &'a Means) -> Self {
        Self { recipient, means }
    }

    fn wrap(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), PluginError> {
        let mut plugin = Plugin::start(self.recipient.plugin(), "recipient-v1", self.means)?;
        plugin.send("add-recipient", &[&self.recipient.to_string()], b"");
        plugin.send("extension-labels", &[], b"");
        plugin.send("wrap-file-key", &[], key.expose_secret());
        plugin.send("done", &[], b"");
        let (mut stanzas, mut labels) = (Vec::new(), None);
        plugin.answers(|plugin, message| {
            match message.kind.as_str() {
                "recipient-stanza" => {
                    let ["0", tag, args @ ..] = &*words(message) else {
                        return Err(plugin.failed(TalkError::Malformed));
                    };
                    stanzas.push(Stanza {
                        tag: (*tag).to_owned(),
                        args: args.iter().map(|word| (*word).to_owned()).collect(),
                        body: message.content.to_vec(),
                    });
                }
                "labels" => {
                    let all: HashSet<String> = message.arguments.iter().cloned().collect();
                    if all.len() < message.arguments.len() || labels.replace(all).is_some() {
                        return Err(plugin.failed(TalkError::Malformed));
                    }
                }
                _ => return Ok(false),
            }
            plugin.send("ok", &[], b"");
            Ok(true)
        })?;
        if stanzas.is_empty() {
            return Err(plugin.failed(TalkError::Malformed));
        }
        Ok((stanzas, labels.unwrap_or_default()))
    }
}

impl age::Recipient for PluginRecipient<'_> {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        self.wrap(key).map_err(|error| EncryptError::Io(io::Error::other(error.to_string())))
    }
}

/// A plugin that runs.
struct Plugin<'a> {
    /// The name of its program.
    name: String,
    talk: Conversation,
    means: &'a Means,
}

impl<'a> Plugin<'a> {
    /// Starts the plugin called `plugin` for the part `machine` of the protocol.
    fn start(plugin: &str, machine: &str, means: &'a Means) -> Result<Self, PluginError> {
        let name = format!("age-plugin-{plugin}");
        let environment = means.programs.environment();
        let path = find(&name, environment.get("PATH").unwrap_or_default().to_owned())
            .ok_or_else(|| PluginError::Missing(name.clone()))?;
        let mut command = Command::new(path);
        command.arg(format!("--age-plugin={machine}")).env_clear().envs(environment.variables());
        // What it leaves behind shall not lie among the files that are worked on.
        command.current_dir(std::env::temp_dir());
        let shown = environment.get(DEBUG).is_some_and(|value| value == "plugin");
        command.stderr(if shown { Stdio::inherit() } else { Stdio::null() });
        match Conversation::start(&means.programs, &mut command) {
            Ok(talk) => Ok(Self { name, talk, means }),
            Err(error) => Err(PluginError::Start(name, error)),
        }
    }

    fn send(&self, kind: &str, arguments: &[&str], content: &[u8]) {
        send(&self.talk, kind, arguments, content);
    }

    fn failed(&self, error: TalkError) -> PluginError {
        match error {
            TalkError::Program(ProgramError::Late(limit)) => {
                PluginError::Late(self.name.clone(), limit.as_secs())
            }
            error => PluginError::Talk(self.name.clone(), error),
        }
    }

    /// Answers what the plugin says until it is done. `known` is asked first; it says whether it took the message.
    fn answers(
        &mut self,
        mut known: impl FnMut(&Self, &Message) -> Result<bool, PluginError>,
    ) -> Result<(), PluginError> {
        let asking = &self.means.asking;
        let mut told = false;
        let slow_message = format!("Waiting for {}...", self.name);
        loop {
            let mut slow = || {
                if !std::mem::replace(&mut told, true) {
                    asking.display_message(&slow_message);
                }
            };
            let message = receive(&mut self.talk, &mut slow).map_err(|error| self.failed(error))?;
            let text = String::from_utf8_lossy(&message.content);
            match message.kind.as_str() {
                "done" => {
                    self.talk.end();
                    return Ok(());
                }
                "error" => {
                    self.send("ok", &[], b"");
                    return Err(PluginError::Refused(self.name.clone(), text.into_owned()));
                }
                "msg" => {
                    asking.display_message(&text);
                    self.send("ok", &[], b"");
                }
                "confirm" => match self.confirm(&message, &text)? {
                    Some(true) => self.send("ok", &["yes"], b""),
                    Some(false) => self.send("ok", &["no"], b""),
                    None => self.send("fail", &[], b""),
                },
                "request-public" => match asking.request_public_string(&text) {
                    Some(answer) => self.send("ok", &[], answer.as_bytes()),
                    None => self.send("fail", &[], b""),
                },
                "request-secret" => match asking.request_passphrase(&text) {
                    Some(answer) => self.send("ok", &[], answer.expose_secret().as_bytes()),
                    None => self.send("fail", &[], b""),
                },
                _ if known(self, &message)? => {}
                _ => self.send("unsupported", &[], b""),
            }
        }
    }

    fn confirm(&self, message: &Message, question: &str) -> Result<Option<bool>, PluginError> {
        let choices = message.arguments.iter().map(|choice| {
            let bytes = BASE64_STANDARD_NO_PAD.decode(choice);
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        });
        let choices: Result<Vec<_>, _> = choices.collect();
        match choices.as_deref() {
            Ok([yes]) => Ok(self.means.asking.confirm(question, yes, None)),
            Ok([yes, no]) => Ok(self.means.asking.confirm(question, yes, Some(no))),
            _ => Err(self.failed(TalkError::Malformed)),
        }
    }
}

fn words(message: &Message) -> Vec<&str> {
    message.arguments.iter().map(String::as_str).collect()
}

/// The program `name` in one of the directories of `path`. Where it stands must not depend on the directory that is
/// worked in.
fn find(name: &str, path: OsString) -> Option<PathBuf> {
    let directories = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    let directories = std::env::join_paths(directories).ok()?;
    which::which_in(name, Some(directories), "/").ok()
}
