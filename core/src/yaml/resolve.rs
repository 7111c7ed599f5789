//! What a plain scalar, or one with a tag, stands for.

use super::tree::Tag;
use crate::timestamp::{Civil, Timestamp};

/// What the handle `!!` stands for.
pub(super) const CORE: &[u8] = b"tag:yaml.org,2002:";

/// What the text of a scalar stands for, if not for a string.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// Above `i64`.
    Uint(u64),
    Float(f64),
    Time(Timestamp),
}

impl Resolved {
    /// The tag of such a value.
    pub(super) const fn tag(&self) -> Tag {
        match self {
            Self::Null => Tag::Null,
            Self::Bool(_) => Tag::Bool,
            Self::Int(_) | Self::Uint(_) => Tag::Int,
            Self::Float(_) => Tag::Float,
            Self::Time(_) => Tag::Timestamp,
        }
    }
}

/// The tag that plain text resolves to.
#[inline]
pub(crate) fn tag(text: &[u8]) -> Tag {
    match text.first() {
        Some(b'<') if text == b"<<" => Tag::Merge,
        Some(b'+' | b'-' | b'.' | b'~' | b'0'..=b'9') | None => resolve_tag(text),
        Some(b'n' | b'N' | b't' | b'T' | b'f' | b'F') if text.len() < 6 => resolve_tag(text),
        _ => Tag::Str,
    }
}

fn resolve_tag(text: &[u8]) -> Tag {
    resolve(text, true).map_or(Tag::Str, |resolved| resolved.tag())
}

/// The tag with the name `name`: after a handle has been replaced by what it stands for.
pub(super) fn named(name: &[u8]) -> Tag {
    match name.strip_prefix(CORE).or_else(|| name.strip_prefix(b"!!")).unwrap_or_default() {
        b"null" => Tag::Null,
        b"bool" => Tag::Bool,
        b"int" => Tag::Int,
        b"float" => Tag::Float,
        b"timestamp" => Tag::Timestamp,
        b"str" => Tag::Str,
        b"binary" => Tag::Binary,
        b"merge" => Tag::Merge,
        b"map" => Tag::Map,
        b"seq" => Tag::Seq,
        _ => Tag::Other,
    }
}

/// What `text` stands for; `None` for a string. Points in time are looked for if `times` is set.
pub(super) fn resolve(text: &[u8], times: bool) -> Option<Resolved> {
    let Some(&first) = text.first() else { return Some(Resolved::Null) };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' => word(text),
        b'.' => special_float(text).or_else(|| float_with_point(text)),
        b'+' | b'-' | b'0'..=b'9' => special_float(text).or_else(|| number(text, times)),
        _ => None,
    }
}

fn word(text: &[u8]) -> Option<Resolved> {
    match text {
        b"~" | b"null" | b"Null" | b"NULL" => Some(Resolved::Null),
        b"true" | b"True" | b"TRUE" => Some(Resolved::Bool(true)),
        b"false" | b"False" | b"FALSE" => Some(Resolved::Bool(false)),
        _ => None,
    }
}

fn special_float(text: &[u8]) -> Option<Resolved> {
    match text {
        b".nan" | b".NaN" | b".NAN" => Some(Resolved::Float(f64::NAN)),
        b".inf" | b".Inf" | b".INF" | b"+.inf" | b"+.Inf" | b"+.INF" => Some(Resolved::Float(f64::INFINITY)),
        b"-.inf" | b"-.Inf" | b"-.INF" => Some(Resolved::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

/// A number that begins with a point. Underscores must be between digits, unlike in other numbers.
fn float_with_point(text: &[u8]) -> Option<Resolved> {
    let lone = |at: usize| {
        let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
        !digit(at.wrapping_sub(1)) || !digit(at + 1)
    };
    if memchr::memchr_iter(b'_', text).any(lone) {
        return None;
    }
    float(&without_underscores(text))
}

fn number(text: &[u8], times: bool) -> Option<Resolved> {
    if times && let Some(time) = timestamp(text) {
        return Some(Resolved::Time(time));
    }
    let plain = without_underscores(text);
    integer(&plain).or_else(|| float(&plain)).or_else(|| odd_integer(&plain))
}

fn without_underscores(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if memchr::memchr(b'_', text).is_none() {
        return text.into();
    }
    text.iter().copied().filter(|&byte| byte != b'_').collect::<Vec<_>>().into()
}

/// A whole number as Go writes them, `0777` being octal, with a sign or without.
fn integer(plain: &[u8]) -> Option<Resolved> {
    let (sign, digits) = match plain {
        [sign @ (b'+' | b'-'), digits @ ..] => (Some(*sign), digits),
        digits => (None, digits),
    };
    let magnitude = match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => magnitude(rest, 16),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => magnitude(rest, 8),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => magnitude(rest, 2),
        [b'0'] => Some(0),
        [b'0', rest @ ..] => magnitude(rest, 8),
        [] => None,
        rest => magnitude(rest, 10),
    }?;
    match sign {
        Some(b'-') => 0_i64.checked_sub_unsigned(magnitude).map(Resolved::Int),
        _ => match i64::try_from(magnitude) {
            Ok(number) => Some(Resolved::Int(number)),
            Err(_) => sign.is_none().then_some(Resolved::Uint(magnitude)),
        },
    }
}

/// `0b` and `0o` with a sign behind them.
fn odd_integer(plain: &[u8]) -> Option<Resolved> {
    let (radix, rest) = match plain {
        [b'0', b'b', rest @ ..] => (2, rest),
        [b'0', b'o', rest @ ..] => (8, rest),
        _ => return None,
    };
    let (sign, digits) = rest.split_first()?;
    let magnitude = magnitude(digits, radix)?;
    match sign {
        b'-' => 0_i64.checked_sub_unsigned(magnitude),
        b'+' => i64::try_from(magnitude).ok(),
        _ => None,
    }
    .map(Resolved::Int)
}

/// The number that `digits` are; `None` if they are none, there are none, or it is beyond `u64`.
fn magnitude(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| {
        let digit = char::from(byte).to_digit(radix)?;
        number.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))
    })
}

