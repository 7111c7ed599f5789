//! No encrypted text makes the reader of documents and of their metadata panic, or the decryption that follows.
//! The first byte chooses the format.
#![no_main]

use fieldseal_core::{Format, Sealed};
use fieldseal_fuzz::data_key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [first, text @ ..] = data else { return };
    let format = match first % 5 {
        0 => Format::Yaml,
        1 => Format::Json,
        2 => Format::Dotenv,
        3 => Format::Ini,
        _ => Format::Binary,
    };
    if let Ok(sealed) = Sealed::read(text, format) {
        let _ = sealed.open_ignoring_mac(&data_key(), 1);
    }
});
