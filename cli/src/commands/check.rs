//! `check`: what can be seen without keys, over a whole repository; with `--decrypt` also what keys show.

use std::path::PathBuf;

use fieldseal_core::Format;
use fieldseal_core::check::{Checker, Exceptions, Finding, Kind};

use super::batch::with_progress;
use crate::check::{
    Baseline, Decrypted, Found, Item, OutputFormat, Rules, Scope, Summary, Tree, characters, name,
};
use crate::context::Context;
use crate::engine::{CONFIG_NAME, Keyring};
use crate::exit::Exit;
use crate::io;
use crate::plan::Decryption;
use crate::report::Failure;

/// What is to be checked, and how it is told.
pub(crate) struct Plan {
    /// Which files.
    pub(crate) scope: Scope,
    /// The form of the result.
    pub(crate) format: OutputFormat,
    /// A file with findings that are passed over.
    pub(crate) baseline: Option<PathBuf>,
    /// The file to write the findings to.
    pub(crate) write_baseline: Option<PathBuf>,
    /// How files are opened, if they are.
    pub(crate) decrypt: Option<Decryption>,
    /// Whether a file that no key opens is a finding.
    pub(crate) require_all: bool,
}

/// Checks what the plan names, and tells the findings on stdout. Gives [`Exit::Success`] if there are none,
/// [`Exit::Other`] if there are some, [`Exit::Unreadable`] if not everything could be checked.
///
/// # Errors
/// Nothing could be checked. The code is [`Exit::Unreadable`].
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    check(plan, context).map_err(|failure| failure.code(Exit::Unreadable))
}

fn check(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let baseline = plan.baseline.as_deref().map(Baseline::read).transpose()?;
    let tree = Tree::new(&plan.scope, context)?;
    let named = context.config.clone();
    let paths: Vec<PathBuf> = tree.items.iter().map(|item| tree.absolute(item)).collect();
    let rules = Rules::new(paths.iter().map(PathBuf::as_path), named.as_deref(), &tree)?;
    let keyring = plan.decrypt.as_ref().map(|plan| Keyring::new(plan, context));
    let work = Work {
        tree: &tree,
        rules: &rules,
        checker: Checker::default(),
        keyring: keyring.as_ref(),
        require_all: plan.require_all,
    };
    let mut summary = Summary { ignored: tree.ignored, ..Summary::default() };
    summary.decrypted = keyring.is_some().then(Decrypted::default);
    let mut findings = Vec::new();
    let mut failed = false;
    with_progress(
        &tree.items,
        false,
        context.reporter,
        |item| work.file(item).map_err(|failure| failure.file(&item.path)),
        |index, result, progress| match result {
            Ok(Some(checked)) => {
                summary.files.push((name(&tree.items[index].path, &tree.root), checked.encrypted));
                summary.allowed += checked.allowed;
                if let (Some(all), Some(opened)) = (&mut summary.decrypted, checked.opened) {
                    *(if opened { &mut all.opened } else { &mut all.locked }) += 1;
                }
                findings.extend(checked.findings);
            }
            Ok(None) => {}
            Err(failure) => {
                failed = true;
                progress.print(|reporter| reporter.failure(&failure));
            }
        },
    );
    let (of_rules, allowed) = work.rules(plan)?;
    summary.allowed += allowed;
    findings.extend(of_rules);
    findings
        .sort_by(|one, other| (&one.file, one.finding.position).cmp(&(&other.file, other.finding.position)));
    if let Some(path) = &plan.write_baseline {
        Baseline::write(&findings, path)?;
        summary.known = findings.len();
        findings.clear();
    }
    if let Some(baseline) = baseline {
        summary.known = baseline.take_from(&mut findings);
    }
    let text = plan.format.render(&findings, &summary, context.reporter.is_quiet());
    io::write_stdout(text.as_bytes())?;
    Ok(match (failed, findings.is_empty()) {
        (true, _) => Exit::Unreadable,
        (false, false) => Exit::Other,
        (false, true) => Exit::Success,
    })
}

struct Work<'a> {
    tree: &'a Tree,
    rules: &'a Rules,
    checker: Checker,
    keyring: Option<&'a Keyring<'a>>,
    require_all: bool,
}

