//! A file with a new data key opens to the same text with it, and no more with the old one.
//!
//! The input is a byte for the format, and the text.
#![no_main]

use fieldseal_core::{DataKey, Format, Sealed};
use fieldseal_fuzz::{Counter, data_key, request, seal};
use libfuzzer_sys::fuzz_target;

const FORMATS: [Format; 5] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

fuzz_target!(|data: &[u8]| {
    let [format, text @ ..] = data else { return };
    let format = FORMATS[usize::from(*format) % FORMATS.len()];
    let Some(sealed) = seal(text, format) else { return };
    let old = data_key();
    let opened = Sealed::read(sealed.text, format).expect("what was written is read");
    let opened = opened.open(&old, 1).expect("what was written opens");
    let (new, mut random) = (DataKey::from_bytes(&[8; 32]).expect("32 bytes are a data key"), Counter(2));
    let rotated = opened.rotate(request(opened.metadata().clone(), &new, &mut random));
    let text_again = rotated.expect("what opens can be given another key").text;
    let again = Sealed::read(text_again.as_slice(), format).expect("what was rotated is read");
    assert!(again.open(&old, 1).is_err(), "the old data key opens it");
    let again = Sealed::read(text_again, format).expect("what was rotated is read");
    let again = again.open(&new, 1).expect("what was rotated opens");
    assert!(again.plaintext().as_bytes() == text, "another text came back");
});
