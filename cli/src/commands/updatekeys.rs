//! `updatekeys`: encrypted files get the keys that their rules name.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::ask::ask;
use super::batch::{self, Alone, Batch, Outcome, Report, Words};
use crate::context::Context;
use crate::engine::{self, Change, Configs, Format, Keyring, Rotation, Stores, was_sealed};
use crate::environment;
use crate::exit::Exit;
use crate::files::{Origin, Work, may_be_many};
use crate::io::{self, Bytes, Target};
use crate::plan::{Decryption, Destination, Types};
use crate::report::{Failure, shown};
use crate::role::Role;
use crate::types;

/// Which files get the keys of their rules, and how.
pub(crate) struct Plan {
    /// Files, directories and patterns.
    pub(crate) files: Vec<PathBuf>,
    /// Types that were given.
    pub(crate) types: Types,
    /// Whether nobody is asked.
    pub(crate) yes: bool,
    /// Whether files whose keys change get a new data key as well.
    pub(crate) rotate: bool,
    /// How files are opened.
    pub(crate) open: Decryption,
}

/// Brings the keys of the files in line with the rules.
///
/// # Errors
/// What made the whole command fail.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let many = may_be_many(&plan.files);
    let colour = std::io::stdout().is_terminal() && environment::NO_COLOR.path().is_none();
    let (configs, keyring) = (Configs::new(context), Keyring::new(&plan.open, context));
    let command = UpdateKeys { plan, context, configs, keyring, many, colour };
    let batch = Batch {
        arguments: &plan.files,
        destination: &Destination::InPlace,
        words: &Words { done: "updated", unchanged: "already up to date" },
        context,
        one_by_one: !plan.yes,
        summary: true,
        unlisted: &|failure| command.as_sops(failure),
    };
    let exit =
        batch.run(|work, alone| command.file(work, alone).map_err(|failure| command.as_sops(failure)))?;
    // sops counts the files that failed, and ends with 1.
    Ok(if many && context.role == Role::Sops && exit != Exit::Success { Exit::Other } else { exit })
}

struct UpdateKeys<'a> {
    plan: &'a Plan,
    context: &'a Context,
    configs: Configs<'a>,
    keyring: Keyring<'a>,
    /// Whether there may be several files.
    many: bool,
    /// Whether stdout takes colours.
    colour: bool,
}

impl UpdateKeys<'_> {
    fn file(&self, work: &Work, alone: Alone) -> Result<Report, Failure> {
        if matches!(work.origin, Origin::Link(_)) {
            // The file itself is in the list as well.
            return Ok(Report::new(Outcome::Skipped));
        }
        let (format, _) = types::choose(&self.plan.types, Some(&work.path), self.context.role)?;
        let source = io::read_file(&work.path)?;
        if work.origin == Origin::Found && !was_sealed(&source, format) {
            return Ok(Report::new(Outcome::Skipped));
        }
        let mut report = Report::new(Outcome::Done);
        match self.update(&work.path, source, format, &mut report, alone) {
            Ok(outcome) => report.outcome = outcome,
            // What was said so far is said all the same.
            Err(failure) => report.failure = Some(self.as_sops(failure)),
        }
        Ok(report)
    }

    /// Brings the keys of the file at `path`, which holds `source`, in line with its rule.
    fn update(
        &self,
        path: &Path,
        mut source: Bytes,
        format: Format,
        report: &mut Report,
        alone: Alone,
    ) -> Result<Outcome, Failure> {
        self.log(report, "Syncing keys for file", path, "");
        let Some(mut change) = self.change(&source, format, path)? else {
            return Ok(self.unchanged(report, path));
        };
        let question = self.question(&change, path);
        if self.plan.yes {
            report.printed = question;
        } else {
            std::mem::take(&mut report.notes).iter().for_each(|note| self.context.reporter.note(note));
            if !ask(&format!("{question}Is this okay? (y/n):"))? {
                report.notes.push(format!("File {} left unchanged", shown(path)));
                return Ok(Outcome::Unchanged);
            }
        }
        let target = Target::open(path, || batch::waiting(self.context, path))?;
        if target.content() != source.as_slice() {
            source = Bytes::new(target.content().to_vec());
            match self.change(&source, format, path)? {
                None => return Ok(self.unchanged(report, path)),
                Some(now) if now == change => {}
                Some(now) if self.plan.yes => {
                    report.printed = self.question(&now, path);
                    change = now;
                }
                Some(_) => {
                    let message =
                        "another program changed the keys of the file meanwhile; it was left as it is";
                    return Err(Failure::new(Exit::Unwritable, message).hint("run the command again"));
                }
            }
        }
        let text = self.updated(source, format, &change, report, alone)?;
        report.warnings.extend(target.replace(&text)?);
        self.log(report, "File", path, " synced with new keys");
        Ok(Outcome::Done)
    }

    /// What has to change in the keys of the text.
    fn change(&self, source: &[u8], format: Format, path: &Path) -> Result<Option<Change>, Failure> {
        let metadata = engine::metadata(source, format)?;
        Ok(Change::to_rule(&metadata, self.configs.access(path)?, self.context.role))
    }

    /// The text with its new keys. It was opened and its MAC checked before the data key goes to anyone.
    fn updated(
        &self,
        source: Bytes,
        format: Format,
        change: &Change,
        report: &mut Report,
        alone: Alone,
    ) -> Result<Vec<u8>, Failure> {
        let threads = alone.threads(source.len());
        change.access.check()?;
        let (opened, recovered, warnings) = engine::read(source, format)
            .and_then(|sealed| self.keyring.open_with_shares(sealed, threads))
            .map_err(super::groups::nothing_given)?;
        report.warnings.extend(warnings);
        if self.plan.rotate {
            let (access, keyring, role) = (&change.access, &self.keyring, self.context.role);
            let rotation =
                Rotation { access, keyring, output: format, role, threads, stores: Stores::default() };
            let rotated = engine::rotate(&opened, &rotation)?;
            report.warnings.extend(rotated.warnings);
            return Ok(rotated.text);
        }
        report.warnings.extend(change.removal());
        engine::rewrap(&opened, &recovered, &change.access, &self.keyring)
    }

    fn question(&self, change: &Change, path: &Path) -> String {
        let first = match self.context.role {
            Role::Sops => "The following changes will be made to the file's groups:\n".to_owned(),
            Role::Own => {
                format!("The following changes will be made to the key groups of {}:\n", shown(path))
            }
        };
        first + &change.render(self.colour)
    }

    fn unchanged(&self, report: &mut Report, path: &Path) -> Outcome {
        report.printed.clear();
        self.log(report, "File", path, " already up to date");
        if self.context.role == Role::Own && !self.many {
            report.notes.push(format!("{}: already up to date", shown(path)));
        }
        Outcome::Unchanged
    }

    /// Adds a line that sops logs about the file. Under the own name the summary says enough.
    fn log(&self, report: &mut Report, before: &str, path: &Path, behind: &str) {
        if self.context.role == Role::Sops {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            report.notes.push(format!("{before} {}{behind}", shown(&path)));
        }
    }

    /// The failure with the code that sops gives it.
    fn as_sops(&self, failure: Failure) -> Failure {
        match (self.context.role, failure.exit()) {
            (Role::Sops, Exit::NoFile | Exit::Unwritable) => failure.code(Exit::Other),
            _ => failure,
        }
    }
}
