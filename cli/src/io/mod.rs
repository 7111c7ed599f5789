//! Bytes in and out: reading inputs, replacing files, creating files, stdout.

mod attributes;
mod create;
mod directories;
mod read;
mod stdout;
mod target;
mod temporary;

pub(crate) use create::{Access, check_parent, create, create_new, ensure_directory};
pub(crate) use directories::sync_directories;
pub(crate) use read::{Bytes, read_file, read_stdin};
pub(crate) use stdout::write_stdout;
pub(crate) use target::Target;
pub(crate) use temporary::unguessable;
