//! No text makes the reader of this format panic, and one that can be encrypted comes back to the byte.
#![no_main]

use fieldseal_core::Format;
use fieldseal_fuzz::round_trip;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| round_trip(data, Format::Dotenv));
