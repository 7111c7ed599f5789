//! Finding the `.sops.yaml` for a file, and what it says.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use fieldseal_core::{CreationRule, RulesError, Selection, Stores, path_in_rules};
use fieldseal_keys::KeyServices;

use super::Access;
use super::keyring;
use super::recipe::Recipe;
use crate::context::Context;
use crate::exit::Exit;
use crate::plan::{self, KeyChoice};
use crate::report::{Failure, Warning, shown};
use crate::role::Role;

/// The name of the configuration file.
pub(crate) const NAME: &str = ".sops.yaml";

/// A name that people take for it.
const WRONG_NAME: &str = ".sops.yml";

/// The most directories that are looked into on the way up.
pub(crate) const MOST_LEVELS: usize = 100;

/// The configurations of a run, each read once.
pub(crate) struct Configs<'a> {
    context: &'a Context,
    /// Whether only indentation is asked for, so that nothing is said about the rest.
    silent: bool,
    /// The file that was named, which then is used for all.
    named: Option<PathBuf>,
    /// By the directory where the search begins.
    found: Mutex<HashMap<PathBuf, Option<Arc<File>>>>,
    /// By the path of the file.
    read: Mutex<HashMap<PathBuf, Arc<File>>>,
    /// Where data keys are encrypted, made when the first recipe is.
    services: OnceLock<Arc<KeyServices>>,
}

/// A configuration file.
pub(super) struct File {
    /// As it is shown.
    pub(super) path: PathBuf,
    /// Its directory, absolute; paths below it are matched without it.
    pub(super) directory: PathBuf,
    /// What it says.
    pub(super) config: fieldseal_core::Config,
}

impl<'a> Configs<'a> {
    /// The configurations for a run.
    pub(crate) fn new(context: &'a Context) -> Self {
        let named = context.config.clone();
        let (found, read, services) = Default::default();
        Self { context, silent: false, named, found, read, services }
    }

    /// The configurations for a run that asks for [`Configs::stores`] only: what else is in them is not its business.
    pub(crate) fn for_indentation(context: &'a Context) -> Self {
        Self { silent: true, ..Self::new(context) }
    }

    /// How `file` is to be encrypted.
    ///
    /// # Errors
    /// No rule is for it, rule and command line contradict each other, or the configuration is broken.
    pub(crate) fn recipe(
        &self,
        file: &Path,
        keys: &KeyChoice,
        selection: &plan::Selection,
    ) -> Result<Recipe, Failure> {
        let config = self.config(file)?;
        let rule = match &config {
            Some(config) => config.rule_for(file)?,
            None => None,
        };
        let has_rules = config.as_ref().is_some_and(|config| config.config.has_creation_rules());
        if rule.is_none() && has_rules && (keys.keys.is_empty() || self.context.role == Role::Sops) {
            return Err(no_rule());
        }
        if rule.is_none() && keys.keys.is_empty() {
            return Err(Failure::new(
                Exit::Other,
                "config file not found, or has no creation rules, and no keys provided through command line options",
            )
            .hint("write a .sops.yaml with `fieldseal init`, or name recipients with --age"));
        }
        let groups = if keys.keys.is_empty() {
            rule.map(|rule| rule.key_groups.clone()).unwrap_or_default()
        } else {
            vec![keys.keys.clone()]
        };
        let given = [
            ("unencrypted_suffix", &selection.unencrypted_suffix),
            ("encrypted_suffix", &selection.encrypted_suffix),
            ("unencrypted_regex", &selection.unencrypted_regex),
            ("encrypted_regex", &selection.encrypted_regex),
            ("unencrypted_comment_regex", &selection.unencrypted_comment_regex),
            ("encrypted_comment_regex", &selection.encrypted_comment_regex),
        ];
        let of_rule = rule.and_then(|rule| rule.selection.as_ref());
        let settings = given.iter().filter_map(|(name, given)| {
            let of_rule = of_rule.filter(|setting| setting.name() == *name).map(|setting| setting.text());
            Selection::from_setting(name, given.as_deref().or(of_rule)?)
        });
        let single = Selection::single(settings);
        let services = self.services.get_or_init(|| Arc::new(keyring::services(&keys.services)));
        Ok(Recipe {
            services: Arc::clone(services),
            groups,
            threshold: match keys.threshold {
                0 => rule.map_or(0, |rule| rule.shamir_threshold),
                threshold => threshold as usize,
            },
            selection: single.map_err(|error| Failure::new(Exit::Conflict, error.to_string()))?,
            mac_only_encrypted: selection.mac_only_encrypted
                || rule.is_some_and(|rule| rule.mac_only_encrypted),
            stores: self.indented(config.as_deref()),
        })
    }