/// What came of a file.
struct Checked {
    findings: Vec<Found>,
    encrypted: bool,
    allowed: usize,
    /// Whether it was opened, if it was tried.
    opened: Option<bool>,
}

impl Work<'_> {
    /// Checks one file; `None` if it is none.
    fn file(&self, item: &Item) -> Result<Option<Checked>, Failure> {
        let Some(text) = self.tree.content(item)? else { return Ok(None) };
        let path = self.tree.absolute(item);
        let is_config = path.file_name().is_some_and(|name| name == CONFIG_NAME);
        let rule = if is_config { None } else { self.rules.rule_for(&path, &self.tree.root) };
        let (rule, place) = rule.unzip();
        let format = Format::of_name(&path.to_string_lossy());
        let mut report = self.checker.check(&text, format, rule);
        let opened = match (self.keyring, report.sealed.take()) {
            (Some(keyring), Some(sealed)) => Some(self.open(keyring, sealed, &mut report.findings)),
            _ => None,
        };
        let exceptions = Exceptions::of(&text);
        let (findings, allowed) = self.told(&text, report.findings, &exceptions, |finding| Found {
            finding,
            file: name(&item.path, &self.tree.root),
            column: 0,
            rule: place.clone(),
        });
        Ok(Some(Checked { findings, encrypted: report.encrypted, allowed, opened }))
    }

    /// Opens an encrypted file, and forgets at once what is in it. Whether a key was found.
    fn open(
        &self,
        keyring: &Keyring<'_>,
        sealed: fieldseal_core::Sealed,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let Err(failure) = keyring.open_sealed(sealed, 1) else { return true };
        let finding = match failure.exit() {
            Exit::DataKey if self.require_all => Finding::new(Kind::NoKey, "no key at hand opens the file"),
            Exit::DataKey => return false,
            Exit::Mac => Finding::new(Kind::MacMismatch, failure.message().to_owned()),
            _ => Finding::new(Kind::CannotDecrypt, failure.message().to_owned()),
        };
        let locked = finding.kind == Kind::NoKey;
        let finding = finding.at(failure.at(), failure.tree_path().unwrap_or_default());
        // What is clear or damaged was found without a key.
        if finding.position.is_none() || !findings.iter().any(|other| other.position == finding.position) {
            findings.push(finding);
        }
        !locked
    }

    /// The findings about the rules themselves, and how many are allowed.
    fn rules(&self, plan: &Plan) -> Result<(Vec<Found>, usize), Failure> {
        let mut told = Vec::new();
        let mut allowed = 0;
        let all = match (&plan.scope, &self.tree.all) {
            (Scope::Everything, Some(all)) => Some(all),
            _ => None,
        };
        let all: Option<Vec<PathBuf>> =
            all.map(|all| all.iter().map(|path| self.tree.root.join(path)).collect());
        for loaded in self.rules.loaded() {
            let mut findings = loaded.findings.clone();
            if let Some(all) = all.as_ref().filter(|_| loaded.path.starts_with(&self.tree.root)) {
                findings.extend(loaded.unused(all));
            }
            if findings.is_empty() {
                continue;
            }
            let text = crate::check::Lookup::read(self.tree, &loaded.path)?;
            let exceptions = Exceptions::of(&text);
            let (found, passed) = self.told(&text, findings, &exceptions, |finding| Found {
                rule: loaded.rule_of(&finding, &self.tree.root),
                finding,
                file: name(&loaded.path, &self.tree.root),
                column: 0,
            });
            told.extend(found);
            allowed += passed;
        }
        Ok((told, allowed))
    }

    /// The findings about `text` that are told, and how many of them exceptions allow.
    fn told(
        &self,
        text: &[u8],
        findings: Vec<Finding>,
        exceptions: &Exceptions,
        make: impl Fn(Finding) -> Found,
    ) -> (Vec<Found>, usize) {
        let before = findings.len();
        let mut told: Vec<Found> =
            findings.into_iter().filter(|finding| !exceptions.allow(finding)).map(&make).collect();
        let allowed = before - told.len();
        told.extend(exceptions.problems().iter().cloned().map(&make));
        for found in &mut told {
            found.column = characters(text, found.finding.position);
        }
        (told, allowed)
    }
}
