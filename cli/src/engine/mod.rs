//! The seam between the commands and the library; filled when the parts of the library are there.
#![allow(dead_code, missing_docs, clippy::unused_self, unused_variables)]
use crate::context::Context;
use crate::exit::Exit;
use crate::io::Bytes;
use crate::plan::{Decryption, KeyChoice, Selection};
use crate::report::{Failure, Warning};
use fieldseal_core::{PathError, Plaintext, Step};
use std::path::Path;
mod format;
pub(crate) use format::Format;
pub(crate) struct Opened;
impl Opened {
    pub(crate) fn plaintext(&self) -> &Plaintext {
        todo!()
    }
    pub(crate) fn extract(&self, path: &[Step]) -> Result<Plaintext, PathError> {
        todo!()
    }
}
pub(crate) fn failure_of_extract(error: &PathError) -> Failure {
    no()
}
fn no() -> Failure {
    Failure::new(Exit::Other, "not available")
}
pub(crate) fn is_sealed(source: &[u8], format: Format) -> bool {
    false
}
pub(crate) struct Recipe;
impl Recipe {
    pub(crate) fn warnings(&self, format: Format) -> Vec<Warning> {
        vec![]
    }
    pub(crate) fn count_selected(&self, source: &[u8], format: Format) -> Result<usize, Failure> {
        Err(no())
    }
}
pub(crate) struct Sealed {
    pub(crate) text: Vec<u8>,
    pub(crate) warnings: Vec<Warning>,
}
pub(crate) fn seal(
    source: &[u8],
    format: Format,
    recipe: &Recipe,
    threads: usize,
) -> Result<Sealed, Failure> {
    Err(no())
}
pub(crate) struct Configs<'a>(&'a Context);
impl<'a> Configs<'a> {
    pub(crate) fn new(context: &'a Context) -> Result<Self, Failure> {
        Ok(Self(context))
    }
    pub(crate) fn recipe(
        &self,
        name: &Path,
        keys: &KeyChoice,
        selection: &Selection,
    ) -> Result<Recipe, Failure> {
        Err(no())
    }
    pub(crate) fn is_covered(&self, name: &Path) -> Result<bool, Failure> {
        Err(no())
    }
}
pub(crate) struct Keyring<'a>(&'a Context);
impl<'a> Keyring<'a> {
    pub(crate) fn new(open: &'a Decryption, context: &'a Context) -> Self {
        Self(context)
    }
    pub(crate) fn open(
        &self,
        source: Bytes,
        format: Format,
        threads: usize,
    ) -> Result<(Opened, Vec<Warning>), Failure> {
        Err(no())
    }
}
pub(crate) struct Draft;
impl Draft {
    pub(crate) fn new(format: Format, recipe: &Recipe) -> Result<Self, Failure> {
        Err(no())
    }
    pub(crate) fn of(opened: Opened) -> Self {
        Self
    }
    pub(crate) fn text(&self, metadata: bool) -> Result<Bytes, Failure> {
        Err(no())
    }
    pub(crate) fn seal(&self, text: &[u8], metadata: bool) -> Result<Sealed, Failure> {
        Err(no())
    }
}
pub(crate) fn own_recipients(context: &Context) -> Result<Vec<String>, Failure> {
    Err(no())
}
pub(crate) fn check_recipient(recipient: &str) -> Result<(), Failure> {
    Err(no())
}
pub(crate) struct Identity {
    pub(crate) secret: zeroize::Zeroizing<String>,
    pub(crate) recipient: String,
}
pub(crate) fn generate_identity() -> Result<Identity, Failure> {
    Err(no())
}
pub(crate) fn default_identity_file() -> Option<std::path::PathBuf> {
    None
}
