//! `.sops.yaml`: the rules of a repository. Its bytes and the path of a file go in, and what the file gets comes out.
//!
//! Where the configuration is found is the caller's business.

mod audit;
mod creation;
mod decode;
mod destination;
mod error;
mod keys;
mod service;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use audit::names_audit_backends;
pub use creation::CreationRule;
use creation::Entry;
use decode::Decoder;
use destination::DestinationEntry;
pub use destination::{Destination, DestinationRule};
use error::Path;
pub use error::{RulesError, RulesWarning};
pub use service::{KeyTextError, parse_keys};

use crate::document::Stores;
use crate::span::Position;
use crate::yaml::{Id, Tree};

/// A configuration: the content of a file `.sops.yaml`.
///
/// ```
/// let text = "
/// creation_rules:
///   - path_regex: ^secrets/
///     encrypted_regex: ^(data|stringData)$
///     age: age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv
/// ";
/// let config = fieldseal_core::Config::parse(text.as_bytes())?;
/// let rule = config.rule_for(b"secrets/a.yaml")?.expect("the pattern is in the path");
/// assert_eq!(rule.key_groups[0].len(), 1);
/// assert!(config.rule_for(b"a.yaml")?.is_none());
/// # Ok::<(), fieldseal_core::RulesError>(())
/// ```
#[derive(Debug, Default)]
pub struct Config {
    creation_rules: Option<Vec<Entry>>,
    destination_rules: Vec<DestinationEntry>,
    stores: Stores,
    warnings: Vec<RulesWarning>,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// The text is no YAML, a field has the wrong type, or a mapping has a key twice. A pattern that does not
    /// compile, and a key that is none, are errors only where their rule is used, as with sops.
    pub fn parse(text: &[u8]) -> Result<Self, RulesError> {
        let tree = parse_tree(text)?;
        let mut decoder = Decoder::new(&tree);
        let mut config = Self::default();
        if let Some(root) = root_of(&tree) {
            config.read(&mut decoder, root)?;
        }
        if let Some(second) = tree.documents.get(1) {
            decoder.warn(*second, &Path::Root, "only the first document counts");
        }
        config.warnings = decoder.into_warnings();
        Ok(config)
    }

    fn read(&mut self, decoder: &mut Decoder<'_>, root: Id) -> Result<(), RulesError> {
        let names = ["creation_rules", "destination_rules", "stores"];
        let [creation, destination, stores] = decoder.fields(root, &Path::Root, names)?;
        let path = Path::Key(&Path::Root, "creation_rules");
        if let Some(rules) = decoder.list(creation, &path)? {
            let mut entries = Vec::with_capacity(rules.len());
            for (index, id) in rules.into_iter().enumerate() {
                if !decoder.is_null(id) {
                    entries.push(Entry::read(decoder, id, &Path::Index(&path, index))?);
                }
            }
            self.creation_rules = Some(entries);
        }
        let path = Path::Key(&Path::Root, "destination_rules");
        for (index, id) in decoder.list(destination, &path)?.unwrap_or_default().into_iter().enumerate() {
            if !decoder.is_null(id) {
                self.destination_rules.push(DestinationEntry::read(decoder, id, &Path::Index(&path, index))?);
            }
        }
        if let Some(stores) = stores {
            self.stores = read_stores(decoder, stores)?;
        }
        Ok(())
    }

    /// Whether there is a list of creation rules, though it may be empty. Without one sops takes the
    /// configuration as one that is not there.
    pub fn has_creation_rules(&self) -> bool {
        self.creation_rules.is_some()
    }

    /// The first creation rule whose pattern is in `path`, which [`path_in_rules`] gives.
    ///
    /// # Errors
    /// The pattern of a rule that had to be tried does not compile, or something is wrong with the rule.
    pub fn rule_for(&self, path: &[u8]) -> Result<Option<&CreationRule>, RulesError> {
        for entry in self.creation_rules.iter().flatten() {
            if entry.path_regex.matches(path)? {
                return entry.rule().map(Some);
            }
        }
        Ok(None)
    }

