//! `encrypt`: files in clear text in, encrypted files out.

use std::path::{Path, PathBuf};

use super::batch::{self, Alone, Outcome, Words};
use crate::context::Context;
use crate::engine::{Configs, Format, Recipe, is_sealed, seal_as};
use crate::exit::Exit;
use crate::files::{Origin, Work};
use crate::io::{self, Access, Bytes, Target};
use crate::plan::{Destination, Input, KeyChoice, Selection, Types};
use crate::report::{Failure, Warning};
use crate::types;

/// What is to be encrypted, for whom, and where to.
pub(crate) struct Plan {
    /// Where to read from.
    pub(crate) input: Input,
    /// Where the results go.
    pub(crate) destination: Destination,
    /// The name that stands for that of the file in rules and types.
    pub(crate) name: Option<PathBuf>,
    /// Types that were given.
    pub(crate) types: Types,
    /// Keys that were given.
    pub(crate) keys: KeyChoice,
    /// Selection that was given.
    pub(crate) selection: Selection,
}

/// Encrypts what the plan names.
///
/// # Errors
/// What made the whole command fail.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let command = Encrypt { plan, context, configs: Configs::new(context) };
    match &plan.input {
        Input::Stdin => {
            for warning in command.stdin()? {
                context.reporter.warning(&warning);
            }
            Ok(Exit::Success)
        }
        Input::Files(arguments) => {
            let words = Words { done: "encrypted", unchanged: "already encrypted" };
            batch::run(arguments, &plan.destination, &words, context, |work, alone| command.file(work, alone))
        }
    }
}

struct Encrypt<'a> {
    plan: &'a Plan,
    context: &'a Context,
    configs: Configs<'a>,
}

impl Encrypt<'_> {
    fn stdin(&self) -> Result<Vec<Warning>, Failure> {
        let name = self.plan.name.as_deref().expect("the command line was checked for a name");
        let formats = self.formats(name)?;
        let recipe = self.recipe(name)?;
        let (text, warnings) = self.seal(io::read_stdin()?, formats, &recipe, Alone::YES)?;
        batch::write(&self.plan.destination, Path::new(""), &text, Access::Shared)?;
        Ok(warnings)
    }

    fn file(&self, work: &Work, alone: Alone) -> batch::Result {
        let name = self.plan.name.as_deref().unwrap_or(&work.path);
        let formats @ (format, _) = self.formats(name)?;
        let recipe = match &work.origin {
            Origin::Named => self.recipe(name)?,
            Origin::Found | Origin::Link(_) => match self.wanted(work, format)? {
                Wanted::Yes(recipe) => *recipe,
                Wanted::No(outcome) => return Ok((outcome, Vec::new())),
            },
        };
        if matches!(self.plan.destination, Destination::InPlace) {
            let target = Target::open(&work.path, || batch::waiting(self.context, &work.path))?;
            // While the file was waited for, it may have been encrypted.
            if work.origin != Origin::Named && is_sealed(target.content(), format) {
                return Ok((Outcome::Unchanged, Vec::new()));
            }
            let source = Bytes::new(target.content().to_vec());
            let (text, mut warnings) = self.seal(source, formats, &recipe, alone)?;
            warnings.extend(target.replace(&text)?);
            Ok((Outcome::Done, warnings))
        } else {
            let (text, warnings) = self.seal(io::read_file(&work.path)?, formats, &recipe, alone)?;
            batch::write(&self.plan.destination, &work.below, &text, Access::Shared)?;
            Ok((Outcome::Done, warnings))
        }
    }

    fn seal(
        &self,
        source: Bytes,
        formats: (Format, Format),
        recipe: &Recipe,
        alone: Alone,
    ) -> Result<(Vec<u8>, Vec<Warning>), Failure> {
        let (threads, empty) = (alone.threads(source.len()), source.is_empty());
        let sealed = seal_as(source, formats, recipe, threads)?;
        let mut warnings = recipe.warnings(formats.0);
        warnings.extend(sealed.warnings);
        if sealed.selected == 0 && !empty {
            warnings.push(recipe.nothing_selected());
        }
        Ok((sealed.text, warnings))
    }

    /// Whether a file of a directory is to be encrypted: a rule with a `path_regex` is for it, and selects
    /// something in it.
    fn wanted(&self, work: &Work, format: Format) -> Result<Wanted, Failure> {
        let skipped = Ok(Wanted::No(Outcome::Skipped));
        if work.path.file_name().is_some_and(|name| name == ".sops.yaml") {
            return skipped;
        }
        if let Origin::Link(real) = &work.origin {
            // It is in the list under its own name; the link counts only if that one is not meant.
            if self.configs.is_covered(real)? {
                return skipped;
            }
        }
        if !self.configs.is_covered(&work.path)? {
            return skipped;
        }
        let source = io::read_file(&work.path)?;
        if is_sealed(&source, format) {
            return Ok(Wanted::No(Outcome::Unchanged));
        }
        let recipe = self.recipe(&work.path)?;
        if recipe.count_selected(&source, format)? == 0 {
            return skipped;
        }
        Ok(Wanted::Yes(Box::new(recipe)))
    }

    /// The formats to read and to write.
    fn formats(&self, name: &Path) -> Result<(Format, Format), Failure> {
        types::choose(&self.plan.types, Some(name), self.context.role)
    }

    fn recipe(&self, name: &Path) -> Result<Recipe, Failure> {
        self.configs.recipe(name, &self.plan.keys, &self.plan.selection)
    }
}

/// What a file of a directory calls for.
enum Wanted {
    Yes(Box<Recipe>),
    No(Outcome),
}
