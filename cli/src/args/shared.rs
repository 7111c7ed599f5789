//! Flags that several commands share.

use std::path::PathBuf;

use clap::Args;
use fieldseal_keys::Address;

use crate::environment;
use crate::exit::Exit;
use crate::plan::{Decryption, Destination, Input, Selection, Services, Types};
use crate::report::Failure;

/// The files, and where the results go.
#[derive(Args)]
pub(super) struct Files {
    /// Files, directories and patterns such as 'clusters/**/*.yaml'; without any, stdin
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write each result over its input
    #[arg(short, long)]
    in_place: bool,
    /// Write the result to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the results of many files below this directory
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Take the file's type, and the rule for it, from this name
    #[arg(long, value_name = "NAME")]
    filename_override: Option<PathBuf>,
}

impl Files {
    /// Like [`Files::plan`], for a command that does not read stdin: the files, where the results go, and the name that
    /// stands for that of the file.
    ///
    /// # Errors
    /// No file is named, or the flags do not fit together.
    pub(super) fn plan_named(self) -> Result<(Vec<PathBuf>, Destination, Option<PathBuf>), Failure> {
        if self.files.is_empty() {
            return Err(no_file());
        }
        match self.plan()? {
            (Input::Files(files), destination, name) => Ok((files, destination, name)),
            (Input::Stdin, ..) => Err(no_file()),
        }
    }

    /// Where to read from and write to, if that makes sense.
    pub(super) fn plan(self) -> Result<(Input, Destination, Option<PathBuf>), Failure> {
        let conflict = |message: &str| Failure::new(Exit::Conflict, message);
        let override_name = self.filename_override.filter(|name| !name.as_os_str().is_empty());
        if self.files.is_empty() && self.in_place {
            return Err(conflict("cannot use --in-place when reading from stdin"));
        }
        let destination = match (self.in_place, self.output, self.output_dir) {
            (false, None, None) => Destination::Stdout,
            (true, None, None) => Destination::InPlace,
            (false, Some(file), None) => Destination::File(file),
            (false, None, Some(directory)) => Destination::Directory(directory),
            (true, Some(_), None) => {
                return Err(conflict("cannot operate on both --output and --in-place"));
            }
            _ => return Err(conflict("--output-dir cannot be used with --in-place or --output")),
        };
        if self.files.is_empty() {
            if matches!(destination, Destination::Directory(_)) {
                return Err(conflict("cannot use --output-dir when reading from stdin"));
            }
            return Ok((Input::Stdin, destination, override_name));
        }
        if crate::files::may_be_many(&self.files) {
            if matches!(destination, Destination::Stdout | Destination::File(_)) {
                let what = match self.files.as_slice() {
                    [one] if one.is_dir() => "the files of a directory cannot be written to one place",
                    _ => "several files cannot be written to one place",
                };
                return Err(conflict(what).hint(
                    "write each over its input with --in-place, or below a directory with --output-dir",
                ));
            }
            if override_name.is_some() {
                return Err(conflict("--filename-override is for one file"));
            }
        }
        Ok((Input::Files(self.files), destination, override_name))
    }
}

/// The failure of a command that needs a file and got none.
pub(super) fn no_file() -> Failure {
    Failure::new(Exit::NoFile, "no file specified")
}

/// Types of input and output.
#[derive(Args)]
#[command(next_help_heading = "Types")]
pub(super) struct TypeFlags {
    /// Type of the input: yaml, json, dotenv, ini or binary; else its name tells
    #[arg(long, value_name = "TYPE")]
    input_type: Option<String>,
    /// Type of the output; else that of the input
    #[arg(long, value_name = "TYPE")]
    output_type: Option<String>,
}

impl TypeFlags {
    /// The types, as words.
    pub(super) fn plan(self) -> Types {
        Types { input: some(self.input_type), output: some(self.output_type) }
    }
}

/// Which values are encrypted.
#[derive(Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct SelectionFlags {
    /// Leave values clear whose key ends with this
    #[arg(long, value_name = "SUFFIX")]
    unencrypted_suffix: Option<String>,
    /// Encrypt only values whose key ends with this
    #[arg(long, value_name = "SUFFIX")]
    encrypted_suffix: Option<String>,
    /// Leave values clear whose key matches
    #[arg(long, value_name = "REGEX")]
    unencrypted_regex: Option<String>,
    /// Encrypt only values whose key matches
    #[arg(long, value_name = "REGEX")]
    encrypted_regex: Option<String>,
    /// Leave values clear whose comment matches
    #[arg(long, value_name = "REGEX")]
    unencrypted_comment_regex: Option<String>,
    /// Encrypt only values whose comment matches
    #[arg(long, value_name = "REGEX")]
    encrypted_comment_regex: Option<String>,
    /// Let the MAC cover only encrypted values
    #[arg(long)]
    mac_only_encrypted: bool,
}