    /// How what is printed anew of `file` is indented. To be asked only then: nothing else of a configuration counts
    /// where a file is opened.
    ///
    /// # Errors
    /// The configuration is broken.
    pub(crate) fn stores(&self, file: &Path) -> Result<Stores, Failure> {
        Ok(self.indented(self.config(file)?.as_deref()))
    }

    /// What `config` says of indentation, unless the command line does.
    fn indented(&self, config: Option<&File>) -> Stores {
        match self.context.indent {
            Some(indent) => Stores { yaml_indent: indent, json_indent: indent, json_binary_indent: indent },
            None => config.map(|config| config.config.stores()).unwrap_or_default(),
        }
    }

    /// Who the rule for `file` says may open it.
    ///
    /// # Errors
    /// There is no configuration, none of its rules is for the file, or it is broken.
    pub(crate) fn access(&self, file: &Path) -> Result<Access, Failure> {
        let Some(config) = self.config(file)? else {
            return Err(not_found());
        };
        if !config.config.has_creation_rules() {
            let path = shown(&config.path);
            let message = format!("the config file {path} does not contain any creation rule");
            return Err(Failure::new(Exit::Other, message));
        }
        let rule = config.rule_for(file)?.ok_or_else(no_rule)?;
        Ok(Access { groups: rule.key_groups.clone(), threshold: rule.shamir_threshold })
    }

    /// Whether a rule with a `path_regex` is for `file`.
    ///
    /// # Errors
    /// The configuration is broken.
    pub(crate) fn is_covered(&self, file: &Path) -> Result<bool, Failure> {
        let Some(config) = self.config(file)? else { return Ok(false) };
        Ok(config.rule_for(file)?.is_some_and(|rule| !rule.path_regex.is_empty()))
    }