/// A decimal number with a fraction, an exponent, both or none of them. One too large is a string.
fn float(plain: &[u8]) -> Option<Resolved> {
    let digits = |at: usize| plain[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(matches!(plain.first(), Some(b'+' | b'-')));
    let whole = digits(at);
    at += whole;
    if plain.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if whole == 0 && fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = plain.get(at) {
        at += 1 + usize::from(matches!(plain.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at);
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    if at != plain.len() {
        return None;
    }
    let number: f64 = std::str::from_utf8(plain).ok()?.parse().ok()?;
    number.is_finite().then_some(Resolved::Float(number))
}

/// A date, or a date and a time of day: behind `T` or `t` with a zone, behind blanks without.
pub(super) fn timestamp(text: &[u8]) -> Option<Timestamp> {
    let year = match text {
        [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
            i32::try_from(magnitude(&text[..4], 10)?).ok()?
        }
        _ => return None,
    };
    let mut rest = &text[5..];
    let month = short_number(&mut rest)?;
    literal(&mut rest, b'-')?;
    let day = short_number(&mut rest)?;
    let mut civil = Civil { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 };
    let Some((&separator, behind)) = rest.split_first() else { return Timestamp::from_civil(&civil) };
    rest = behind;
    if separator == b' ' {
        while let [b' ', behind @ ..] = rest {
            rest = behind;
        }
    }
    civil.hour = short_number(&mut rest)?;
    literal(&mut rest, b':')?;
    civil.minute = short_number(&mut rest)?;
    literal(&mut rest, b':')?;
    civil.second = short_number(&mut rest)?;
    civil.nanosecond = fraction(&mut rest);
    let offset = match separator {
        b'T' | b't' => zone(rest)?,
        b' ' if rest.is_empty() => 0,
        _ => return None,
    };
    // Offsets of a day and more are read, though RFC 3339 cannot write them.
    let mut time = Timestamp::from_civil(&civil)?;
    time.seconds -= i64::from(offset);
    time.offset = offset;
    Some(time)
}

/// Takes one digit or two.
fn short_number(rest: &mut &[u8]) -> Option<u32> {
    let count = rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, behind) = rest.split_at(count);
    *rest = behind;
    u32::try_from(magnitude(digits, 10)?).ok()
}

fn literal(rest: &mut &[u8], byte: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[byte])?;
    Some(())
}

/// Takes the fraction of a second, in nanoseconds, if there is one. What goes beyond them is dropped.
fn fraction(rest: &mut &[u8]) -> u32 {
    let [b'.' | b',', digits @ ..] = *rest else { return 0 };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return 0;
    }
    let (digits, behind) = digits.split_at(count);
    *rest = behind;
    (0..9).fold(0, |number, place| number * 10 + digits.get(place).map_or(0, |digit| u32::from(digit - b'0')))
}

