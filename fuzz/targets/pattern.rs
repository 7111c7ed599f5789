//! No pattern makes the compiler of patterns panic, and one that compiles can be asked.
#![no_main]

use fieldseal_core::Pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pattern, subject) = text.split_once('\n').unwrap_or((text, "stringData"));
    if let Ok(pattern) = Pattern::compile(pattern) {
        let _ = pattern.is_match(subject.as_bytes());
    }
});
