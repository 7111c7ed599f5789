//! The `sops` block as a list of names and texts, for formats without nesting.
//!
//! A step into a map is written `__map_KEY`, a step into a list `__list_INDEX`, so that
//! `age__list_0__map_enc` is the field `enc` of the first element of `age`.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::Raw;
use crate::path::Step as PathStep;

/// Why flat names are no tree.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum UnflattenError {
    /// The elements of a list are not numbered from zero on without a gap.
    #[error("the elements of a list in the sops metadata are not numbered 0, 1, 2 and so on")]
    IncompleteList,
    /// Two of these are at the same place: a value, a map, a list.
    #[error("an entry of the sops metadata is both a value and a collection, or both a map and a list")]
    Mismatch,
    /// Two values have the same name.
    #[error("an entry of the sops metadata is there twice")]
    Duplicate,
    /// There are more steps than any metadata have.
    #[error("the sops metadata are nested too deeply")]
    TooDeep,
}

/// How many steps a name may have. The metadata that sops writes have five.
const MAX_STEPS: usize = 64;
const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// The tree that `entries`, pairs of a name and a text, stand for. Maps are ordered by name, as they are in
/// what sops writes.
///
/// # Errors
/// The names contradict each other.
pub(crate) fn unflatten<'a>(
    entries: impl IntoIterator<Item = (&'a str, String)>,
) -> Result<Raw, UnflattenError> {
    let mut root = Slot::default();
    for (name, text) in entries {
        root.place(name, text)?;
    }
    Ok(root.into_raw()?.unwrap_or(Raw::Map(Vec::new())))
}

/// Which of `names` is the first one at or below `path`.
pub(crate) fn find_flattened<'a>(
    names: impl IntoIterator<Item = &'a [u8]>,
    path: &[PathStep],
) -> Option<usize> {
    let mut wanted = String::new();
    for (depth, step) in path.iter().enumerate() {
        match step {
            PathStep::Key(key) if depth == 0 => wanted.push_str(key),
            PathStep::Key(key) => wanted.extend([MAP, key]),
            PathStep::Index(index) => wanted.extend([LIST, &index.to_string()]),
        }
    }
    names.into_iter().position(|name| {
        let rest = name.strip_prefix(wanted.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || path.is_empty() || rest.starts_with(b"__"))
    })
}

/// Calls `write` with the name and the text of each value in `block`, in the order of the block. Empty
/// collections and [`Raw::Null`] have none.
pub(crate) fn flatten(block: &Raw, write: &mut dyn FnMut(&str, &str)) {
    let Raw::Map(items) = block else { return };
    let mut name = String::new();
    for (key, value) in items {
        name.push_str(key);
        descend(value, &mut name, write);
        name.clear();
    }
}

fn descend(value: &Raw, name: &mut String, write: &mut dyn FnMut(&str, &str)) {
    let length = name.len();
    match value {
        Raw::Null => {}
        Raw::Bool(value) => write(name, if *value { "true" } else { "false" }),
        Raw::Int(value) => write(name, &value.to_string()),
        Raw::Float(value) => {
            let mut text = Vec::new();
            write_float(*value, &mut text);
            write(name, &String::from_utf8_lossy(&text));
        }
        Raw::Str(text) | Raw::Time(text) => write(name, text),
        Raw::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                name.push_str(LIST);
                name.push_str(&index.to_string());
                descend(element, name, write);
                name.truncate(length);
            }
        }
        Raw::Map(items) => {
            for (key, value) in items {
                name.push_str(MAP);
                name.push_str(key);
                descend(value, name, write);
                name.truncate(length);
            }
        }
    }
}

/// A place in the tree while it is put together.
#[derive(Default)]
struct Slot {
    value: Option<String>,
    items: BTreeMap<String, Slot>,
    elements: BTreeMap<i64, Slot>,
}

/// One step of a name.
#[derive(Clone, Copy)]
enum Step {
    Map,
    List,
}

impl Slot {
    fn place(&mut self, name: &str, text: String) -> Result<(), UnflattenError> {
        let mut slot = self;
        let mut step = Step::Map;
        let mut rest = name;
        for _ in 0..MAX_STEPS {
            let (part, next) = match first_separator(rest) {
                Some((at, next)) => (&rest[..at], Some((at, next))),
                None => (rest, None),
            };
            slot = match step {
                Step::Map => slot.items.entry(part.to_owned()).or_default(),
                Step::List => slot.elements.entry(index(part)).or_default(),
            };
            let Some((at, next)) = next else {
                if slot.value.is_some() {
                    return Err(UnflattenError::Duplicate);
                }
                slot.value = Some(text);
                return Ok(());
            };
            step = next;
            rest = &rest[at + if matches!(next, Step::Map) { MAP.len() } else { LIST.len() }..];
        }
        Err(UnflattenError::TooDeep)
    }

    /// The tree below; `None` if there is nothing. Never deeper than [`MAX_STEPS`].
    fn into_raw(self) -> Result<Option<Raw>, UnflattenError> {
        match (self.value, self.items.is_empty(), self.elements.is_empty()) {
            (None, true, true) => Ok(None),
            (Some(text), true, true) => Ok(Some(Raw::Str(text))),
            (None, false, true) => {
                let mut items = Vec::with_capacity(self.items.len());
                for (key, slot) in self.items {
                    items.push((key, slot.into_raw()?.expect("a slot is made for a value")));
                }
                Ok(Some(Raw::Map(items)))
            }
            (None, true, false) => {
                let mut elements = Vec::with_capacity(self.elements.len());
                for (expected, (index, slot)) in (0..).zip(self.elements) {
                    if index != expected {
                        return Err(UnflattenError::IncompleteList);
                    }
                    elements.push(slot.into_raw()?.expect("a slot is made for a value"));
                }
                Ok(Some(Raw::List(elements)))
            }
            _ => Err(UnflattenError::Mismatch),
        }
    }
}

