//! A text that replaces another in an edit is what is read afterwards.
//!
//! The input is two versions of a YAML file with a NUL byte between them.
#![no_main]

use fieldseal_core::{Format, Sealed};
use fieldseal_fuzz::{Counter, data_key, request, seal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let middle = data.iter().position(|byte| *byte == 0).unwrap_or(data.len() / 2);
    let (before, after) = (&data[..middle], &data[(middle + 1).min(data.len())..]);
    let Some(sealed) = seal(before, Format::Yaml) else { return };
    let key = data_key();
    let opened = Sealed::read(sealed.text, Format::Yaml).expect("what was written is read");
    let opened = opened.open(&key, 1).expect("what was written opens");
    let mut random = Counter(2);
    let metadata = opened.metadata().clone();
    let Ok(edited) = opened.reseal(after, request(metadata, &key, &mut random)) else { return };
    let again = Sealed::read(edited.text, Format::Yaml).expect("what an edit wrote is read");
    let again = again.open(&key, 1).expect("what an edit wrote opens");
    assert!(again.plaintext().as_bytes() == after, "another text came back");
});
