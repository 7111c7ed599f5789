//! Typed scalars and the bytes that stand for them.

use std::borrow::Cow;
use std::io::Write;

use crate::float;
use crate::timestamp::Timestamp;

/// The value of a leaf, as sops sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// No value; never encrypted and outside the MAC.
    Null,
    /// A string: any bytes, in most formats UTF-8.
    Str(Cow<'a, [u8]>),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or one that is no `i64`.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A point in time with its offset from UTC.
    Time(Timestamp),
    /// A comment: the text behind the comment character, with its leading blank.
    Comment(Cow<'a, [u8]>),
}

/// Why a decrypted text is no value. The text itself is not part of it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The token names a type that does not exist.
    #[error("unknown type {tag} in the token")]
    UnknownType {
        /// The name, or what it looks like if it is no plausible one.
        tag: String,
    },
    /// `type:int`, and the text is no decimal number of 64 bits.
    #[error("the token is of type int, but holds no whole number of 64 bits")]
    Int,
    /// `type:float`, and the text is no number, or too large for one.
    #[error("the token is of type float, but holds no number of 64 bits")]
    Float,
    /// `type:bool`, and the text is neither true nor false.
    #[error("the token is of type bool, but holds neither true nor false")]
    Bool,
    /// `type:time`, and the text is not RFC 3339.
    #[error("the token is of type time, but holds no RFC 3339 timestamp")]
    Time,
}

impl<'a> Value<'a> {
    /// Appends the bytes that stand for the value, in a token as well as in the MAC, to `to`. Nothing for
    /// [`Value::Null`].
    pub(crate) fn write_bytes(&self, to: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Str(text) | Self::Comment(text) => to.extend_from_slice(text),
            Self::Int(number) => write!(to, "{number}").expect("a Vec takes everything"),
            Self::Float(number) => float::write(*number, to),
            Self::Bool(true) => to.extend_from_slice(b"True"),
            Self::Bool(false) => to.extend_from_slice(b"False"),
            Self::Time(time) => time.write(to),
        }
    }

    /// The name of the value's type in a token; `None` for [`Value::Null`].
    pub(crate) const fn tag(&self) -> Option<&'static str> {
        Some(match self {
            Self::Null => return None,
            Self::Str(_) => "str",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Bool(_) => "bool",
            Self::Time(_) => "time",
            Self::Comment(_) => "comment",
        })
    }

    /// The value that a token of type `tag` holding `text` stands for. `bytes`, which sops once wrote, reads
    /// as a string.
    ///
    /// # Errors
    /// There is no such type, or the text is none of it. The rules are those of Go's `strconv` and `time`.
    pub(crate) fn parse(tag: &str, text: &'a [u8]) -> Result<Self, ParseError> {
        Ok(match tag {
            "str" | "bytes" => Self::Str(Cow::Borrowed(text)),
            "int" => Self::Int(int(text).ok_or(ParseError::Int)?),
            "float" => Self::Float(float::parse(text).ok_or(ParseError::Float)?),
            "bool" => match text {
                b"1" | b"t" | b"T" | b"TRUE" | b"true" | b"True" => Self::Bool(true),
                b"0" | b"f" | b"F" | b"FALSE" | b"false" | b"False" => Self::Bool(false),
                _ => return Err(ParseError::Bool),
            },
            "time" => Self::Time(Timestamp::parse(text).ok_or(ParseError::Time)?),
            "comment" => Self::Comment(Cow::Borrowed(text)),
            _ => return Err(ParseError::UnknownType { tag: printable(tag) }),
        })
    }

    /// Whether `text` may stand in the value's token instead of its canonical bytes: sops reads it as this
    /// very value, and hashes the same bytes.
    pub(crate) fn accepts_spelling(&self, text: &[u8]) -> bool {
        let Some(Ok(other)) = self.tag().map(|tag| Value::parse(tag, text)) else { return false };
        let mut bytes = (Vec::new(), Vec::new());
        self.write_bytes(&mut bytes.0);
        other.write_bytes(&mut bytes.1);
        let same = bytes.0 == bytes.1;
        zeroize::Zeroize::zeroize(&mut bytes.0);
        zeroize::Zeroize::zeroize(&mut bytes.1);
        same
    }
}

