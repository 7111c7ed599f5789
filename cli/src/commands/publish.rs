//! `publish`: encrypted files, or their values, to where the destination rules say.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use fieldseal_core::Plaintext;

use super::ask::ask;
use super::batch::{Alone, Batch, Outcome, Report, Words};
use crate::context::Context;
use crate::engine::{self, Change, Configs, Format, Keyring, Publication, check_sealed, was_sealed};
use crate::environment;
use crate::exit::Exit;
use crate::files::{Origin, Work};
use crate::io::{self, Bytes};
use crate::plan::{Decryption, Destination, Types};
use crate::publish::{Changes, Place, Publisher, There, name_at};
use crate::report::{Failure, Warning, shown};
use crate::role::Role;
use crate::types;

/// What is published, and how.
pub(crate) struct Plan {
    /// Files, directories and patterns.
    pub(crate) files: Vec<PathBuf>,
    /// Whether nobody is asked.
    pub(crate) yes: bool,
    /// Whether names lose their last extension, whatever the rule says.
    pub(crate) omit_extensions: bool,
    /// Whether all files of a directory are meant; under the own name they always are.
    pub(crate) recursive: bool,
    /// How files are opened.
    pub(crate) open: Decryption,
}

/// Publishes the files.
///
/// # Errors
/// What made the whole command fail.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let sops = context.role == Role::Sops;
    let directory = plan.files.first().is_some_and(|path| path.is_dir());
    let configs = Configs::new(context);
    if sops && directory && !plan.recursive {
        return Err(Failure::new(Exit::Other, "can't operate on a directory without --recursive flag"));
    }
    let command = Publish {
        plan,
        context,
        configs,
        keyring: Keyring::new(&plan.open, context),
        publisher: Publisher::new(),
        colour: std::io::stdout().is_terminal() && environment::NO_COLOR.path().is_none(),
        taken: Mutex::default(),
        stopped: AtomicBool::new(false),
    };
    let batch = Batch {
        arguments: &plan.files,
        destination: &Destination::InPlace,
        words: &Words { done: "published", unchanged: "already there" },
        context,
        one_by_one: !plan.yes || sops,
        summary: !sops,
        unlisted: &|failure| command.as_sops(failure),
    };
    batch.run(|work, alone| {
        // As sops, which ends at the first failure.
        if command.stopped.load(Ordering::Relaxed) {
            return Ok(Report::new(Outcome::Skipped));
        }
        let done = command.file(work, alone).map_err(|failure| command.as_sops(failure));
        if sops && done.as_ref().map_or(true, |report| report.failure.is_some()) {
            command.stopped.store(true, Ordering::Relaxed);
        }
        done
    })
}

struct Publish<'a> {
    plan: &'a Plan,
    context: &'a Context,
    configs: Configs<'a>,
    keyring: Keyring<'a>,
    publisher: Publisher,
    /// Whether stdout takes colours.
    colour: bool,
    /// Which file goes to which place.
    taken: Mutex<HashMap<Place, PathBuf>>,
    /// Whether nothing more is to be done.
    stopped: AtomicBool,
}

/// What goes to a place.
enum Content {
    /// A file.
    File(Vec<u8>),
    /// Values in clear.
    Values(Plaintext),
}

impl Content {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::File(text) => text,
            Self::Values(values) => values.as_bytes(),
        }
    }
}

