//! Documents that are encrypted here and opened by sops, and the other way round. The tests of this package say
//! what is compared.
#![allow(clippy::explicit_auto_deref, reason = "without it the type is taken for str")]

mod compare;
mod generate;
mod known;
mod ours;
mod run;
mod sops;

pub use compare::{Difference, Observed};
pub use generate::{Document, generate};
pub use known::Known;
pub use ours::{Outcome, Vault, format_name};
pub use run::{Differences, Run, report};
pub use sops::{Answer, Leaf, Read, Refusal, Sops, convert, look, set, unset};
