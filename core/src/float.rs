//! Numbers of 64 bits as Go's `strconv` writes and reads them.

use std::io::Write;

/// Appends the shortest decimal digits that read back as `number` to `to`, never with an exponent. Not
/// numbers and infinities as Go spells them.
pub(crate) fn write(number: f64, to: &mut Vec<u8>) {
    let text = if number.is_nan() {
        "NaN"
    } else if number == f64::INFINITY {
        "+Inf"
    } else if number == f64::NEG_INFINITY {
        "-Inf"
    } else {
        write!(to, "{number}").expect("a Vec takes everything");
        return;
    };
    to.extend_from_slice(text.as_bytes());
}

/// Reads what Go's `ParseFloat` reads: decimal and hexadecimal numbers, underscores between digits, `inf`,
/// `infinity` and `nan` in any case. `None` also if the number is too large.
pub(crate) fn parse(text: &[u8]) -> Option<f64> {
    let (negative, signed, unsigned) = match text {
        [b'-', rest @ ..] => (true, true, rest),
        [b'+', rest @ ..] => (false, true, rest),
        rest => (false, false, rest),
    };
    let sign = |number: f64| if negative { -number } else { number };
    if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
        return Some(sign(f64::INFINITY));
    }
    if !signed && unsigned.eq_ignore_ascii_case(b"nan") {
        return Some(f64::NAN);
    }
    let hexadecimal = matches!(unsigned, [b'0', b'x' | b'X', _, ..]);
    if !underscores_separate_digits(unsigned, hexadecimal) {
        return None;
    }
    let number = if hexadecimal { parse_hexadecimal(&unsigned[2..])? } else { parse_decimal(unsigned)? };
    number.is_finite().then_some(sign(number))
}

/// Whether every underscore stands between two digits, or between `0x` and a digit.
fn underscores_separate_digits(text: &[u8], hexadecimal: bool) -> bool {
    let digit = |at: usize| {
        text.get(at)
            .is_some_and(|byte| byte.is_ascii_digit() || hexadecimal && (byte.is_ascii_hexdigit() || at == 1))
    };
    memchr::memchr_iter(b'_', text).all(|at| at > 0 && digit(at - 1) && digit(at + 1))
}

/// A decimal number without a sign.
fn parse_decimal(text: &[u8]) -> Option<f64> {
    let mut digits = String::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'_' => {}
            b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' => digits.push(char::from(byte)),
            _ => return None,
        }
    }
    // Rust reads the same decimal numbers, and a sign in front, which has been taken off.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = digits.parse().ok();
    zeroize::Zeroize::zeroize(&mut digits);
    number
}

