//! The configurations of a tree, and which rule is for which file.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use fieldseal_core::check::{Finding, Kind, check_config};
use fieldseal_core::{Config, CreationRule, path_in_rules};

use super::finding::RulePlace;
use super::tree::Lookup;
use crate::engine::{CONFIG_NAME, MOST_CONFIG_LEVELS, absolute};
use crate::report::Failure;

/// The configurations of a run.
pub(crate) struct Rules {
    /// The one that is used for all files, if one was named.
    named: Option<usize>,
    /// By directory, which is absolute: the nearest configuration.
    nearest: HashMap<PathBuf, Option<usize>>,
    loaded: Vec<Loaded>,
}

/// A configuration.
pub(crate) struct Loaded {
    /// Its path, absolute.
    pub(crate) path: PathBuf,
    /// What is wrong with it by itself.
    pub(crate) findings: Vec<Finding>,
    /// The directory that paths are taken from.
    directory: PathBuf,
    config: Option<Config>,
    /// For each rule, by the line and column in which it begins: its number, and whether it was for a file.
    rules: BTreeMap<(u32, u32), (usize, AtomicBool)>,
}

impl Rules {
    /// Finds the configurations for `files`, absolute paths, and reads each once. `named`: it is used for all.
    ///
    /// # Errors
    /// A configuration cannot be read. That it is broken is a finding.
    pub(crate) fn new<'f>(
        files: impl Iterator<Item = &'f Path>,
        named: Option<&Path>,
        lookup: &dyn Lookup,
    ) -> Result<Self, Failure> {
        let mut rules = Self { named: None, nearest: HashMap::new(), loaded: Vec::new() };
        if let Some(named) = named {
            rules.named = Some(rules.load(&absolute(named)?, lookup)?);
        }
        for file in files {
            // One that is in the list is looked at whether or not it is for a file, unless it was deleted and git does
            // not know that yet.
            if file.file_name().is_some_and(|name| name == CONFIG_NAME) && lookup.exists(file) {
                rules.load(file, lookup)?;
            }
            if rules.named.is_none()
                && let Some(directory) = file.parent()
            {
                rules.search(directory, lookup)?;
            }
        }
        Ok(rules)
    }

    /// The rule for `file`, an absolute path, and where it stands. A configuration that is broken has none.
    pub(crate) fn rule_for(&self, file: &Path, root: &Path) -> Option<(&CreationRule, RulePlace)> {
        let loaded = self.config_for(file)?;
        let rule = loaded.config.as_ref()?.rule_for(loaded.path_of(file)).ok()??;
        let (index, used) = loaded.rules.get(&(rule.position.line, rule.position.column))?;
        used.store(true, Ordering::Relaxed);
        let place = RulePlace { config: name(&loaded.path, root), line: rule.position.line, index: *index };
        Some((rule, place))
    }

    /// The configurations that were read.
    pub(crate) fn loaded(&self) -> &[Loaded] {
        &self.loaded
    }

    fn config_for(&self, file: &Path) -> Option<&Loaded> {
        let index = self.named.or_else(|| *self.nearest.get(file.parent()?)?)?;
        self.loaded.get(index)
    }

    /// The nearest configuration from `directory` upwards.
    fn search(&mut self, directory: &Path, lookup: &dyn Lookup) -> Result<Option<usize>, Failure> {
        let mut passed = Vec::new();
        let mut found = None;
        for directory in directory.ancestors().take(MOST_CONFIG_LEVELS) {
            if let Some(known) = self.nearest.get(directory) {
                found = *known;
                break;
            }
            passed.push(directory);
            let path = directory.join(CONFIG_NAME);
            if lookup.exists(&path) {
                found = Some(self.load(&path, lookup)?);
                break;
            }
        }
        self.nearest.extend(passed.into_iter().map(|directory| (directory.to_owned(), found)));
        Ok(found)
    }

    fn load(&mut self, path: &Path, lookup: &dyn Lookup) -> Result<usize, Failure> {
        if let Some(index) = self.loaded.iter().position(|loaded| loaded.path == path) {
            return Ok(index);
        }
        let text = lookup.read(path)?;
        let (config, findings) = check_config(&text);
        let rules = config.as_ref().map(|config| {
            let rules = config.creation_rules().map(|rule| (rule.position.line, rule.position.column));
            rules.enumerate().map(|(index, at)| (at, (index, AtomicBool::new(false)))).collect()
        });
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        let rules = rules.unwrap_or_default();
        self.loaded.push(Loaded { path: path.to_owned(), findings, directory, config, rules });
        Ok(self.loaded.len() - 1)
    }
}

impl Loaded {
    /// Findings about rules that were for no file, once all files were asked for. Of those, `files` tells whether
    /// they match one at all.
    pub(crate) fn unused(&self, files: &[PathBuf]) -> Vec<Finding> {
        let Some(config) = &self.config else { return Vec::new() };
        let mut findings = Vec::new();
        for rule in config.creation_rules() {
            let at = (rule.position.line, rule.position.column);
            let unused = self.rules.get(&at).is_some_and(|(_, used)| !used.load(Ordering::Relaxed));
            let known = |finding: &Finding| {
                finding.kind == Kind::UnreachableRule && finding.position == Some(rule.position)
            };
            if !unused || self.findings.iter().any(known) {
                continue;
            }
            // A pattern that does not compile is a finding already.
            let Ok(matched) = files
                .iter()
                .filter(|file| file.starts_with(&self.directory))
                .map(|file| rule.matches(self.path_of(file)))
                .try_fold(false, |any, matches| matches.map(|matches| any || matches))
            else {
                continue;
            };
            let message = match matched {
                true => "rules above it are for all files that its path_regex matches",
                false => "its path_regex matches no file",
            };
            let finding = Finding::new(Kind::UnusedRule, message);
            findings.push(finding.at(Some(rule.position), format!("creation_rules[{}]", rule.index)));
        }
        findings
    }

    /// Where the rule stands that a finding is about, if it is about one.
    pub(crate) fn rule_of(&self, finding: &Finding, root: &Path) -> Option<RulePlace> {
        let position = finding.position?;
        let (at, (index, _)) = self.rules.range(..=(position.line, position.column)).next_back()?;
        finding.path.starts_with("creation_rules[").then(|| RulePlace {
            config: name(&self.path, root),
            line: at.0,
            index: *index,
        })
    }

    fn path_of<'f>(&self, file: &'f Path) -> &'f [u8] {
        let (folder, file) = (self.directory.as_os_str(), file.as_os_str());
        path_in_rules(folder.as_encoded_bytes(), file.as_encoded_bytes(), std::path::MAIN_SEPARATOR as u8)
    }
}

/// The nearest configuration from `directory`, which is absolute, upwards.
pub(crate) fn nearest_config(directory: &Path) -> Option<PathBuf> {
    let paths = directory.ancestors().take(MOST_CONFIG_LEVELS).map(|directory| directory.join(CONFIG_NAME));
    paths.into_iter().find(|path| std::fs::symlink_metadata(path).is_ok())
}

/// A path from `root`, with `/`; an absolute one if it lies elsewhere.
pub(crate) fn name(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { path.into_owned() } else { path.replace('\\', "/") }
}
