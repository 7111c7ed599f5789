//! `fieldseal keyservice`.

use std::path::PathBuf;

use clap::Args;
use fieldseal_keys::Address;

use crate::commands::keyservice::Plan;
use crate::environment;
use crate::exit::Exit;
use crate::report::{Failure, harmless};

/// Let others use the keys of this machine
///
/// A key service of sops: `sops` and `fieldseal` elsewhere name it with --keyservice. The protocol has no encryption
/// and no password: whoever reaches the address can decrypt what this machine can.
#[derive(Args)]
pub(super) struct Arguments {
    /// Kind of the socket: tcp or unix
    #[arg(long, alias = "net", value_name = "KIND", default_value = "tcp")]
    network: String,
    /// Where to listen: HOST:PORT, or the path of a socket
    #[arg(long, alias = "addr", value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    address: String,
    /// Ask on the terminal before each request is worked on
    #[arg(long)]
    prompt: bool,
    /// Say which keys are used
    #[arg(long)]
    verbose: bool,
}

impl Arguments {
    /// The plan, if there is such an address.
    pub(super) fn plan(self) -> Result<Plan, Failure> {
        let address = match self.network.as_str() {
            "unix" if !self.address.is_empty() => Address::Unix(absolute(&self.address)),
            "tcp" => {
                // Without a host, all addresses of the machine are meant.
                let place = match self.address.starts_with(':') {
                    true => format!("[::]{}", self.address),
                    false => self.address.clone(),
                };
                Address::tcp(&place).map_err(|_| {
                    let shown = harmless(&self.address);
                    Failure::new(Exit::Other, format!("--address: \"{shown}\" is not HOST:PORT"))
                        .hint("for the path of a socket, add --network unix")
                })?
            }
            "unix" => return Err(Failure::new(Exit::Other, "--address: the path of the socket is empty")),
            other => {
                return Err(Failure::new(
                    Exit::Other,
                    format!("--network: there is no \"{}\"", harmless(other)),
                )
                .hint("use tcp or unix"));
            }
        };
        Ok(Plan { address, prompt: self.prompt, verbose: self.verbose, limit: environment::key_timeout()? })
    }
}

/// The path from the root, as others need it; where that cannot be told, as it is.
fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path))
}
