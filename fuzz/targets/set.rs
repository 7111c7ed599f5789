//! A value that is set changes that value: all others are what they were, and the bytes around stay.
//!
//! The input is a byte for the format, one for the leaf, one for the new value, and the text.
#![no_main]

use fieldseal_core::edit::{Beyond, NewValue, set};
use fieldseal_core::testing::{PlainLeaf, plain_leaves};
use fieldseal_core::{Format, Step, Stores};
use libfuzzer_sys::fuzz_target;

const FORMATS: [Format; 4] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini];
const VALUES: [&str; 10] = [
    "\"x\"",
    "5",
    "true",
    "1.0",
    "\"a\\nb\\n\"",
    "\"# : \\\"' \"",
    "\"\"",
    "\"\\n\\n y\\t\\n\"",
    "\"\\ufeff\\u2028\"",
    "\"true\"",
];

fuzz_target!(|data: &[u8]| {
    let [format, leaf, value, text @ ..] = data else { return };
    let format = FORMATS[usize::from(*format) % FORMATS.len()];
    let Some(before) = plain_leaves(text, format) else { return };
    let first = before.iter().filter(|leaf| leaf.document == 0).count();
    let Some(chosen) = usize::from(*leaf).checked_rem(first) else { return };
    let path = &before[chosen].path;
    // A path names keys in UTF-8 only, and the first of several.
    let lossy = |step: &Step| matches!(step, Step::Key(key) if key.contains('\u{fffd}'));
    if path.iter().any(lossy) {
        return;
    }
    if before.iter().filter(|leaf| leaf.document == 0 && leaf.path == *path).count() > 1 {
        return;
    }
    let value = VALUES[usize::from(*value) % VALUES.len()];
    let value = NewValue::from_json(value.as_bytes()).expect("the values are JSON");
    let Ok(edited) = set(text, format, path, &value, Beyond::Refuse, &Stores::default()) else { return };
    let after = plain_leaves(edited.text.as_bytes(), format).expect("what an edit wrote is read");
    if after.len() == before.len() + 1 {
        // A map of the same name stands in front, where the path ends: it got the value, and no other one changed.
        let same = |(old, new): (&PlainLeaf, &PlainLeaf)| old.path == new.path && old.value == new.value;
        let added = before.iter().zip(&after).take_while(|pair| same(*pair)).count();
        assert!(after[added].path == *path, "a value of another path came");
        assert!(before[added..].iter().zip(&after[added + 1..]).all(same), "another value changed");
        return;
    }
    assert_eq!(before.len(), after.len(), "values came or went");
    if edited.reprinted {
        return;
    }
    for (index, (old, new)) in before.iter().zip(&after).enumerate() {
        assert!(old.path == new.path, "a value has another path");
        assert!(index == chosen || old.value == new.value, "another value changed");
    }
    // Where a value repeats another, or is repeated, it is written out; UTF-16 is compared by its values only.
    if (format == Format::Yaml && text.contains(&b'*')) || text.contains(&0) {
        return;
    }
    let (changed, room) = (edited.text.as_bytes(), before[chosen].room);
    assert!(changed.starts_with(&text[..room.start as usize]), "bytes in front of the value changed");
    assert!(changed.ends_with(&text[room.end as usize..]), "bytes behind the value changed");
});
