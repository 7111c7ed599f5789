//! `fieldseal set` and `fieldseal unset`.

use std::ffi::OsString;
use std::path::PathBuf;

use fieldseal_core::{Step, parse_path};

use super::shared::{OpenFlags, TypeFlags};
use crate::commands::change::{Change, Plan, Source};
use crate::exit::Exit;
use crate::io::Bytes;
use crate::report::Failure;

/// Set values of an encrypted file
///
/// The value is JSON: "text" in double quotes, 5, true, null, {"a": 1}, [1, 2]. A path is written as
/// sops writes it. Missing keys are made, and the position behind the last element of a list appends. Several pairs of
/// path and value are set in one write. All other values keep their ciphertext, and comments and order stay.
#[derive(clap::Args)]
pub(super) struct SetArguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Paths, each with its value behind it.
    #[arg(
        value_name = "PATH VALUE",
        allow_negative_numbers = true,
        help = "Paths, each with its value behind it: '[\"key\"][\"other\"][0]' '\"text\"'"
    )]
    pairs: Vec<OsString>,
    /// Each VALUE is the name of a file that holds the JSON
    #[arg(long)]
    value_file: bool,
    /// Read the JSON from stdin; there is one PATH and no VALUE
    #[arg(long)]
    value_stdin: bool,
    /// Write nothing if the file has the values already
    #[arg(long)]
    idempotent: bool,
    #[command(flatten)]
    types: TypeFlags,
    #[command(flatten)]
    open: OpenFlags,
}

/// Remove values from an encrypted file
///
/// What is removed takes its lines and the comment behind it along. A map or list that loses its last entry stays as
/// an empty one. All other values keep their ciphertext.
#[derive(clap::Args)]
pub(super) struct UnsetArguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Paths.
    #[arg(value_name = "PATH", help = "Paths: '[\"key\"][\"other\"][0]'")]
    paths: Vec<OsString>,
    /// Do nothing for a path at which there is nothing
    #[arg(long)]
    idempotent: bool,
    #[command(flatten)]
    types: TypeFlags,
    #[command(flatten)]
    open: OpenFlags,
}

impl SetArguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        if self.value_file && self.value_stdin {
            return Err(Failure::new(Exit::Other, "cannot use both --value-file and --value-stdin"));
        }
        let count = self.pairs.len();
        let fits = if self.value_stdin { count == 1 } else { count > 0 && count.is_multiple_of(2) };
        let (Some(file), true) = (self.file, fits) else {
            return Err(Failure::new(Exit::NoFile, "no file specified, or a path or a value is missing")
                .hint(if self.value_stdin {
                    "with --value-stdin there are a file and one path"
                } else {
                    "there are a file, and pairs of a path and a value"
                }));
        };
        let mut changes = Vec::with_capacity(count);
        let mut words = self.pairs.into_iter();
        while let Some(path) = words.next() {
            let path = read_path(&path, "set")?;
            let value = match words.next() {
                None => Source::Stdin,
                Some(name) if self.value_file => Source::File(name.into()),
                Some(json) => Source::Json(Bytes::new(json.into_encoded_bytes())),
            };
            changes.push(Change::Set(path, value));
        }
        let (types, open) = (self.types.plan(), self.open.plan()?);
        Ok(Plan { file, changes, idempotent: self.idempotent, types, open })
    }
}

impl UnsetArguments {
    /// The plan, if the flags fit together.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        let (Some(file), false) = (self.file, self.paths.is_empty()) else {
            return Err(Failure::new(Exit::NoFile, "no file specified, or a path is missing")
                .hint("there are a file, and paths such as '[\"key\"][0]'"));
        };
        let changes: Result<_, Failure> =
            self.paths.iter().map(|path| read_path(path, "unset").map(Change::Unset)).collect();
        let (types, open) = (self.types.plan(), self.open.plan()?);
        Ok(Plan { file, changes: changes?, idempotent: self.idempotent, types, open })
    }
}

fn read_path(text: &std::ffi::OsStr, command: &str) -> Result<Vec<Step>, Failure> {
    let wrong = |problem: String| {
        Failure::new(Exit::InvalidPathOrValue, format!("invalid {command} index format: {problem}"))
            .hint("write it as '[\"key\"][0]'")
    };
    let text = text.to_str().ok_or_else(|| wrong("it is not UTF-8".to_owned()))?;
    // What is not a path may be a value that stands in the wrong place, so it is not shown.
    parse_path(text).map_err(|_| wrong("it is not a list of keys and numbers in brackets".to_owned()))
}
