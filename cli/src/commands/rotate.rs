//! `rotate`: a new data key for encrypted files, and perhaps other keys.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use fieldseal_core::KeyId;

use super::batch::{self, Alone, Batch, Outcome, Report, Words};
use crate::context::Context;
use crate::engine::{self, Configs, Format, Keyring, Rotation, Sealed, Stores, was_sealed};
use crate::exit::Exit;
use crate::files::{Origin, Work};
use crate::io::{self, Access, Bytes, Target};
use crate::plan::{Decryption, Destination, Types};
use crate::report::{Failure, Warning, harmless};
use crate::role::Role;
use crate::types;

/// Which files get a new data key, and for whom it is.
pub(crate) struct Plan {
    /// Files, directories and patterns.
    pub(crate) files: Vec<PathBuf>,
    /// Where the results go.
    pub(crate) destination: Destination,
    /// The name that stands for that of the file when its type is chosen.
    pub(crate) name: Option<PathBuf>,
    /// Types that were given.
    pub(crate) types: Types,
    /// Keys for the first group.
    pub(crate) add: Vec<KeyId>,
    /// Keys to remove from every group.
    pub(crate) remove: Vec<KeyId>,
    /// How files are opened.
    pub(crate) open: Decryption,
}

/// Gives the files of the plan new data keys.
///
/// # Errors
/// What made the whole command fail: among it that no file had a key that was to be removed.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let command = Rotate {
        plan,
        context,
        keyring: Keyring::new(&plan.open, context),
        configs: Configs::for_indentation(context),
        found: Mutex::default(),
    };
    let changes_keys = !plan.add.is_empty() || !plan.remove.is_empty();
    let missing = |failure: Failure| match failure.exit() {
        Exit::NoFile if changes_keys => {
            let problem = failure.to_string().replace("cannot operate on", "cannot add or remove keys on");
            Failure::new(Exit::NoKeysOfMissing, problem)
                .hint("name the keys of a new file with `edit` or `encrypt`")
        }
        Exit::NoFile if context.role == Role::Sops => failure.code(Exit::Unreadable),
        _ => failure,
    };
    let words = Words { done: "rotated", unchanged: "without the removed key" };
    let batch = Batch {
        arguments: &plan.files,
        destination: &plan.destination,
        words: &words,
        context,
        one_by_one: false,
        summary: true,
        unlisted: &missing,
    };
    let exit = batch.run(|work, alone| command.file(work, alone))?;
    command.check_removals(exit)
}

struct Rotate<'a> {
    plan: &'a Plan,
    context: &'a Context,
    keyring: Keyring<'a>,
    configs: Configs<'a>,
    /// Which of the keys to remove were in a file, by their place in the plan.
    found: Mutex<HashSet<usize>>,
}

impl Rotate<'_> {
    fn file(&self, work: &Work, alone: Alone) -> Result<Report, Failure> {
        if matches!(work.origin, Origin::Link(_)) {
            // The file itself is in the list as well.
            return Ok(Report::new(Outcome::Skipped));
        }
        let name = self.plan.name.as_deref().unwrap_or(&work.path);
        let formats = types::choose(&self.plan.types, Some(name), self.context.role)?;
        if work.origin == Origin::Found && !was_sealed(&io::read_file(&work.path)?, formats.0) {
            return Ok(Report::new(Outcome::Skipped));
        }
        if matches!(self.plan.destination, Destination::InPlace) {
            let target = Target::open(&work.path, || batch::waiting(self.context, &work.path))?;
            let source = Bytes::new(target.content().to_vec());
            let Some(Sealed { text, mut warnings, .. }) = self.rotated(source, formats, work, alone)? else {
                return Ok(Report::new(Outcome::Unchanged));
            };
            warnings.extend(target.replace(&text)?);
            return Ok(Report { warnings, ..Report::new(Outcome::Done) });
        }
        let source = io::read_file(&work.path)?;
        let Some(Sealed { text, warnings, .. }) = self.rotated(source, formats, work, alone)? else {
            return Ok(Report::new(Outcome::Unchanged));
        };
        batch::write(&self.plan.destination, &work.below, &text, Access::Shared)?;
        Ok(Report { warnings, ..Report::new(Outcome::Done) })
    }

    /// The text with a new data key; `None` for one of a directory that the removal is not about.
    fn rotated(
        &self,
        source: Bytes,
        (format, output): (Format, Format),
        work: &Work,
        alone: Alone,
    ) -> Result<Option<Sealed>, Failure> {
        let mut access = engine::Access::of(&engine::metadata(&source, format)?);
        let mut absent = Vec::new();
        for (place, key) in self.plan.remove.iter().enumerate() {
            let before = access.groups.iter().map(Vec::len).sum::<usize>();
            for group in &mut access.groups {
                group.retain(|other| !other.is_same_key(key));
            }
            if access.groups.iter().map(Vec::len).sum::<usize>() == before {
                absent.push(key);
            } else {
                self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
            }
        }
        let mut warnings = Vec::new();
        if work.origin == Origin::Found {
            if !absent.is_empty() && absent.len() == self.plan.remove.len() && self.plan.add.is_empty() {
                return Ok(None);
            }
        } else if let Some(key) = absent.first() {
            let message = format!("the file has no key {} that could be removed", harmless(&key.to_string()));
            match self.context.role {
                Role::Own => return Err(Failure::new(Exit::Other, message).hint("nothing was written")),
                Role::Sops => warnings.push(Warning::new(message)),
            }
        }
        if let Some(first) = access.groups.first_mut() {
            for key in &self.plan.add {
                if !first.iter().any(|other| other.is_same_key(key)) {
                    first.push(key.clone());
                }
            }
        }
        access.check()?;
        let threads = alone.threads(source.len());
        let (opened, _, opening) =
            self.keyring.open(source, format, threads).map_err(super::groups::nothing_given)?;
        warnings.extend(opening);
        let (keyring, role) = (&self.keyring, self.context.role);
        let stores = if output == format {
            Stores::default()
        } else {
            self.configs.stores(self.plan.name.as_deref().unwrap_or(&work.path))?
        };
        let mut rotated =
            engine::rotate(&opened, &Rotation { access: &access, keyring, output, role, threads, stores })?;
        rotated.warnings.splice(0..0, warnings);
        Ok(Some(rotated))
    }

    /// In a directory a key need not be in every file, but it must be in one.
    fn check_removals(&self, exit: Exit) -> Result<Exit, Failure> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let absent = self.plan.remove.iter().enumerate().find(|(place, _)| !found.contains(place));
        match absent {
            Some((_, key)) if exit == Exit::Success && self.context.role == Role::Own => {
                let name = harmless(&key.to_string());
                Err(Failure::new(Exit::Other, format!("no file has the key {name}, which was to be removed")))
            }
            _ => Ok(exit),
        }
    }
}
