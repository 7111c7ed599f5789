//! `publish` against servers: Versity's gateway of S3, which checks signatures, fake-gcs-server for Google Cloud Storage, and
//! for Vault a small server that does as it does; `cargo xtask vault` runs the same tests with Vault itself. The real sops
//! publishes to the same servers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buckets;
mod command;
mod hostile;
mod scene;
mod values;
