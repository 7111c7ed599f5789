//! No path as `--extract` takes it makes its parser panic.
#![no_main]

use fieldseal_core::parse_path;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = parse_path(text);
    }
});
