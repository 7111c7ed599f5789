//! Converting the fields of a `sops` block, as generously as sops does.

use super::{MetadataError, Raw};
use crate::float;

/// The value of the field `name` of a map: of several with that name the last; if there is none, of those that
/// differ in case the last. [`Raw::Null`] is no value.
pub(super) fn field<'a>(map: &'a [(String, Raw)], name: &str) -> Option<&'a Raw> {
    effective(map, name).map(|index| &map[index].1).filter(|value| **value != Raw::Null)
}

/// The index of the item that [`field`] looks at.
pub(super) fn effective(map: &[(String, Raw)], name: &str) -> Option<usize> {
    map.iter()
        .rposition(|(other, _)| other == name)
        .or_else(|| map.iter().rposition(|(other, _)| other.eq_ignore_ascii_case(name)))
}

/// A field that is a string; empty if it is not there. `path` names it in errors.
pub(super) fn string(
    map: &[(String, Raw)],
    name: &str,
    path: &dyn Fn(&str) -> String,
) -> Result<String, MetadataError> {
    match field(map, name) {
        None => Ok(String::new()),
        Some(value) => text(value).ok_or_else(|| mismatch(path(name), "a string", value)),
    }
}

/// The text of a scalar. An unquoted timestamp of YAML has none, although one would think so.
pub(super) fn text(value: &Raw) -> Option<String> {
    Some(match value {
        Raw::Null => String::new(),
        Raw::Str(text) => text.clone(),
        Raw::Bool(value) => if *value { "1" } else { "0" }.to_owned(),
        Raw::Int(number) => number.to_string(),
        Raw::Float(number) => {
            let mut to = Vec::new();
            float::write(*number, &mut to);
            String::from_utf8(to).expect("digits are ASCII")
        }
        Raw::Time(_) | Raw::List(_) | Raw::Map(_) => return None,
    })
}

/// A field that is a whole number; zero if it is not there.
pub(super) fn int(map: &[(String, Raw)], name: &str) -> Result<i64, MetadataError> {
    let Some(value) = field(map, name) else { return Ok(0) };
    match value {
        Raw::Int(number) => Some(*number),
        Raw::Float(number) => Some(*number as i64),
        Raw::Bool(value) => Some(i64::from(*value)),
        Raw::Str(text) => parse_int(text),
        _ => None,
    }
    .ok_or_else(|| mismatch(name.to_owned(), "a whole number", value))
}

/// A field that is a truth value; false if it is not there.
pub(super) fn bool(map: &[(String, Raw)], name: &str) -> Result<bool, MetadataError> {
    let Some(value) = field(map, name) else { return Ok(false) };
    match value {
        Raw::Bool(value) => Some(*value),
        Raw::Int(number) => Some(*number != 0),
        Raw::Float(number) => Some(*number != 0.0),
        Raw::Str(text) => match text.as_str() {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
            "" | "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
            _ => None,
        },
        _ => None,
    }
    .ok_or_else(|| mismatch(name.to_owned(), "true or false", value))
}

/// A field that is a list of maps; empty if it is not there. A single map counts as a list of one, an empty map as
/// an empty list, nothing in a list as a map without fields.
pub(super) fn maps<'a>(
    map: &'a [(String, Raw)],
    name: &str,
    path: &dyn Fn(&str) -> String,
) -> Result<Vec<&'a [(String, Raw)]>, MetadataError> {
    let items = match field(map, name) {
        None => return Ok(Vec::new()),
        Some(Raw::List(items)) => items.as_slice(),
        Some(Raw::Map(fields)) if fields.is_empty() => &[],
        Some(single) => std::slice::from_ref(single),
    };
    items
        .iter()
        .enumerate()
        .map(|(index, item)| match item {
            Raw::Map(fields) => Ok(fields.as_slice()),
            Raw::Null => Ok(&[][..]),
            other => Err(mismatch(format!("{}[{index}]", path(name)), "a mapping", other)),
        })
        .collect()
}

/// The error that `field` is not `expected` but `found`.
pub(super) const fn mismatch(field: String, expected: &'static str, found: &Raw) -> MetadataError {
    let found = match found {
        Raw::Null => "empty",
        Raw::Bool(_) => "a truth value",
        Raw::Int(_) | Raw::Float(_) => "a number",
        Raw::Str(_) => "a string that does not read as one",
        Raw::Time(_) => "an unquoted timestamp; put it in quotes",
        Raw::List(_) => "a list",
        Raw::Map(_) => "a mapping",
    };
    MetadataError::Field { field, expected, found }
}

