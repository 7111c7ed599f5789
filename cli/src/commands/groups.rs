//! `groups add` and `groups delete`: one key group more, or less, in an encrypted file.

use std::path::{Path, PathBuf};

use fieldseal_core::KeyId;

use super::batch::{self, Alone};
use crate::context::Context;
use crate::engine::{self, Change, Keyring};
use crate::exit::Exit;
use crate::io::{self, Access, Bytes, Target};
use crate::plan::{Decryption, Destination, Types};
use crate::report::{Failure, Warning};
use crate::role::Role;
use crate::types;

/// Which file, and what changes in its groups.
pub(crate) struct Plan {
    /// The file.
    pub(crate) file: PathBuf,
    /// Whether the result replaces it; else it goes to stdout.
    pub(crate) in_place: bool,
    /// What changes.
    pub(crate) edit: Edit,
    /// How many groups are needed from now on; 0: as the file says.
    pub(crate) threshold: usize,
    /// How the file is opened.
    pub(crate) open: Decryption,
}

/// A change of the groups of a file.
pub(crate) enum Edit {
    /// A group more, behind the others.
    Add(Vec<KeyId>),
    /// Without the group of this number; the first has 0.
    Delete(usize),
}

/// Changes the groups of the file.
///
/// # Errors
/// What made it fail. The file is then as it was.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let changed = change(plan, context).map_err(|failure| failure.file(&plan.file));
    let warnings = changed.map_err(|failure| match (context.role, failure.exit()) {
        (Role::Sops, Exit::NoFile) => failure.code(Exit::Unreadable),
        (Role::Sops, Exit::DataKey | Exit::Unwritable) => failure.code(Exit::Other),
        _ => failure,
    })?;
    for warning in warnings {
        context.reporter.warning(&warning.file(&plan.file));
    }
    Ok(Exit::Success)
}

fn change(plan: &Plan, context: &Context) -> Result<Vec<Warning>, Failure> {
    if !plan.in_place {
        let source = io::read_file(&plan.file)?;
        let (text, warnings) = changed(source, plan, context)?;
        batch::write(&Destination::Stdout, Path::new(""), &text, Access::Shared)?;
        return Ok(warnings);
    }
    let target = Target::open(&plan.file, || batch::waiting(context, &plan.file))?;
    let (text, mut warnings) = changed(Bytes::new(target.content().to_vec()), plan, context)?;
    warnings.extend(target.replace(&text)?);
    Ok(warnings)
}

/// The text with its groups changed. It was opened and its MAC checked before the data key goes to anyone.
fn changed(source: Bytes, plan: &Plan, context: &Context) -> Result<(Vec<u8>, Vec<Warning>), Failure> {
    let types = Types { input: None, output: None };
    let (format, _) = types::choose(&types, Some(&plan.file), context.role)?;
    let metadata = engine::metadata(&source, format)?;
    let mut access = engine::Access::of(&metadata);
    if plan.threshold > 0 {
        access.threshold = plan.threshold;
    }
    match &plan.edit {
        Edit::Add(keys) => access.groups.push(keys.clone()),
        Edit::Delete(number) => {
            let count = access.groups.len();
            if *number >= count {
                let message =
                    format!("there is no key group {number}: the file has {count}, and the first is 0");
                return Err(Failure::new(Exit::Other, message));
            }
            access.groups.remove(*number);
        }
    }
    let (threshold, count) = (access.threshold, access.groups.len());
    if count > 0 && count < threshold {
        let problem = format!("Shamir threshold is {threshold}, but we only have {count} key groups");
        return Err(Failure::new(
            Exit::Other,
            match plan.edit {
                Edit::Add(_) => format!("this Shamir threshold is impossible to satisfy: {problem}"),
                Edit::Delete(_) => format!(
                    "removing this key group will make the Shamir threshold impossible to satisfy: {problem}"
                ),
            },
        )
        .hint("set another with --shamir-secret-sharing-threshold"));
    }
    access.check()?;
    let change = Change::new(&metadata, access);
    let keyring = Keyring::new(&plan.open, context);
    let threads = Alone::YES.threads(source.len());
    let opened = engine::read(source, format).and_then(|sealed| keyring.open_with_shares(sealed, threads));
    let (opened, recovered, mut warnings) = opened.map_err(nothing_given)?;
    let text = engine::rewrap(&opened, &recovered, &change.access, &keyring)?;
    warnings.extend(change.removal());
    Ok((text, warnings))
}

/// The failure of opening a file whose keys were to change: what to do about a MAC that does not fit.
pub(super) fn nothing_given(failure: Failure) -> Failure {
    match failure.exit() {
        Exit::Mac => {
            failure.hint("restore the file from a commit that is known to be good; nothing was written")
        }
        _ => failure,
    }
}