impl Publish<'_> {
    fn file(&self, work: &Work, alone: Alone) -> Result<Report, Failure> {
        let role = self.context.role;
        let publication = self.configs.publication(&work.path, role, self.keyring.services())?;
        let found = role == Role::Own && work.origin != Origin::Named;
        let publication = match publication {
            Some(publication) => publication,
            // Most files of a repository are not for publication.
            None if found => return Ok(Report::new(Outcome::Skipped)),
            None => {
                return Err(Failure::new(
                    Exit::Other,
                    "error loading config: no matching destination found in config",
                )
                .hint("add a destination rule for this path to .sops.yaml"));
            }
        };
        let (format, _) = types::choose(&Types { input: None, output: None }, Some(&work.path), role)?;
        let source = io::read_file(&work.path)?;
        if found && !was_sealed(&source, format) {
            return Ok(Report::new(Outcome::Skipped));
        }
        let place = self.place(work, &publication)?;
        let mut report = Report::new(Outcome::Done);
        match self.publish(&work.path, source, format, &publication, &place, &mut report, alone) {
            Ok(outcome) => report.outcome = outcome,
            // What was said so far is said all the same.
            Err(failure) => report.failure = Some(self.as_sops(failure)),
        }
        Ok(report)
    }

    /// Where the file goes. Under the own name no two files go to one place.
    fn place(&self, work: &Work, publication: &Publication) -> Result<Place, Failure> {
        let base = || work.path.file_name().map(Path::new).unwrap_or(&work.path).to_owned();
        let name = if work.origin == Origin::Named { base() } else { work.below.clone() };
        let name = name_at(&name, self.plan.omit_extensions || publication.omit_extensions)?;
        let place = Place::new(&publication.destination, &name);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.insert(place.clone(), work.path.clone()) {
            Some(other) if self.context.role == Role::Own => {
                let message = format!("{place} is where {} goes as well", shown(&other));
                Err(Failure::new(Exit::Conflict, message)
                    .hint("this file was not published; rename one of them"))
            }
            _ => Ok(place),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "what one file is")]
    fn publish(
        &self,
        path: &Path,
        source: Bytes,
        format: Format,
        publication: &Publication,
        place: &Place,
        report: &mut Report,
        alone: Alone,
    ) -> Result<Outcome, Failure> {
        let content = self.content(source, format, publication, place, report, alone)?;
        report.warnings.extend(self.publisher.warnings(place)?);
        // sops asks before it looks.
        let first = self.context.role == Role::Sops && !self.plan.yes;
        if first && !self.agreed(path, place, &There::Nothing, report)? {
            return self.declined(path, report);
        }
        let there = self.there(place, publication, content.as_bytes(), report)?;
        if matches!(there, There::Same) {
            self.note(report, format!("{}: {place} is up to date", shown(path)));
            return Ok(Outcome::Unchanged);
        }
        if !self.plan.yes && !first && !self.agreed(path, place, &there, report)? {
            return self.declined(path, report);
        }
        self.publisher.put(place, content.as_bytes())?;
        self.note(report, format!("{}: published to {place}", shown(path)));
        Ok(Outcome::Done)
    }

    /// What goes to the place, checked. Values leave only after the MAC of the file was.
    fn content(
        &self,
        source: Bytes,
        format: Format,
        publication: &Publication,
        place: &Place,
        report: &mut Report,
        alone: Alone,
    ) -> Result<Content, Failure> {
        let threads = alone.threads(source.len());
        let text = if place.is_for_values() || publication.recreation.is_some() {
            Vec::new()
        } else {
            source.to_vec()
        };
        let sealed = engine::read(source, format)?;
        if place.is_for_values() {
            let (opened, _, warnings) = self.keyring.open_sealed(sealed, threads)?;
            report.warnings.extend(warnings);
            return engine::values(&opened, self.context.role).map(Content::Values);
        }
        let (Some(recipe), Some(access)) = (&publication.recreation, publication.access()) else {
            check_sealed(&sealed)?;
            if self.context.role == Role::Own {
                match self.keyring.open_sealed(sealed, threads) {
                    Ok((_, _, warnings)) => report.warnings.extend(warnings),
                    // Publishing what is encrypted takes no key.
                    Err(failure) if failure.exit() == Exit::DataKey => report.warnings.push(Warning::new(
                        "no key at hand opens the file: it is published without a look at its MAC",
                    )),
                    Err(failure) => return Err(failure),
                }
            }
            return Ok(Content::File(text));
        };
        let (opened, _, warnings) = self.keyring.open_sealed(sealed, threads)?;
        report.warnings.extend(warnings);
        let change = Change::new(opened.metadata(), access);
        if change.changes_keys() {
            report.printed += "The following changes will be made to the file's key groups:\n";
            report.printed += &change.render_groups(self.colour);
        }
        change.access.check()?;
        let clear = Bytes::new(opened.plaintext().as_bytes().to_vec());
        let sealed = engine::seal(clear, format, recipe, threads)?;
        report.warnings.extend(sealed.warnings);
        if sealed.selected == 0 {
            report.warnings.push(recipe.nothing_selected());
        }
        Ok(Content::File(sealed.text))
    }

    /// What is at the place. Under the name `sops` only Vault is asked, as there.
    fn there(
        &self,
        place: &Place,
        publication: &Publication,
        content: &[u8],
        report: &mut Report,
    ) -> Result<There, Failure> {
        let sops = self.context.role == Role::Sops;
        // What is encrypted anew is never the same.
        if !place.is_for_values() && (sops || (publication.recreation.is_some() && self.plan.yes)) {
            return Ok(There::Nothing);
        }
        let there = self.publisher.there(place, content)?;
        if let There::Unknown(status) = there
            && place.is_for_values()
        {
            report.warnings.push(Warning::new(format!(
                "Vault does not tell what is there, with status {status}: a new version is written even if nothing changed"
            )));
        }
        Ok(there)
    }

    /// Says what is to be known, and asks.
    fn agreed(
        &self,
        path: &Path,
        place: &Place,
        there: &There,
        report: &mut Report,
    ) -> Result<bool, Failure> {
        for warning in std::mem::take(&mut report.warnings) {
            self.context.reporter.warning(&warning.file(path));
        }
        ask(&self.question(path, place, there, report)?)
    }

    fn question(
        &self,
        path: &Path,
        place: &Place,
        there: &There,
        report: &mut Report,
    ) -> Result<String, Failure> {
        let mut text = std::mem::take(&mut report.printed);
        if self.context.role == Role::Sops {
            let path = engine::absolute(path)?;
            return Ok(format!("{text}uploading {} to {place} ? (y/n): ", shown(&path)));
        }
        text += &match there {
            There::Other(_) => format!("{} replaces what is at {place}\n", shown(path)),
            _ => format!("{} goes to {place}\n", shown(path)),
        };
        if let There::Other(Changes { added, removed, changed }) = there {
            for (mark, names) in [("+++", added), ("---", removed), ("~~~", changed)] {
                names.iter().for_each(|name| text += &format!("{mark} {name}\n"));
            }
        }
        Ok(text + "Is this okay? (y/n):")
    }

    /// What becomes of a file that is not to be published after all.
    fn declined(&self, path: &Path, report: &mut Report) -> Result<Outcome, Failure> {
        match self.context.role {
            Role::Own => {
                report.notes.push(format!("{} was not published", shown(path)));
                Ok(Outcome::Skipped)
            }
            Role::Sops => {
                let message = format!("Publication of {} canceled", shown(&engine::absolute(path)?));
                if !self.plan.recursive {
                    return Err(Failure::new(Exit::Other, message));
                }
                report.printed = message + "\n";
                Ok(Outcome::Skipped)
            }
        }
    }

    /// A line for people; sops says nothing.
    fn note(&self, report: &mut Report, line: String) {
        if self.context.role == Role::Own {
            report.notes.push(line);
        }
    }

    /// The failure with the code that sops gives it.
    fn as_sops(&self, failure: Failure) -> Failure {
        match (self.context.role, failure.exit()) {
            (Role::Sops, Exit::NoFile | Exit::Unreadable | Exit::Unwritable) => failure.code(Exit::Other),
            _ => failure,
        }
    }
}
