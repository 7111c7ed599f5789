//! `set` and `unset`: single values of an encrypted file, changed where they stand.

use std::path::PathBuf;

use fieldseal_core::Step;
use fieldseal_core::edit::NewValue;

use super::batch;
use crate::context::Context;
use crate::engine::{Configs, Edit, Editing, Keyring, edited};
use crate::exit::Exit;
use crate::io::{self, Bytes, Target};
use crate::plan::{Decryption, Types};
use crate::report::Failure;
use crate::types;

/// What is to be changed.
pub(crate) struct Plan {
    /// The file.
    pub(crate) file: PathBuf,
    /// The changes, which are made in this order and written at once.
    pub(crate) changes: Vec<Change>,
    /// Whether nothing is written when nothing changes, and missing values need no removal.
    pub(crate) idempotent: bool,
    /// Types that were given.
    pub(crate) types: Types,
    /// How the file is opened.
    pub(crate) open: Decryption,
}

/// One change.
pub(crate) enum Change {
    /// The value at a path is set.
    Set(Vec<Step>, Source),
    /// The value at a path is removed.
    Unset(Vec<Step>),
}

/// Where a JSON value comes from.
pub(crate) enum Source {
    /// It was given.
    Json(Bytes),
    /// From a file.
    File(PathBuf),
    /// From stdin.
    Stdin,
}

/// Makes the changes of the plan.
///
/// # Errors
/// What made it fail. The file is then as it was.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    change(plan, context).map_err(|failure| failure.file(&plan.file))
}

fn change(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let formats = types::choose(&plan.types, Some(&plan.file), context.role)?;
    let edits: Result<Vec<Edit<'_>>, Failure> = plan.changes.iter().map(read).collect();
    let edits = edits?;
    let target = Target::open(&plan.file, || batch::waiting(context, &plan.file))?;
    let source = Bytes::new(target.content().to_vec());
    let keyring = Keyring::new(&plan.open, context);
    let (opened, data_key, mut warnings) = keyring.open(source, formats.0, 1)?;
    let configs = Configs::for_indentation(context);
    let stores = || configs.stores(&plan.file);
    let editing = Editing { to: formats.1, idempotent: plan.idempotent, role: context.role, stores: &stores };
    let sealed = edited(&opened, &data_key, &edits, &editing)?;
    if let Some(sealed) = sealed {
        warnings.extend(sealed.warnings);
        warnings.extend(target.replace(&sealed.text)?);
    }
    for warning in warnings {
        context.reporter.warning(&warning.file(&plan.file));
    }
    Ok(Exit::Success)
}

fn read(change: &Change) -> Result<Edit<'_>, Failure> {
    let (path, source) = match change {
        Change::Unset(path) => return Ok(Edit::Unset(path)),
        Change::Set(path, source) => (path, source),
    };
    let value = match source {
        Source::Json(text) => NewValue::from_json(text),
        Source::File(name) => NewValue::from_json(&io::read_file(name)?),
        Source::Stdin => NewValue::from_json(&io::read_stdin()?),
    };
    let value = value.map_err(|problem| {
        Failure::new(Exit::InvalidPathOrValue, problem.to_string())
            .hint("a text needs double quotes inside of those for the shell: '\"text\"'")
    })?;
    Ok(Edit::Set(path, value))
}