impl SelectionFlags {
    /// The settings; empty ones count as not given.
    pub(super) fn plan(self) -> Selection {
        Selection {
            unencrypted_suffix: some(self.unencrypted_suffix),
            encrypted_suffix: some(self.encrypted_suffix),
            unencrypted_regex: some(self.unencrypted_regex),
            encrypted_regex: some(self.encrypted_regex),
            unencrypted_comment_regex: some(self.unencrypted_comment_regex),
            encrypted_comment_regex: some(self.encrypted_comment_regex),
            mac_only_encrypted: self.mac_only_encrypted,
        }
    }
}

/// Where keys are asked.
#[derive(Args)]
#[command(next_help_heading = "Key services")]
pub(super) struct ServiceFlags {
    /// Use the keys of this machine [env: SOPS_ENABLE_LOCAL_KEYSERVICE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enable_local_keyservice: Option<String>,
    /// Ask this key service as well [env: SOPS_KEYSERVICE]
    #[arg(long, value_name = "URI")]
    keyservice: Vec<String>,
}

impl ServiceFlags {
    /// The plan of opening files, for a command that has no other flags for it.
    ///
    /// # Errors
    /// As [`ServiceFlags::plan`].
    pub(super) fn opening(self) -> Result<Decryption, Failure> {
        Ok(Decryption { ignore_mac: false, order: Vec::new(), services: self.plan()? })
    }

    /// Where data keys are encrypted and decrypted.
    ///
    /// # Errors
    /// An address is none, or a setting cannot be read: a key service is never left out in silence.
    pub(super) fn plan(self) -> Result<Services, Failure> {
        let (source, addresses) = match self.keyservice.is_empty() {
            false => ("--keyservice", self.keyservice),
            true => {
                let list = environment::SOPS_KEYSERVICE.text()?.unwrap_or_default();
                ("SOPS_KEYSERVICE", list.split(',').map(|address| address.trim().to_owned()).collect())
            }
        };
        let mut remote = Vec::new();
        for address in addresses.iter().filter(|address| !address.is_empty()) {
            remote.push(Address::parse(address).map_err(|problem| {
                let shown = crate::report::harmless(address);
                Failure::new(Exit::Other, format!("{source}: \"{shown}\" is no address of a key service"))
                    .hint(problem.to_string())
            })?);
        }
        let local = match self.enable_local_keyservice {
            Some(value) => environment::truth(&value)
                .ok_or_else(|| Failure::new(Exit::Other, "--enable-local-keyservice takes true or false"))?,
            None => environment::SOPS_ENABLE_LOCAL_KEYSERVICE.flag()?.unwrap_or(true),
        };
        Ok(Services { local, remote, limit: environment::key_timeout()? })
    }
}

/// How data keys are recovered and files opened.
#[derive(Args)]
pub(super) struct OpenFlags {
    /// Do not stop if the MAC does not fit: the file may have been tampered with
    #[arg(long)]
    ignore_mac: bool,
    #[command(flatten)]
    opening: OpeningFlags,
}

impl OpenFlags {
    /// The plan of opening files.
    ///
    /// # Errors
    /// As [`OpeningFlags::plan`].
    pub(super) fn plan(self) -> Result<Decryption, Failure> {
        Ok(Decryption { ignore_mac: self.ignore_mac, ..self.opening.plan()? })
    }
}

/// The same for commands that never do without the MAC.
#[derive(Args)]
pub(super) struct OpeningFlags {
    /// Kinds of keys in the order in which they are tried [env: SOPS_DECRYPTION_ORDER]
    #[arg(long, value_name = "LIST")]
    decryption_order: Option<String>,
    #[command(flatten)]
    services: ServiceFlags,
}

impl OpeningFlags {
    /// The plan of opening files.
    ///
    /// # Errors
    /// The order names a kind twice, or those of [`ServiceFlags::plan`].
    pub(super) fn plan(self) -> Result<Decryption, Failure> {
        let order = match self.decryption_order {
            Some(order) => some(Some(order)),
            None => environment::SOPS_DECRYPTION_ORDER.text()?,
        };
        let order: Vec<String> = order.iter().flat_map(|order| order.split(',')).map(Into::into).collect();
        for (index, kind) in order.iter().enumerate() {
            if order[..index].contains(kind) {
                return Err(Failure::new(
                    Exit::DecryptionOrder,
                    format!("duplicate decryption key type: {}", crate::report::harmless(kind)),
                ));
            }
        }
        Ok(Decryption { ignore_mac: false, order, services: self.services.plan()? })
    }
}

/// The value, unless it is empty: where no variable stands in for a flag, sops does not tell an empty one from one that
/// was not given.
pub(super) fn some(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}