/// Where the first separator of `text` is, and which.
fn first_separator(text: &str) -> Option<(usize, Step)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find("__")?;
        if text[at..].starts_with(MAP) {
            return Some((at, Step::Map));
        }
        if text[at..].starts_with(LIST) {
            return Some((at, Step::List));
        }
        from = at + 1;
    }
}

/// The number that `text` is read as: zero if it is none, and one that no list has if it is too large.
fn index(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(i64::MAX)
}

/// Writes the number as sops does into a format that has only texts: at most six digits before the point,
/// else with an exponent, and never without point or exponent.
pub(crate) fn write_float(number: f64, to: &mut Vec<u8>) {
    if !number.is_finite() {
        crate::float::write(number, to);
        return;
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a whole exponent");
    if (-4..6).contains(&exponent) || number == 0.0 {
        let start = to.len();
        crate::float::write(number, to);
        if !to[start..].contains(&b'.') {
            to.extend_from_slice(b".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(to, "{digits}E{sign}{:02}", exponent.abs()).expect("a `Vec` takes all bytes");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(text: &str) -> Raw {
        Raw::Str(text.to_owned())
    }

    fn map(items: &[(&str, Raw)]) -> Raw {
        Raw::Map(items.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    fn read(entries: &[(&str, &str)]) -> Result<Raw, UnflattenError> {
        unflatten(entries.iter().map(|(name, text)| (*name, (*text).to_owned())))
    }

    #[test]
    fn a_tree_survives() {
        let block = map(&[
            ("age", Raw::List(vec![map(&[("enc", text("a\nb")), ("recipient", text("age1"))])])),
            (
                "key_groups",
                Raw::List(vec![
                    map(&[("kms", Raw::List(vec![map(&[("context", map(&[("a:b", text("x"))]))])]))]),
                    map(&[("age", Raw::List(vec![text("y")]))]),
                ]),
            ),
            ("mac", text("")),
        ]);
        let mut entries = Vec::new();
        flatten(&block, &mut |name, text| entries.push((name.to_owned(), text.to_owned())));
        assert_eq!(
            entries.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            [
                "age__list_0__map_enc",
                "age__list_0__map_recipient",
                "key_groups__list_0__map_kms__list_0__map_context__map_a:b",
                "key_groups__list_1__map_age__list_0",
                "mac",
            ]
        );
        let back = unflatten(entries.iter().map(|(name, text)| (name.as_str(), text.clone()))).unwrap();
        assert_eq!(back, block);
    }

    #[test]
    fn what_is_empty_is_not_written() {
        let block = map(&[("age", Raw::List(vec![])), ("kms", map(&[])), ("x", Raw::Null)]);
        flatten(&block, &mut |name, _| panic!("{name} is written"));
    }

    #[test]
    fn numbers_and_truth_values_become_text() {
        let block = map(&[("mac_only_encrypted", Raw::Bool(true)), ("shamir_threshold", Raw::Int(2))]);
        let mut written = Vec::new();
        flatten(&block, &mut |name, text| written.push(format!("{name}={text}")));
        assert_eq!(written, ["mac_only_encrypted=true", "shamir_threshold=2"]);
    }

    #[test]
    fn contradictions_are_errors() {
        assert_eq!(read(&[("a", "1"), ("a", "2")]), Err(UnflattenError::Duplicate));
        assert_eq!(read(&[("a", "1"), ("a__map_b", "2")]), Err(UnflattenError::Mismatch));
        assert_eq!(read(&[("a__list_0", "1"), ("a__map_b", "2")]), Err(UnflattenError::Mismatch));
        assert_eq!(read(&[("a__list_1", "1")]), Err(UnflattenError::IncompleteList));
        assert_eq!(read(&[("a__list_-1", "1")]), Err(UnflattenError::IncompleteList));
        assert_eq!(
            read(&[("a__list_0", "1"), ("a__list_99999999999999999999", "1")]),
            Err(UnflattenError::IncompleteList)
        );
        assert_eq!(read(&[("a__list_x", "1"), ("a__list_0", "2")]), Err(UnflattenError::Duplicate));
        assert_eq!(read(&[(&"__map_".repeat(100_000), "1")]), Err(UnflattenError::TooDeep));
    }

    #[test]
    fn odd_names_are_read_from_left_to_right() {
        assert_eq!(read(&[]), Ok(map(&[])));
        assert_eq!(read(&[("", "1")]), Ok(map(&[("", text("1"))])));
        assert_eq!(read(&[("___map_b", "1")]), Ok(map(&[("_", map(&[("b", text("1"))]))])));
        assert_eq!(read(&[("a__list_", "1")]), Ok(map(&[("a", Raw::List(vec![text("1")]))])));
        assert_eq!(read(&[("a__lis", "1")]), Ok(map(&[("a__lis", text("1"))])));
    }

    #[test]
    fn floats_are_spelled_as_sops_spells_them_in_flat_formats() {
        for (number, spelled) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (100_000.0, "100000.0"),
            (1e6, "1E+06"),
            (123_456_789.5, "1.234567895E+08"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (1e100, "1E+100"),
            (f64::INFINITY, "+Inf"),
        ] {
            let mut to = Vec::new();
            write_float(number, &mut to);
            assert_eq!(String::from_utf8(to).unwrap(), spelled);
        }
    }
}