/// A decimal number with or without sign; leading zeros are fine, underscores are not.
fn int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    // Counting downwards, because the smallest number has no positive counterpart.
    let mut value: i64 = 0;
    for &byte in digits {
        let digit = char::from(byte).to_digit(10)?;
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A type's name for a message: it comes from the file and may be anything.
fn printable(tag: &str) -> String {
    if tag.len() <= 32 && tag.bytes().all(|byte| byte.is_ascii_graphic()) {
        tag.to_owned()
    } else {
        "of an odd name".to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bytes(value: &Value<'_>) -> String {
        let mut to = Vec::new();
        value.write_bytes(&mut to);
        String::from_utf8(to).unwrap()
    }

    /// What a token with `tag` and `text` is hashed as; `None` if it does not read.
    fn canonical(tag: &str, text: &str) -> Option<String> {
        Value::parse(tag, text.as_bytes()).ok().map(|value| bytes(&value))
    }

    #[test]
    fn bytes_of_every_type() {
        for (value, expected) in [
            (Value::Null, ""),
            (Value::Str(b"a\nb".into()), "a\nb"),
            (Value::Int(0), "0"),
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (Value::Float(1.0), "1"),
            (Value::Bool(true), "True"),
            (Value::Bool(false), "False"),
            (Value::Comment(b" c".into()), " c"),
            (
                Value::Time(Timestamp::parse(b"2020-01-02T03:04:05.5+02:00").unwrap()),
                "2020-01-02T03:04:05.5+02:00",
            ),
        ] {
            assert_eq!(bytes(&value), expected);
            if let Some(tag) = value.tag() {
                assert_eq!(Value::parse(tag, expected.as_bytes()).unwrap(), value);
            }
        }
    }

    #[test]
    fn whole_numbers() {
        for (text, expected) in [
            ("5", "5"),
            ("+5", "5"),
            ("005", "5"),
            ("-0", "0"),
            ("-07", "-7"),
            ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
        ] {
            assert_eq!(canonical("int", text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "+",
            "-",
            "--1",
            "1_000",
            "0x1F",
            "0o17",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "9223372036854775808",
            "-9223372036854775809",
        ] {
            assert_eq!(Value::parse("int", text.as_bytes()), Err(ParseError::Int), "{text}");
        }
    }

    #[test]
    fn truth_values() {
        for text in ["1", "t", "T", "TRUE", "true", "True"] {
            assert_eq!(canonical("bool", text).as_deref(), Some("True"));
        }
        for text in ["0", "f", "F", "FALSE", "false", "False"] {
            assert_eq!(canonical("bool", text).as_deref(), Some("False"));
        }
        for text in ["", "yes", "tRUE", "on", "00"] {
            assert_eq!(Value::parse("bool", text.as_bytes()), Err(ParseError::Bool));
        }
    }

    #[test]
    fn types() {
        assert_eq!(Value::parse("bytes", b"\xff").unwrap(), Value::Str(b"\xff"[..].into()));
        assert_eq!(
            Value::parse("str]x", b"secret").unwrap_err().to_string(),
            "unknown type str]x in the token"
        );
        let odd = "x".repeat(100) + "\n";
        assert!(!Value::parse(&odd, b"").unwrap_err().to_string().contains("xx"));
        assert_eq!(Value::parse("time", b"2020-01-02"), Err(ParseError::Time));
        assert_eq!(Value::parse("float", b".inf"), Err(ParseError::Float));
    }

    #[test]
    fn spellings_that_may_travel() {
        for (value, text, accepted) in [
            (Value::Float(1.5), "1.50", true),
            (Value::Float(1000.0), "1e3", true),
            (Value::Float(0.5), ".5", true),
            (Value::Float(1000.5), "1_000.5", true),
            (Value::Float(1.5), "1.51", false),
            (Value::Float(-0.0), "0.0", false),
            (Value::Float(-0.0), "-0.0", true),
            (Value::Float(f64::NAN), "nan", true),
            (Value::Float(f64::INFINITY), ".inf", false),
            (Value::Bool(true), "TRUE", true),
            (Value::Bool(true), "yes", false),
            (Value::Int(5), "+5", true),
            (Value::Int(5), "005", true),
            (Value::Int(31), "0x1F", false),
            (Value::Int(1000), "1_000", false),
            (
                Value::Time(Timestamp::parse(b"2020-01-02T00:00:00Z").unwrap()),
                "2020-01-02T00:00:00.000Z",
                true,
            ),
            (Value::Time(Timestamp::parse(b"2020-01-02T00:00:00Z").unwrap()), "2020-01-02", false),
            (Value::Str(b"x".into()), "y", false),
            (Value::Null, "null", false),
        ] {
            assert_eq!(value.accepts_spelling(text.as_bytes()), accepted, "{text}");
        }
    }
}