    /// The creation rules in their order, also those that are never used or wrong.
    pub fn creation_rules(&self) -> impl Iterator<Item = RuleOutline<'_>> {
        let entries = self.creation_rules.iter().flatten().enumerate();
        entries.map(|(index, entry)| RuleOutline { index, position: entry.position, entry })
    }

    /// The first destination rule whose pattern is in `path`: the path of the file as it was given.
    ///
    /// # Errors
    /// The pattern of a rule that had to be tried does not compile (sops takes it as one that does not match), or
    /// something is wrong with the rule.
    pub fn destination_for(&self, path: &[u8]) -> Result<Option<&DestinationRule>, RulesError> {
        for entry in &self.destination_rules {
            if entry.path_regex.matches(path)? {
                return entry.rule().map(Some);
            }
        }
        Ok(None)
    }

    /// How sops writes its formats.
    pub fn stores(&self) -> Stores {
        self.stores
    }

    /// What is no error but hardly meant, such as keys that nobody knows.
    pub fn warnings(&self) -> &[RulesWarning] {
        &self.warnings
    }

    /// Everything that is wrong with a rule or a pattern, used or not, in the order of the rules; and warnings
    /// about rules that are never reached.
    pub fn check(&self) -> (Vec<RulesError>, Vec<RulesWarning>) {
        let mut errors = Vec::new();
        let mut warnings = self.warnings.clone();
        let mut catch_all: Option<Position> = None;
        for (index, entry) in self.creation_rules.iter().flatten().enumerate() {
            errors.extend(entry.path_regex.pattern().err());
            match entry.rule() {
                Err(error) => errors.push(error),
                Ok(rule) => {
                    let path = format!("creation_rules[{index}]");
                    let position = rule.position;
                    if let Some(above) = catch_all {
                        let problem = format!("never used: the rule at {above} is for every file").into();
                        warnings.push(RulesWarning { position, path, problem });
                    } else if rule.key_groups.iter().any(Vec::is_empty) {
                        let problem = Cow::Borrowed("no keys: files of this rule cannot be encrypted");
                        warnings.push(RulesWarning { position, path, problem });
                    }
                }
            }
            if entry.path_regex.text().is_empty() {
                catch_all = catch_all.or(Some(entry.position));
            }
        }
        for entry in &self.destination_rules {
            errors.extend(entry.path_regex.pattern().err());
            errors.extend(entry.rule().err());
        }
        (errors, warnings)
    }
}

/// The path by which rules know a file: relative to the folder of the configuration if it is below that, else
/// absolute.
///
/// `folder` and `file` are absolute and clean (no `.`, `..` or doubled separators), with links left as they
/// are; `separator` is that of the platform.
pub fn path_in_rules<'a>(folder: &[u8], file: &'a [u8], separator: u8) -> &'a [u8] {
    let below = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix(&[separator]));
    below.unwrap_or(file)
}

/// A creation rule as it stands in its list.
#[derive(Clone, Copy)]
pub struct RuleOutline<'a> {
    /// Its number among the rules, from 0.
    pub index: usize,
    /// Where it begins.
    pub position: Position,
    entry: &'a Entry,
}

impl<'a> RuleOutline<'a> {
    /// Its `path_regex`; empty if it is for every file.
    pub fn path_regex(&self) -> &'a str {
        self.entry.path_regex.text()
    }

    /// Whether its pattern is in `path`, which [`path_in_rules`] gives. Rules above it do not count.
    ///
    /// # Errors
    /// The pattern does not compile.
    pub fn matches(&self, path: &[u8]) -> Result<bool, RulesError> {
        self.entry.path_regex.matches(path)
    }

    /// What a file of the rule gets.
    ///
    /// # Errors
    /// Something is wrong with the rule.
    pub fn rule(&self) -> Result<&'a CreationRule, RulesError> {
        self.entry.rule()
    }
}

/// The tree of a configuration.
fn parse_tree(text: &[u8]) -> Result<Tree, RulesError> {
    crate::yaml::parse(text).map_err(|error| RulesError {
        // The text of the tree may be another one, if the encoding is.
        position: Some(Position::of(text, error.offset as usize)),
        path: String::new(),
        problem: error.problem.into(),
    })
}

/// The value of the first document, the only one that sops reads.
fn root_of(tree: &Tree) -> Option<Id> {
    tree.documents.first().and_then(|document| tree.children(*document).next())
}

fn read_stores(decoder: &mut Decoder<'_>, id: Id) -> Result<Stores, RulesError> {
    let mut stores = Stores::default();
    let path = Path::Key(&Path::Root, "stores");
    let names = ["yaml", "json", "json_binary", "dotenv", "ini"];
    let [yaml, json, json_binary, dotenv, ini] = decoder.fields(id, &path, names)?;
    let indents = [
        (yaml, "yaml", &mut stores.yaml_indent),
        (json, "json", &mut stores.json_indent),
        (json_binary, "json_binary", &mut stores.json_binary_indent),
    ];
    for (store, name, indent) in indents {
        let path = Path::Key(&path, name);
        if let Some(store) = store {
            let [field] = decoder.fields(store, &path, ["indent"])?;
            *indent = decoder.int(field, &Path::Key(&path, "indent"))?.unwrap_or(*indent);
        }
    }
    for (store, name) in [(dotenv, "dotenv"), (ini, "ini")] {
        if let Some(store) = store {
            decoder.fields(store, &Path::Key(&path, name), [])?;
        }
    }
    Ok(stores)
}