    /// The configuration for `file`, if there is one.
    ///
    /// # Errors
    /// It cannot be read or understood.
    pub(super) fn config(&self, file: &Path) -> Result<Option<Arc<File>>, Failure> {
        if let Some(named) = &self.named {
            return self.read(named).map(Some);
        }
        let start = match self.context.role {
            Role::Own => match file.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            },
            Role::Sops => Path::new("."),
        };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = found.get(start) {
            return Ok(config.clone());
        }
        let config = match self.search(start)? {
            Some(path) => Some(self.read(&path)?),
            None => None,
        };
        found.insert(start.to_owned(), config.clone());
        Ok(config)
    }

    /// The nearest configuration file, from the directory `start` upwards.
    fn search(&self, start: &Path) -> Result<Option<PathBuf>, Failure> {
        let absolute = absolute(start)?;
        let mut shown_directory = start.to_owned();
        let mut wrong: Option<PathBuf> = None;
        for (level, directory) in absolute.ancestors().take(MOST_LEVELS).enumerate() {
            if level > 0 {
                shown_directory = outer(&shown_directory, directory);
            }
            let is_there = |name: &str| std::fs::symlink_metadata(directory.join(name)).is_ok();
            if is_there(NAME) {
                let path = tidy(&shown_directory.join(NAME));
                if let Some(wrong) = wrong {
                    self.warn_of_name(&wrong, Some(&path));
                }
                return Ok(Some(path));
            }
            if wrong.is_none() && is_there(WRONG_NAME) {
                wrong = Some(tidy(&shown_directory.join(WRONG_NAME)));
            }
        }
        if let Some(wrong) = wrong {
            self.warn_of_name(&wrong, None);
        }
        Ok(None)
    }

    fn warn_of_name(&self, wrong: &Path, used: Option<&Path>) {
        if self.silent {
            return;
        }
        let used = used.map(|used| format!("; using {} instead", shown(used))).unwrap_or_default();
        self.context.reporter.warning(
            &Warning::new(format!("this file is ignored: the configuration must be called .sops.yaml{used}"))
                .hint("rename it")
                .file(wrong),
        );
    }

    fn read(&self, path: &Path) -> Result<Arc<File>, Failure> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = read.get(path) {
            return Ok(Arc::clone(config));
        }
        let source = crate::io::read_file(path).map_err(|failure| failure.code(Exit::Other))?;
        let config = fieldseal_core::Config::parse(&source).map_err(|error| broken(path, &error))?;
        // A key of its own at the top is where people keep anchors for the rules below. Programs that run sops
        // may take what it says for its result, so that under its name a warning needs a better reason.
        let aloud = self.context.role == Role::Own && !self.silent;
        let worth_saying = |path: &str| aloud && path.contains(['.', '[']);
        for warning in config.warnings().iter().filter(|warning| worth_saying(&warning.path)) {
            let problem = format!("{}: {}", warning.path, warning.problem);
            let position = Some(warning.position);
            self.context.reporter.warning(&Warning::new(problem).position(position).file(path));
        }
        let directory = absolute(path)?.parent().map(Path::to_owned).unwrap_or_default();
        let config = Arc::new(File { path: path.to_owned(), directory, config });
        read.insert(path.to_owned(), Arc::clone(&config));
        Ok(config)
    }
}

impl File {
    /// The rule for `file`, if there is one.
    fn rule_for(&self, file: &Path) -> Result<Option<&CreationRule>, Failure> {
        let file = absolute(file)?;
        let (folder, file) = (self.directory.as_os_str(), file.as_os_str());
        let separator = std::path::MAIN_SEPARATOR as u8;
        let path = path_in_rules(folder.as_encoded_bytes(), file.as_encoded_bytes(), separator);
        self.config.rule_for(path).map_err(|error| broken(&self.path, &error))
    }
}

/// The failure of a command that needs a configuration where there is none.
pub(super) fn not_found() -> Failure {
    Failure::new(Exit::Other, "config file not found")
        .hint("write a .sops.yaml with a rule for this file, or name one with --config")
}

/// The failure of a file that no rule is for.
fn no_rule() -> Failure {
    Failure::new(Exit::Other, "error loading config: no matching creation rules found")
        .hint("add a rule for this path to .sops.yaml")
}

/// The failure of a configuration that cannot be used.
pub(super) fn broken(path: &Path, error: &RulesError) -> Failure {
    let place = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
    Failure::new(Exit::Other, format!("{place}{}", error.problem)).position(error.position).file(path)
}

/// `path` from the root, without `.` and `..`. Links are not followed, as sops does not.
///
/// # Errors
/// The working directory is not known.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Failure::system(Exit::Other, "cannot find the working directory", path, &error))?;
    let mut clean = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    Ok(clean)
}

/// The directory above `inner`, in the way that the user wrote it; `absolute` is the same from the root.
fn outer(inner: &Path, absolute: &Path) -> PathBuf {
    match inner.components().next_back() {
        Some(Component::Normal(_)) => inner.parent().map(Path::to_owned).unwrap_or_default(),
        Some(Component::ParentDir) => inner.join(".."),
        Some(Component::CurDir) | None => PathBuf::from(".."),
        _ => absolute.to_owned(),
    }
}

/// `path` without a `.` in front.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").map(Path::to_owned).unwrap_or_else(|_| path.to_owned())
}
