//! `decrypt`: encrypted files in, clear text out.

use std::path::{Path, PathBuf};

use fieldseal_core::Step;

use super::batch::{self, Alone, Outcome, Words};
use crate::context::Context;
use crate::engine::{Configs, Format, Keyring, Opened, failure_of_extract, is_clear, text_in, was_sealed};
use crate::exit::Exit;
use crate::files::{Origin, Work};
use crate::io::{self, Access, Bytes, Target};
use crate::plan::{Decryption, Destination, Input, Types};
use crate::report::{Failure, Warning};
use crate::role::Role;
use crate::types;

/// What is to be decrypted, how, and where to.
pub(crate) struct Plan {
    /// Where to read from.
    pub(crate) input: Input,
    /// Where the results go.
    pub(crate) destination: Destination,
    /// The name that stands for that of the file when its type is chosen.
    pub(crate) name: Option<PathBuf>,
    /// Types that were given.
    pub(crate) types: Types,
    /// The only value that is wanted.
    pub(crate) extract: Option<Vec<Step>>,
    /// How files are opened.
    pub(crate) open: Decryption,
}

/// Decrypts what the plan names.
///
/// # Errors
/// What made the whole command fail.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let command = Decrypt {
        plan,
        context,
        keyring: Keyring::new(&plan.open, context),
        configs: Configs::for_indentation(context),
    };
    match &plan.input {
        Input::Stdin => {
            for warning in command.stdin()? {
                context.reporter.warning(&warning);
            }
            Ok(Exit::Success)
        }
        Input::Files(arguments) => {
            let words = Words { done: "decrypted", unchanged: "unchanged" };
            batch::run(arguments, &plan.destination, &words, context, |work, alone| command.file(work, alone))
        }
    }
}

struct Decrypt<'a> {
    plan: &'a Plan,
    context: &'a Context,
    keyring: Keyring<'a>,
    configs: Configs<'a>,
}

impl Decrypt<'_> {
    fn stdin(&self) -> Result<Vec<Warning>, Failure> {
        let (input, output) = self.formats(self.plan.name.as_deref())?;
        let source = io::read_stdin()?;
        let (opened, mut warnings) = self.open(source, input, Alone::YES)?;
        let name = self.plan.name.as_deref().unwrap_or(Path::new(""));
        warnings.extend(self.write(&opened, output, name, Path::new(""))?);
        Ok(warnings)
    }

    fn file(&self, work: &Work, alone: Alone) -> batch::Result {
        if matches!(work.origin, Origin::Link(_)) {
            // The file itself is in the list as well.
            return Ok((Outcome::Skipped, Vec::new()));
        }
        let name = self.plan.name.as_deref().unwrap_or(&work.path);
        let (format, output) = self.formats(Some(name))?;
        let mut found = None;
        if work.origin == Origin::Found {
            let source = io::read_file(&work.path)?;
            if !was_sealed(&source, format) {
                return Ok((Outcome::Skipped, Vec::new()));
            }
            found = Some(source);
        }
        if matches!(self.plan.destination, Destination::InPlace) {
            let target = Target::open(&work.path, || batch::waiting(self.context, &work.path))?;
            let (opened, mut warnings) = self.open(Bytes::new(target.content().to_vec()), format, alone)?;
            let (text, lost) = text_in(&opened, output, self.context.role, || self.configs.stores(name))?;
            warnings.extend(lost);
            warnings.extend(target.replace(text.as_bytes())?);
            Ok((Outcome::Done, warnings))
        } else {
            let source = match found {
                Some(source) => source,
                None => io::read_file(&work.path)?,
            };
            if self.passes(&source, (format, output)) {
                batch::write(&self.plan.destination, &work.below, &source, Access::Private)?;
                return Ok((
                    Outcome::Done,
                    vec![Warning::new("not encrypted; printed as it is").file(&work.path)],
                ));
            }
            let (opened, mut warnings) = self.open(source, format, alone)?;
            warnings.extend(self.write(&opened, output, name, &work.below)?);
            Ok((Outcome::Done, warnings))
        }
    }

    /// Whether a text goes to stdout as it is: Git shows differences through this command, and among the versions of
    /// a file are some from before it was encrypted. sops refuses them.
    fn passes(&self, source: &[u8], (format, output): (Format, Format)) -> bool {
        self.context.role == Role::Own
            && matches!(self.plan.destination, Destination::Stdout)
            && self.plan.extract.is_none()
            && format == output
            && is_clear(source, format)
    }

    fn open(&self, source: Bytes, format: Format, alone: Alone) -> Result<(Opened, Vec<Warning>), Failure> {
        let threads = alone.threads(source.len());
        let (opened, _, warnings) = self.keyring.open(source, format, threads)?;
        Ok((opened, warnings))
    }

    /// Writes the text, or what is wanted of it. The configuration for the file `name` says how it is indented where it
    /// is printed anew.
    fn write(
        &self,
        opened: &Opened,
        output: Format,
        name: &Path,
        below: &Path,
    ) -> Result<Vec<Warning>, Failure> {
        match &self.plan.extract {
            None => {
                let stores = || self.configs.stores(name);
                let (text, warnings) = text_in(opened, output, self.context.role, stores)?;
                batch::write(&self.plan.destination, below, text.as_bytes(), Access::Private)?;
                Ok(warnings)
            }
            Some(path) => {
                // A broken configuration keeps nobody from a value.
                let stores = self.configs.stores(name).unwrap_or_default();
                let value =
                    opened.extract_as(path, output, &stores).map_err(|error| failure_of_extract(&error))?;
                batch::write(&self.plan.destination, below, value.as_bytes(), Access::Private)?;
                Ok(Vec::new())
            }
        }
    }

    /// The formats to read and to write.
    fn formats(&self, name: Option<&Path>) -> Result<(Format, Format), Failure> {
        types::choose(&self.plan.types, name, self.context.role)
    }
}