/// The offset of a zone in seconds: `Z`, or sign, hours and minutes.
fn zone(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        b"Z" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let [a, b, b':', c, d] = *digits else { return None };
    let hours = i32::try_from(magnitude(&[a, b], 10)?).ok()?;
    let minutes = i32::try_from(magnitude(&[c, d], 10)?).ok()?;
    (hours <= 24 && minutes <= 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Resolved> {
        resolve(text.as_bytes(), true)
    }

    #[test]
    fn null_and_truth() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(of(text), Some(Resolved::Null), "{text}");
        }
        for text in ["true", "True", "TRUE"] {
            assert_eq!(of(text), Some(Resolved::Bool(true)), "{text}");
        }
        for text in ["false", "False", "FALSE"] {
            assert_eq!(of(text), Some(Resolved::Bool(false)), "{text}");
        }
        for text in ["yes", "no", "on", "off", "y", "n", "Y", "N", "nULL", "tRUE", "~~", "=", "<<"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn whole_numbers() {
        for (text, number) in [
            ("0", 0),
            ("-0", 0),
            ("+12", 12),
            ("0x1F", 31),
            ("0X1f", 31),
            ("-0x10", -16),
            ("0b101", 5),
            ("-0B11", -3),
            ("0o17", 15),
            ("0O17", 15),
            ("0777", 511),
            ("-010", -8),
            ("00", 0),
            ("1_000", 1000),
            ("1_", 1),
            ("1__0", 10),
            ("0x_1F", 31),
            ("0_7", 7),
            ("0b-1", -1),
            ("0o+7", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(of(text), Some(Resolved::Int(number)), "{text}");
        }
        assert_eq!(of("9223372036854775808"), Some(Resolved::Uint(1 << 63)));
        assert_eq!(of("0xFFFFFFFFFFFFFFFF"), Some(Resolved::Uint(u64::MAX)));
        for text in
            ["0x10000000000000000", "-0x8000000000000001", "0x", "0xg", "1a", "-", "+", "--1", "_1", "0b2"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn other_numbers() {
        for (text, number) in [
            ("1.", 1.0),
            (".5", 0.5),
            ("-.5", -0.5),
            ("1e3", 1000.0),
            ("1E+3", 1000.0),
            ("1_000.5", 1000.5),
            ("1e3_0", 1e30),
            (".1_0", 0.1),
            ("0888", 888.0),
            ("09", 9.0),
            ("1e-400", 0.0),
            ("18446744073709551616", 18446744073709551616.0),
            ("+9223372036854775808", 9223372036854775808.0),
        ] {
            assert_eq!(of(text), Some(Resolved::Float(number)), "{text}");
        }
        for text in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"] {
            assert_eq!(of(text), Some(Resolved::Float(f64::INFINITY)), "{text}");
        }
        assert_eq!(of("-.Inf"), Some(Resolved::Float(f64::NEG_INFINITY)));
        assert!(matches!(of(".NaN"), Some(Resolved::Float(number)) if number.is_nan()));
        for text in [
            "1e400",
            "-1e400",
            "inf",
            "NaN",
            "-.nan",
            ".",
            "+.",
            ".e5",
            "1e",
            "1e+",
            "0x1p-2",
            "1.2.3",
            "1:30",
            "190:20:30",
            ".1__0",
            "._1",
            ".1_",
            "1.5f",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn points_in_time() {
        for (text, shown) in [
            ("2001-01-01", "2001-01-01T00:00:00Z"),
            ("2001-1-1", "2001-01-01T00:00:00Z"),
            ("2001-1-1T1:2:3Z", "2001-01-01T01:02:03Z"),
            ("2001-01-01t01:02:03.5+01:00", "2001-01-01T01:02:03.5+01:00"),
            ("2001-01-01T01:02:03,123456789123-23:30", "2001-01-01T01:02:03.123456789-23:30"),
            ("2001-01-01 00:00:00", "2001-01-01T00:00:00Z"),
            ("2001-01-01   1:2:3.25", "2001-01-01T01:02:03.25Z"),
            ("2000-02-29", "2000-02-29T00:00:00Z"),
            ("0000-01-01", "0000-01-01T00:00:00Z"),
        ] {
            let Some(Resolved::Time(time)) = of(text) else { panic!("{text}") };
            assert_eq!(time.to_string(), shown, "{text}");
        }
        let Some(Resolved::Time(time)) = of("2001-01-02T00:00:00+24:00") else { panic!() };
        assert_eq!((time.seconds, time.offset), (978_307_200, 86_400));
        for text in [
            "2001-01-01T01:02:03",
            "2001-01-01 01:02:03Z",
            "2001-01-01 01:02:03 +1",
            "2001-13-01",
            "2001-00-01",
            "2001-02-29",
            "2001-01-01T24:00:00Z",
            "2001-01-01T00:60:00Z",
            "2001-01-01T00:00:60Z",
            "2001-01-01T00:00:00+25:00",
            "2001-01-01T00:00:00z",
            "2001-01-01x01:02:03Z",
            "2001-01-01 ",
            "201-01-01",
            "20011-01-01",
            "2001-001-01",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(resolve(b"2001-01-01", false), None);
    }

    #[test]
    fn tags_by_name() {
        assert_eq!(named(b"tag:yaml.org,2002:int"), Tag::Int);
        assert_eq!(named(b"!!int"), Tag::Int);
        assert_eq!(named(b"!int"), Tag::Other);
        assert_eq!(named(b"tag:yaml.org,2002:set"), Tag::Other);
        assert_eq!(
            (tag(b"<<"), tag(b""), tag(b"nothing"), tag(b"12")),
            (Tag::Merge, Tag::Null, Tag::Str, Tag::Int)
        );
    }
}
