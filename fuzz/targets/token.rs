//! No token makes its reader panic. A token that was changed does not open, unless it means the same.
#![no_main]

use fieldseal_core::{Format, Sealed};
use fieldseal_fuzz::data_key;
use libfuzzer_sys::fuzz_target;

/// The `sops` block of a dotenv file, without which nothing is decrypted.
const METADATA: &str = "sops_age__list_0__map_enc=x\nsops_age__list_0__map_recipient=y\n\
    sops_lastmodified=2026-07-01T10:00:00Z\nsops_mac=z\nsops_version=3.13.3\n";

fuzz_target!(|data: &[u8]| {
    let mut text = b"A=".to_vec();
    text.extend(data.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
    text.push(b'\n');
    text.extend_from_slice(METADATA.as_bytes());
    let sealed = Sealed::read(text, Format::Dotenv).expect("a dotenv file with metadata is read");
    if let Ok(opened) = sealed.open_ignoring_mac(&data_key(), 1) {
        assert!(opened.plaintext().as_bytes().starts_with(b"A="), "the key of the line is gone");
    }
});
