//! The texts that are measured. They are the same on every machine and in every run.

use std::fmt::Write as _;

/// YAML: maps of 100 keys each, about 37 bytes a value.
pub(super) fn yaml(values: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..values {
        if number % 100 == 0 {
            let _ = writeln!(text, "map_{:06}:", number / 100);
        }
        let _ = writeln!(text, "    key_{:02}: {}", number % 100, secret(number));
    }
    text.into_bytes()
}

/// YAML with a comment line above every tenth value.
pub(super) fn yaml_with_comments(values: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..values {
        if number % 100 == 0 {
            let _ = writeln!(text, "map_{:06}:", number / 100);
        }
        if number % 10 == 0 {
            let _ = writeln!(text, "    # who to ask about this: team {}", number % 7);
        }
        let _ = writeln!(text, "    key_{:02}: {}", number % 100, secret(number));
    }
    text.into_bytes()
}

/// JSON: one object with all values.
pub(super) fn json(values: usize) -> Vec<u8> {
    let mut text = "{\n".to_owned();
    for number in 0..values {
        let comma = if number + 1 < values { "," } else { "" };
        let _ = writeln!(text, "\t\"key_{number:07}\": \"{}\"{comma}", secret(number));
    }
    text.push_str("}\n");
    text.into_bytes()
}

/// dotenv: one line a value.
pub(super) fn dotenv(values: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..values {
        let _ = writeln!(text, "KEY_{number:07}={}", secret(number));
    }
    text.into_bytes()
}

/// INI: sections of 100 keys each.
pub(super) fn ini(values: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0..values {
        if number % 100 == 0 {
            let _ = writeln!(text, "[section_{:06}]", number / 100);
        }
        let _ = writeln!(text, "key_{:02} = {}", number % 100, secret(number));
    }
    text.into_bytes()
}

/// Bytes without structure.
pub(super) fn binary(length: usize) -> Vec<u8> {
    let mut numbers = Numbers(1);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&numbers.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A Kubernetes Secret, ten values in all.
pub(super) fn small(number: usize) -> Vec<u8> {
    let mut text =
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n    name: secret-{number}\nstringData:\n");
    for key in 0..6 {
        let _ = writeln!(text, "    KEY_{key}: {}", secret(number * 10 + key));
    }
    text.push_str("    REPLICAS: 3\n");
    text.into_bytes()
}

/// A value that is as long as passwords and tokens are.
fn secret(number: usize) -> String {
    format!("{:022x}", u128::from(Numbers(number as u64).next()) * 0x1_0001)
}

/// splitmix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
