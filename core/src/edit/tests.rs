use super::*;
use crate::document::Stores;
use crate::path::parse_path;

fn edited(source: &str, format: Format, path: &str, value: Option<&str>) -> (String, bool) {
    let path = parse_path(path).unwrap();
    let edited = match value {
        Some(value) => {
            let value = NewValue::from_json(value.as_bytes()).unwrap();
            set(source.as_bytes(), format, &path, &value, Beyond::Refuse, &Stores::default())
        }
        None => unset(source.as_bytes(), format, &path, &Stores::default()),
    };
    let edited = edited.unwrap();
    (String::from_utf8(edited.text.as_bytes().to_vec()).unwrap(), edited.reprinted)
}

/// Changes a YAML text in its one place.
fn yaml(source: &str, path: &str, value: Option<&str>) -> String {
    let (text, reprinted) = edited(source, Format::Yaml, path, value);
    assert!(!reprinted, "{source:?} {path}");
    text
}

#[test]
fn values_of_yaml_are_replaced_where_they_stand() {
    for (source, path, value, expected) in [
        ("a:   1   # c\nb: 2\n", "[\"a\"]", "\"x\"", "a:   x   # c\nb: 2\n"),
        ("a: |+ # c\n  x\n\nb: 2\n", "[\"a\"]", "5", "a: 5 # c\nb: 2\n"),
        ("a: # c\n  x: 1\n  # d\nb: 2", "[\"a\"]", "true", "a: true # c\nb: 2"),
        ("a: x # c\nb:\n  y: 1\n", "[\"a\"]", "{\"k\": 1}", "a: # c\n  k: 1\nb:\n  y: 1\n"),
        ("a:\r\n- x\r\n- y\r\n", "[\"a\"][0]", "\"p\\nq\"", "a:\r\n- |-\r\n  p\r\n  q\r\n- y\r\n"),
        ("a: {b: 1, c: 2}\n", "[\"a\"][\"b\"]", "\"x, y\"", "a: {b: \"x, y\", c: 2}\n"),
        ("? k\n\n# c\n: v\n", "[\"k\"]", "1", "? k\n\n# c\n: 1\n"),
        ("a: &n x\nb: *n\n", "[\"b\"]", "1", "a: &n x\nb: 1\n"),
    ] {
        assert_eq!(yaml(source, path, Some(value)), expected, "{source:?}");
    }
}

#[test]
fn new_entries_of_yaml_stand_behind_the_last_one() {
    for (source, path, value, expected) in [
        ("a:\n   b: 1\n   # c\nd: 2\n", "[\"a\"][\"x\"]", "1", "a:\n   b: 1\n   # c\n   x: 1\nd: 2\n"),
        ("a: 1", "[\"b\"][0]", "2", "a: 1\nb:\n    - 2"),
        ("a: [\n  x, # c\n]\n", "[\"a\"][1]", "\"z\"", "a: [\n  x, # c\n  z,\n]\n"),
        ("{}\n", "[\"a\"]", "1", "a: 1\n"),
        ("{ } # c\n", "[\"a\"]", "1", "{ a: 1} # c\n"),
        ("--- {}\n", "[\"a\"]", "1", "--- {a: 1}\n"),
        ("a: {}\n", "[\"a\"][\"b\"]", "[]", "a:\n    b: []\n"),
    ] {
        assert_eq!(yaml(source, path, Some(value)), expected, "{source:?}");
    }
}

#[test]
fn what_is_removed_takes_its_lines_along() {
    for (source, path, expected) in [
        ("# a\na: 1 # b\n\nb: 2\n", "[\"a\"]", "# a\n\nb: 2\n"),
        ("l:\n- a: 1\n  b: 2\n", "[\"l\"][0][\"a\"]", "l:\n- b: 2\n"),
        ("m:\n  a: 1\nn: 2\n", "[\"m\"][\"a\"]", "m: {}\nn: 2\n"),
        ("l: [a, b, c]\n", "[\"l\"][1]", "l: [a, c]\n"),
        ("l: [a]\n", "[\"l\"][0]", "l: []\n"),
        ("{ a: 1 } # c\n", "[\"a\"]", "{  } # c\n"),
        ("# c\na: 1", "[\"a\"]", "# c\n{}"),
    ] {
        assert_eq!(yaml(source, path, None), expected, "{source:?}");
    }
}

#[test]
fn a_value_is_exactly_one_of_json() {
    for text in ["", "x", "1 2", "1, \"w\": 2", "1}", "{", "1, \"sops\": {}", "[1,]"] {
        assert!(NewValue::from_json(text.as_bytes()).is_err(), "{text:?}");
    }
    for text in ["1", " null ", "[]", "{\"sops\": 1}", "\"\""] {
        assert!(NewValue::from_json(text.as_bytes()).is_ok(), "{text:?}");
    }
}

#[test]
fn the_same_value_is_no_change_and_types_count() {
    let changed = |value: &str| {
        let value = NewValue::from_json(value.as_bytes()).unwrap();
        let path = parse_path("[\"a\"]").unwrap();
        set(b"a: [5, x]\n", Format::Yaml, &path, &value, Beyond::Refuse, &Stores::default()).unwrap().changed
    };
    assert!(!changed("[5, \"x\"]"));
    assert!(changed("[5.0, \"x\"]"));
    assert!(changed("[\"5\", \"x\"]"));
}
