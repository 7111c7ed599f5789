//! `edit`: the clear text of a file in an editor, and back.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::editor::Editor;
use crate::engine::{Configs, Draft, Format, Keyring, Stores};
use crate::exit::Exit;
use crate::io::{self, Access, Bytes, Target};
use crate::plan::{Decryption, KeyChoice, Selection, Types};
use crate::report::{Failure, Warning};
use crate::scratch::Scratch;
use crate::types;

/// What is to be edited, and how it is opened and encrypted.
pub(crate) struct Plan {
    /// The file; it may not exist yet.
    pub(crate) file: PathBuf,
    /// Whether the metadata is shown in the editor.
    pub(crate) show_master_keys: bool,
    /// Types that were given.
    pub(crate) types: Types,
    /// How the file is opened.
    pub(crate) open: Decryption,
    /// Keys that were given, for a new file.
    pub(crate) keys: KeyChoice,
    /// Selection that was given, for a new file.
    pub(crate) selection: Selection,
}

/// Edits the file of the plan.
///
/// # Errors
/// What made it fail. The file is then as it was.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    edit(plan, context).map_err(|failure| failure.file(&plan.file))
}

fn edit(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let (input, output) = types::choose(&plan.types, Some(&plan.file), context.role)?;
    let format = types::same(input, output)?;
    let editor = Editor::find()?;
    let keyring = Keyring::new(&plan.open, context);
    let (place, draft) = match std::fs::metadata(&plan.file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Now, and not when the text was written that could not be kept.
            io::check_parent(&plan.file)?;
            let recipe = Configs::new(context).recipe(&plan.file, &plan.keys, &plan.selection)?;
            (Place::New(&plan.file), Draft::new(format, &recipe)?)
        }
        _ => {
            let target = Target::open(&plan.file, || super::batch::waiting(context, &plan.file))?;
            let source = Bytes::new(target.content().to_vec());
            let (opened, data_key, warnings) = keyring.open(source, format, 1)?;
            report(warnings, plan, context);
            // All else keeps its layout.
            let stores = match format {
                Format::Binary => Configs::for_indentation(context).stores(&plan.file)?,
                _ => Stores::default(),
            };
            (
                Place::Existing(Box::new(target)),
                Draft::Existing {
                    opened: Box::new(opened),
                    data_key,
                    stores,
                    services: std::sync::Arc::clone(keyring.services()),
                },
            )
        }
    };
    let session = Session { plan, context, editor: &editor, draft: &draft };
    session.run(place)
}

/// Where the result goes.
#[allow(clippy::large_enum_variant, reason = "there is one in a run")]
enum Place<'a> {
    /// Over the file that was opened.
    Existing(Box<Target>),
    /// To a file that was not there.
    New(&'a Path),
}

struct Session<'a> {
    plan: &'a Plan,
    context: &'a Context,
    editor: &'a Editor,
    draft: &'a Draft,
}

impl Session<'_> {
    /// Lets the person edit until the text can be encrypted, or is not wanted.
    fn run(&self, place: Place<'_>) -> Result<Exit, Failure> {
        let text = self.draft.text(self.plan.show_master_keys)?;
        let name = self.plan.file.file_name().unwrap_or(OsStr::new("file"));
        let scratch = Scratch::new(name, &text)?;
        if !scratch.in_memory() && cfg!(target_os = "linux") {
            self.context.reporter.warning(
                &Warning::new("there is no place in memory; the clear text is on disk while it is edited")
                    .hint("set XDG_RUNTIME_DIR to a directory on a tmpfs"),
            );
        }
        leave_keyboard()?;
        loop {
            self.editor.run(scratch.path())?;
            let edited = scratch.read()?;
            if *edited == *text {
                self.context.reporter.note("File has not changed, exiting.");
                return Ok(Exit::Unchanged);
            }
            let sealed = self.draft.seal(&edited, self.plan.show_master_keys);
            // A save that fails must not cost the person's work either.
            match sealed.and_then(|sealed| Ok((save(&place, &sealed.text)?, sealed.warnings))) {
                Ok((warning, warnings)) => {
                    report(warnings.into_iter().chain(warning), self.plan, self.context);
                    return Ok(Exit::Success);
                }
                Err(failure) => self.ask_to_return(failure)?,
            }
        }
    }

    /// Shows what is wrong with the text and waits for Enter.
    ///
    /// # Errors
    /// There is nobody to press it: the failure itself.
    fn ask_to_return(&self, failure: Failure) -> Result<(), Failure> {
        let failure = failure.file(&self.plan.file);
        self.context.reporter.failure(&failure);
        // Before it is promised.
        take_keyboard();
        self.context.reporter.prompt("Press enter to return to the editor, or Ctrl+C to exit.");
        let answered = wait_for_enter();
        leave_keyboard()?;
        if answered { Ok(()) } else { Err(Failure::new(failure.exit(), "the text was not saved")) }
    }
}

fn save(place: &Place<'_>, sealed: &[u8]) -> Result<Option<Warning>, Failure> {
    match place {
        Place::Existing(target) => target.replace(sealed),
        Place::New(path) if io::create_new(path, sealed, Access::Shared)? => Ok(None),
        Place::New(_) => Err(Failure::new(
            Exit::Unwritable,
            "another program made this file meanwhile; it was left as it is",
        )),
    }
}

fn report(warnings: impl IntoIterator<Item = Warning>, plan: &Plan, context: &Context) {
    for warning in warnings {
        context.reporter.warning(&warning.file(&plan.file));
    }
}

/// Reads to the end of a line; false at the end of the input.
fn wait_for_enter() -> bool {
    use std::io::Read as _;
    let mut stdin = std::io::stdin().lock();
    let mut byte = [0];
    loop {
        match stdin.read(&mut byte) {
            Ok(0) => return false,
            Ok(_) if byte[0] == b'\n' => return true,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

#[cfg(unix)]
fn leave_keyboard() -> Result<(), Failure> {
    crate::signals::leave_keyboard()
        .map_err(|error| Failure::new(Exit::Other, format!("cannot watch for signals: {error}")))
}

#[cfg(unix)]
fn take_keyboard() {
    crate::signals::take_keyboard();
}

#[cfg(not(unix))]
fn leave_keyboard() -> Result<(), Failure> {
    Ok(())
}

#[cfg(not(unix))]
fn take_keyboard() {}