/// A hexadecimal number behind its `0x`: digits, perhaps with a point, and a binary exponent.
fn parse_hexadecimal(text: &[u8]) -> Option<f64> {
    let split = memchr::memchr2(b'p', b'P', text)?;
    let (mantissa, exponent) = (&text[..split], &text[split + 1..]);

    // 60 bits of the mantissa from its first digit that is not zero, and whether there is more.
    let mut bits: u64 = 0;
    let mut more = false;
    let mut scale: i64 = 0;
    let mut point = false;
    let mut any = false;
    for &byte in mantissa {
        if byte == b'_' {
            continue;
        }
        if byte == b'.' && !point {
            point = true;
            continue;
        }
        let digit = u64::from(char::from(byte).to_digit(16)?);
        any = true;
        if bits >> 56 == 0 {
            bits = bits << 4 | digit;
            scale -= if point { 4 } else { 0 };
        } else {
            more |= digit != 0;
            scale += if point { 0 } else { 4 };
        }
    }
    let (below_one, exponent) = match exponent {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if !any || !exponent.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut power: i64 = 0;
    for &byte in exponent {
        if byte != b'_' {
            let digit = i64::from(char::from(byte).to_digit(10)?);
            power = if power < 1_000_000_000_000 { power * 10 + digit } else { power };
        }
    }
    Some(rounded(bits, more, scale + if below_one { -power } else { power }))
}

/// The number nearest to `bits` times two to the power of `exponent`, the even one of two equally near.
/// `more` says that the number is a little larger than that.
fn rounded(bits: u64, more: bool, exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    // The value is bits * 2^exponent; its leading bit has the weight 2^top.
    let top = 63 - i64::from(bits.leading_zeros()) + exponent;
    if top > 1023 {
        return f64::INFINITY;
    }
    // The weight of the last bit that is kept: 53 bits, or fewer for subnormal numbers.
    let last = (top - 52).max(-1074);
    let cut = last - exponent;
    let mantissa = if cut <= 0 {
        // All bits fit: at most 53 of them, moved left by less than 53.
        bits << -cut
    } else if cut > 64 {
        0
    } else {
        let wide = u128::from(bits);
        let kept = wide >> cut;
        let rest = wide & ((1 << cut) - 1);
        let half = 1_u128 << (cut - 1);
        let up = rest > half || rest == half && (more || kept & 1 == 1);
        (kept + u128::from(up)) as u64
    };
    // Where rounding carried into the next power of two the encoding does the right thing by itself.
    let biased = if mantissa >> 52 == 0 { 0 } else { (last + 1074) as u64 };
    f64::from_bits((biased << 52) + mantissa)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn written(number: f64) -> String {
        let mut to = Vec::new();
        write(number, &mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn writes_without_exponent() {
        for (number, text) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
            (-0.0, "-0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(written(number), text);
        }
        assert_eq!(written(f64::MAX).len(), 309);
        assert_eq!(parse(written(f64::MIN_POSITIVE).as_bytes()), Some(f64::MIN_POSITIVE));
        assert_eq!(parse(written(5e-324).as_bytes()), Some(5e-324));
    }

    #[test]
    fn reads_what_go_reads() {
        // Each right side is what Go 1.26 gives.
        for (text, number) in [
            ("1", 1.0),
            ("+1.5", 1.5),
            ("-1.5", -1.5),
            ("1.", 1.0),
            (".5", 0.5),
            ("1e3", 1000.0),
            ("1E+3", 1000.0),
            ("1_000.5", 1000.5),
            ("1_0e1_0", 1e11),
            ("1e-400", 0.0),
            ("0x1p4", 16.0),
            ("0X1.8P1", 3.0),
            ("0x_1p0", 1.0),
            ("0x1_0p0", 16.0),
            ("0x.8p0", 0.5),
            ("0x1p-1074", 5e-324),
            ("0x1p-1075", 0.0),
            ("0x1.8p-1075", 5e-324),
            ("0x3p-1076", 5e-324),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1.fffffffffffff7p1023", f64::MAX),
            ("0x0.fffffffffffff8p-1022", f64::MIN_POSITIVE),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080000000000000001p0", 1.000_000_000_000_000_2),
            ("0x1.00000000000018p0", 1.000_000_000_000_000_4),
            ("0x00000000000000000000000000001p0", 1.0),
            ("0x100000000000000000000p-80", 1.0),
            ("0x0p99999999999999999999", 0.0),
            ("0x1p-99999999999999999999", 0.0),
            ("inf", f64::INFINITY),
            ("+INF", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(number), "{text}");
        }
        assert!(parse(b"nAn").unwrap().is_nan());
        assert!(parse(b"-0").unwrap().is_sign_negative());
        assert!(parse(b"-0x0p0").unwrap().is_sign_negative());
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in [
            "",
            "+",
            "-",
            ".",
            "e3",
            "1e",
            "1e+",
            "--1",
            "+-1",
            "1.2.3",
            " 1",
            "1 ",
            "1f",
            "0x",
            "0x1",
            "0x1.8",
            "0xp1",
            "0x.p1",
            "0x1p",
            "0x1pa",
            "0b1",
            "_1",
            "1_",
            "1__0",
            "1_.5",
            "1._5",
            "1_e3",
            "1e_3",
            "0_x1p0",
            "0x1_p0",
            "+nan",
            "-nan",
            "infi",
            ".inf",
            "nan1",
            "1e400",
            "-1e400",
            "0x1p1024",
            "0x1.fffffffffffff8p1023",
            "1,5",
            "\u{661}",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
