//! How sops prints values that are no strings.

use std::io::Write;

use crate::value::Value;

/// Appends `value` as sops prints it. A negative zero keeps its point, so that it reads back as one (sops
/// prints `-0`, an integer).
pub(super) fn write(value: &Value<'_>, to: &mut Vec<u8>) {
    match value {
        Value::Null => to.extend_from_slice(b"null"),
        Value::Bool(true) => to.extend_from_slice(b"true"),
        Value::Bool(false) => to.extend_from_slice(b"false"),
        Value::Float(number) => write_float(*number, to),
        other => other.write_bytes(to),
    }
}

/// The shortest digits; with an exponent where the number is below 0.0001, or a million and more.
fn write_float(number: f64, to: &mut Vec<u8>) {
    if number.is_nan() {
        to.extend_from_slice(b".nan");
    } else if number.is_infinite() {
        to.extend_from_slice(if number > 0.0 { b".inf" } else { b"-.inf" });
    } else if number == 0.0 {
        to.extend_from_slice(if number.is_sign_negative() { b"-0.0" } else { b"0" });
    } else {
        let scientific = format!("{number:e}");
        let (digits, exponent) = scientific.split_once('e').expect("this notation has an exponent");
        let exponent: i32 = exponent.parse().expect("the exponent is a number");
        let written = if (-4..6).contains(&exponent) {
            write!(to, "{number}")
        } else {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(to, "{digits}e{sign}{:02}", exponent.unsigned_abs())
        };
        written.expect("a Vec takes everything");
    }
}

/// Whether `text` is the decimal digits that every format writes for an integer.
pub(super) fn is_canonical_int(text: &[u8]) -> bool {
    match text.strip_prefix(b"-").unwrap_or(text) {
        b"0" => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_look_as_sops_prints_them() {
        for (number, text) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (999_999.5, "999999.5"),
            (1_234_567.5, "1.2345675e+06"),
            (1e6, "1e+06"),
            (100_000.0, "100000"),
            (0.0001, "0.0001"),
            (1e-5, "1e-05"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
            (0.0, "0"),
            (f64::NEG_INFINITY, "-.inf"),
            (f64::NAN, ".nan"),
        ] {
            let mut to = Vec::new();
            write(&Value::Float(number), &mut to);
            assert_eq!(String::from_utf8_lossy(&to), text);
        }
    }

    #[test]
    fn canonical_integers() {
        for (text, canonical) in [
            ("0", true),
            ("-0", false),
            ("-5", true),
            ("05", false),
            ("+5", false),
            ("1_0", false),
            ("", false),
        ] {
            assert_eq!(is_canonical_int(text.as_bytes()), canonical, "{text:?}");
        }
    }
}
