//! Where identities of age come from.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use crate::command::{self, LONGEST};
use crate::environment::Environment;
use crate::held::{Held, parse_text};
use crate::means::Means;
use crate::program::{DEFAULT_LIMIT, NoGuard, Programs, message};
use crate::prompt::{Asking, Prompt};
use crate::ssh;

/// The identities of a run. Sources are asked when a file needs them, and once; threads share what was found.
///
/// In this order: the SSH key that `SOPS_AGE_SSH_PRIVATE_KEY_FILE` names, the one that the program in
/// `SOPS_AGE_SSH_PRIVATE_KEY_CMD` prints, `~/.ssh/id_ed25519`, `~/.ssh/id_rsa`; then the identities in
/// `SOPS_AGE_KEY`, in the file that `SOPS_AGE_KEY_FILE` names, those that the program in `SOPS_AGE_KEY_CMD` prints,
/// and those in the file `sops/age/keys.txt` of the directory for settings. One bad line makes a source worthless,
/// not the others.
pub struct Identities {
    means: Means,
    sources: OnceLock<Vec<Source>>,
    /// What the programs printed, by the place of the source and the recipient that was asked for.
    printed: Mutex<HashMap<(usize, String), Printed>>,
}

/// What a program printed, understood.
type Printed = Arc<Result<Vec<Held>, String>>;

/// A place where identities may be.
struct Source {
    /// The variable or the file.
    location: String,
    found: Found,
}

/// What is in a source.
enum Found {
    /// It is not there.
    Nothing,
    /// It is not there, and not mentioned where others are.
    NothingUsual,
    /// It cannot be read.
    Failed(String),
    /// It was read.
    Identities(Vec<Held>),
    /// A program prints it.
    Program(Program),
}

/// A program that prints keys.
struct Program {
    line: OsString,
    ssh: bool,
    /// What it printed first, to see whether it depends on the recipient that it is asked for.
    first: Mutex<Option<First>>,
}

struct First {
    recipient: String,
    output: Zeroizing<Vec<u8>>,
    /// Whether it printed the same for another recipient.
    again: bool,
}

/// A place in which identities are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The variable or the file.
    pub location: String,
    /// What is there.
    pub content: PlaceContent,
}

/// What is in a place.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PlaceContent {
    /// Nothing: no file, or the variable is not set.
    Nothing,
    /// It cannot be read; the text says why.
    Failed(String),
    /// A program, which is run when a file needs it.
    Program,
    /// Identities: for each its recipient, or `None` if that cannot be said without asking somebody.
    Identities(Vec<Option<String>>),
}

/// Where was looked in vain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Search {
    /// How many identities were found; a locked file counts as one.
    pub(crate) found: usize,
    /// What went wrong.
    pub(crate) errors: Vec<String>,
    /// Where nothing was.
    pub(crate) unused: Vec<String>,
}

impl Identities {
    /// The identities that `environment` leads to. `prompt` is asked for passphrases.
    pub fn new(environment: Environment, prompt: Arc<dyn Prompt>) -> Self {
        let programs = Programs::new(environment, Arc::new(NoGuard), DEFAULT_LIMIT);
        Self::with(Means { asking: Asking::new(prompt), programs })
    }

    /// The identities that the environment of the programs in `means` leads to.
    pub(crate) fn with(means: Means) -> Self {
        Self { means, sources: OnceLock::new(), printed: Mutex::default() }
    }

    /// The recipients of all identities that can be used without asking anyone. Programs are not run.
    pub fn recipients(&self) -> Vec<String> {
        self.held().filter_map(Held::recipient).map(str::to_owned).collect()
    }

    /// Every place in which is looked, in this order. Programs are not run, and nobody is asked anything.
    pub fn places(&self) -> Vec<Place> {
        let place = |source: &Source| Place {
            location: source.location.clone(),
            content: match &source.found {
                Found::Nothing | Found::NothingUsual => PlaceContent::Nothing,
                Found::Failed(why) => PlaceContent::Failed(why.clone()),
                Found::Program(_) => PlaceContent::Program,
                Found::Identities(held) => PlaceContent::Identities(
                    held.iter().map(|held| held.recipient().map(str::to_owned)).collect(),
                ),
            },
        };
        self.sources().iter().map(place).collect()
    }

    /// The file for identities that nothing has to name.
    pub(crate) fn usual_file(&self) -> Option<String> {
        self.means.programs.environment().default_identity_file().ok().map(|path| path.display().to_string())
    }

    /// Everything that files and variables hold.
    pub(crate) fn held(&self) -> impl Iterator<Item = &Held> {
        self.sources().iter().flat_map(|source| match &source.found {
            Found::Identities(held) => held.as_slice(),
            _ => &[],
        })
    }

    /// What the programs print when they are asked for `recipient`.
    pub(crate) fn printed(&self, recipient: &str) -> Vec<Printed> {
        let programs = self.sources().iter().enumerate().filter_map(|(index, source)| match &source.found {
            Found::Program(program) => Some((index, &source.location, program)),
            _ => None,
        });
        programs.map(|(index, location, program)| self.run(index, location, program, recipient)).collect()
    }