/// A whole number as Go's `ParseInt` reads it when the base is left to the prefix; nothing is zero.
fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [] => return Some(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (base, digits, prefixed) = match digits {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits, true),
        [b'0', b'o' | b'O', digits @ ..] => (8, digits, true),
        [b'0', b'b' | b'B', digits @ ..] => (2, digits, true),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits, true),
        digits => (10, digits, false),
    };
    let mut value: i64 = 0;
    // An underscore stands between digits, or behind the prefix.
    let mut may_follow = prefixed;
    for &byte in digits {
        if byte == b'_' {
            if !may_follow {
                return None;
            }
            may_follow = false;
            continue;
        }
        let digit = i64::from(char::from(byte).to_digit(base)?);
        value = value.checked_mul(i64::from(base))?.checked_sub(digit)?;
        may_follow = true;
    }
    if digits.is_empty() || digits.ends_with(b"_") {
        return None;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn with(value: Raw) -> Vec<(String, Raw)> {
        vec![("x".into(), value)]
    }

    fn path(name: &str) -> String {
        name.into()
    }

    #[test]
    fn names_are_found_exactly_before_in_another_case() {
        let map = [("A", 1), ("a", 2), ("A", 3), ("B", 4), ("b_", 5)]
            .map(|(name, value)| (name.into(), Raw::Int(value)));
        assert_eq!(field(&map, "a"), Some(&Raw::Int(2)));
        assert_eq!(field(&map, "b"), Some(&Raw::Int(4)));
        assert_eq!(field(&map, "B_"), Some(&Raw::Int(5)));
        assert_eq!(field(&map, "c"), None);
        assert_eq!(field(&with(Raw::Null), "x"), None);
    }

    #[test]
    fn strings() {
        for (value, expected) in [
            (Raw::Null, Some("")),
            (Raw::Str("a".into()), Some("a")),
            (Raw::Bool(true), Some("1")),
            (Raw::Bool(false), Some("0")),
            (Raw::Int(-3), Some("-3")),
            (Raw::Float(3.8), Some("3.8")),
            (Raw::Float(1.0), Some("1")),
            (Raw::Time("2020-01-01".into()), None),
            (Raw::List(vec![]), None),
            (Raw::Map(vec![]), None),
        ] {
            assert_eq!(string(&with(value), "x", &path).ok().as_deref(), expected);
        }
    }

    #[test]
    fn whole_numbers() {
        for (text, expected) in [
            ("", Some(0)),
            ("2", Some(2)),
            ("+2", Some(2)),
            ("-2", Some(-2)),
            ("0x2", Some(2)),
            ("0b11", Some(3)),
            ("0o17", Some(15)),
            ("017", Some(15)),
            ("1_000", Some(1000)),
            ("0x_f", Some(15)),
            ("0_7", Some(7)),
            ("0", Some(0)),
            ("08", None),
            ("_1", None),
            ("1_", None),
            ("1__0", None),
            ("0x", None),
            ("2.0", None),
            (" 2", None),
            ("9223372036854775808", None),
            ("-9223372036854775808", Some(i64::MIN)),
        ] {
            assert_eq!(int(&with(Raw::Str(text.into())), "x").ok(), expected, "{text}");
        }
        assert_eq!(int(&with(Raw::Float(2.9)), "x"), Ok(2));
        assert_eq!(int(&with(Raw::Bool(true)), "x"), Ok(1));
        assert!(int(&with(Raw::List(vec![])), "x").is_err());
    }

    #[test]
    fn truth_values() {
        for (value, expected) in [
            (Raw::Str("true".into()), Some(true)),
            (Raw::Str(String::new()), Some(false)),
            (Raw::Str("yes".into()), None),
            (Raw::Int(2), Some(true)),
            (Raw::Float(0.0), Some(false)),
            (Raw::Map(vec![]), None),
        ] {
            assert_eq!(bool(&with(value), "x").ok(), expected);
        }
    }

    #[test]
    fn lists_of_maps() {
        let map = Raw::Map(vec![("a".into(), Raw::Int(1))]);
        for (value, expected) in [
            (Raw::Null, Some(0)),
            (Raw::List(vec![]), Some(0)),
            (Raw::Map(vec![]), Some(0)),
            (map.clone(), Some(1)),
            (Raw::List(vec![map.clone(), Raw::Null]), Some(2)),
            (Raw::Str(String::new()), None),
            (Raw::List(vec![Raw::List(vec![])]), None),
        ] {
            assert_eq!(maps(&with(value), "x", &path).ok().map(|list| list.len()), expected);
        }
        assert_eq!(
            maps(&with(Raw::Str(String::new())), "x", &path).unwrap_err().to_string(),
            "the field x[0] in the sops metadata must be a mapping, but it is a string that does not read as one"
        );
    }
}