    /// Where was looked, for a message.
    pub(crate) fn search(&self) -> Search {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut search = Search::default();
        let (mut empty, mut usual, mut read) = (Vec::new(), None, false);
        for (index, source) in self.sources().iter().enumerate() {
            match &source.found {
                Found::Nothing => search.unused.push(source.location.clone()),
                Found::NothingUsual => usual = Some(source.location.clone()),
                Found::Failed(error) => search.errors.push(error.clone()),
                Found::Identities(held) => {
                    read = true;
                    search.found += held.len();
                    if held.is_empty() {
                        empty.push(source.location.clone());
                    }
                }
                Found::Program(_) => {
                    let outputs = printed.iter().filter(|((place, _), _)| *place == index);
                    let mut errors = Vec::new();
                    let mut count = None;
                    for (_, output) in outputs {
                        match &**output {
                            Ok(held) => count = Some(count.unwrap_or(0) + held.len()),
                            Err(error) => errors.push(error.clone()),
                        }
                    }
                    errors.sort();
                    errors.dedup();
                    search.errors.extend(errors);
                    search.found += count.unwrap_or(0);
                    read |= count.is_some();
                    if count == Some(0) {
                        empty.push(source.location.clone());
                    }
                }
            }
        }
        if !read {
            search.unused.extend(usual);
        }
        search.unused.extend(empty);
        search
    }

    fn sources(&self) -> &[Source] {
        self.sources.get_or_init(|| self.load())
    }

    fn load(&self) -> Vec<Source> {
        let means = &self.means;
        let (environment, asking) = (means.programs.environment(), &means.asking);
        let mut sources = Vec::new();
        let mut add =
            |location: &str, found: Found| sources.push(Source { location: location.to_owned(), found });
        let variable = |name: &str, found: &dyn Fn(OsString) -> Found| {
            environment.get(name).map_or(Found::Nothing, |value| found(value.to_owned()))
        };
        let program = |ssh: bool| move |line| Found::Program(Program { line, ssh, first: Mutex::default() });

        let name = "SOPS_AGE_SSH_PRIVATE_KEY_FILE";
        add(name, variable(name, &|path| ssh_file(Path::new(&path), asking)));
        let name = "SOPS_AGE_SSH_PRIVATE_KEY_CMD";
        add(name, variable(name, &program(true)));
        match environment.home() {
            Ok(home) => {
                for name in ["id_ed25519", "id_rsa"] {
                    let path = home.join(".ssh").join(name);
                    let found = if path.exists() { ssh_file(&path, asking) } else { Found::Nothing };
                    add(&path.display().to_string(), found);
                }
            }
            Err(error) => add("~/.ssh", Found::Failed(error)),
        }
        let name = "SOPS_AGE_KEY";
        add(
            name,
            variable(name, &|text| {
                let text = Zeroizing::new(text.into_encoded_bytes());
                Found::from(parse_text(&text, name, true, means))
            }),
        );
        let name = "SOPS_AGE_KEY_FILE";
        add(
            name,
            variable(name, &|path| match read(Path::new(&path)) {
                Ok(text) => Found::from(parse_text(&text, name, false, means)),
                Err(error) => {
                    let path = Path::new(&path).display();
                    Found::Failed(format!("failed to open {name} file: open {path}: {}", message(&error)))
                }
            }),
        );
        let name = "SOPS_AGE_KEY_CMD";
        add(name, variable(name, &program(false)));
        match environment.default_identity_file() {
            Ok(path) => {
                let location = path.display().to_string();
                let found = match read(&path) {
                    Ok(text) => Found::from(parse_text(&text, &location, false, means)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Found::NothingUsual,
                    Err(error) => {
                        Found::Failed(format!("failed to open file: {location}: {}", message(&error)))
                    }
                };
                add(&location, found);
            }
            // Not worth a word if there is something else, and then it is not looked at.
            Err(error) => {
                let nothing = sources
                    .iter()
                    .all(|source| !matches!(&source.found, Found::Identities(_) | Found::Program(_)));
                let found = Found::Failed(format!("user config directory could not be determined: {error}"));
                sources.extend(nothing.then(|| Source { location: String::new(), found }));
            }
        }
        sources
    }

    /// Runs a program, unless it is known what it prints.
    fn run(&self, index: usize, location: &str, program: &Program, recipient: &str) -> Printed {
        // One program at a time: who waits here most likely waits for what it prints.
        let mut first = program.first.lock().unwrap_or_else(PoisonError::into_inner);
        // A program that prints the same for two recipients does not depend on them.
        let recipient = match &*first {
            Some(First { recipient, again: true, .. }) => recipient.clone(),
            _ => recipient.to_owned(),
        };
        let key = (index, recipient);
        if let Some(printed) = self.printed.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(printed);
        }
        let printed = command::output(&program.line, &key.1, &self.means.programs).and_then(|output| {
            let held = if program.ssh {
                ssh::parse(&output, location, None, &self.means.asking).map(|held| vec![held])
            } else {
                parse_text(&output, location, false, &self.means)
            };
            match &mut *first {
                Some(first) => first.again |= *first.output == *output,
                None => *first = Some(First { recipient: key.1.clone(), output, again: false }),
            }
            held
        });
        let printed = Arc::new(printed.map_err(|error| format!("{location}: {error}")));
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&printed));
        printed
    }
}

impl From<Result<Vec<Held>, String>> for Found {
    fn from(result: Result<Vec<Held>, String>) -> Self {
        result.map_or_else(Self::Failed, Self::Identities)
    }
}

/// The SSH key in the file `path`.
fn ssh_file(path: &Path, asking: &Asking) -> Found {
    let location = path.display().to_string();
    match read(path) {
        Ok(text) => Found::from(ssh::parse(&text, &location, Some(path), asking).map(|held| vec![held])),
        Err(error) => Found::Failed(format!("failed to open file: {location}: {}", message(&error))),
    }
}

/// The content of a file with keys.
///
/// # Errors
/// It cannot be read, or is longer than files with keys are.
pub(crate) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len().min(LONGEST as u64) as usize;
    let mut text = Zeroizing::new(Vec::with_capacity(length + 1));
    file.take(LONGEST as u64).read_to_end(&mut text)?;
    if text.len() == LONGEST {
        return Err(io::Error::other("file too long"));
    }
    Ok(text)
}
