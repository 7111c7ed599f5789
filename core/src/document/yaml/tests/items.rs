//! What sops makes of a text: items, comments, types. Each line was derived from the rules of its YAML store and seen
//! in the real sops.

use super::harness::{all, picture, read, trip};
use crate::document::{Form, Syntax};

#[test]
fn comments_are_items_where_sops_puts_them() {
    for (text, expected) in [
        ("# top\na: x\n", "{ # top a: sx }"),
        ("a: x # behind\n", "{ ~# behind a: sx }"),
        ("a: # at the key\n  b: x\n", "{ # at the key a: { b: sx } }"),
        (
            "a:\n  # inside\n  b: x\n  # last inside\n# outside\nc: y\n",
            "{ a: { # inside b: sx # last inside } # outside c: sy }",
        ),
        ("l:\n  # first\n  - x # behind\n  # last\n", "{ l: [ # first ~# behind sx # last ] }"),
        ("a: [x, # of x\n  y]\n", "{ a: [ ~# of x sx sy ] }"),
        ("a: |  # of the block\n  x\n", "{ ~# of the block a: sx\\n }"),
        ("# one\n# two\n\n# three\na: x\n", "{ # one # two # three a: sx }"),
        ("a: x\n# trailing\n---\nb: y\n", "{ a: sx # trailing } { b: sy }"),
    ] {
        assert_eq!(picture(&read(text, Form::Plain)), expected, "{text}");
    }
}

#[test]
fn scalars_have_the_types_of_the_library() {
    for (value, expected) in [
        ("~", "null"),
        ("''", "s"),
        ("TRUE", "bTrue"),
        ("yes", "syes"),
        ("017", "i15"),
        ("08", "f8"),
        ("1_000", "i1000"),
        ("0x1F", "i31"),
        ("1e3", "f1000"),
        ("1.50", "f1.5"),
        ("-.inf", "f-Inf"),
        ("1e400", "s1e400"),
        ("12:30", "s12:30"),
        ("2020-01-02", "t2020-01-02T00:00:00Z"),
        ("!!str 5", "s5"),
        ("!local x", "sx"),
    ] {
        let text = format!("a: {value}\n");
        assert_eq!(picture(&read(&text, Form::Plain)), format!("{{ a: {expected} }}"), "{text}");
    }
}

#[test]
fn aliases_are_copies_and_merges_are_keys() {
    let text = "a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n";
    assert_eq!(picture(&read(text, Form::Plain)), "{ a: { x: i1 } b: { x: i1 } c: { <<: { x: i1 } } }");
}

#[test]
fn the_block_of_every_document_is_taken_out_and_the_first_one_counts() {
    let text = "a: x\nsops:\n    mac: one\n---\nb: y\nsops:\n    mac: two\n";
    let yaml = read(text, Form::Sealed);
    assert_eq!(picture(&yaml), "{ a: sx } { b: sy }");
    let mac =
        crate::metadata::Raw::Map(vec![("mac".to_owned(), crate::metadata::Raw::Str("one".to_owned()))]);
    assert_eq!(yaml.block().unwrap(), Some(mac));
}

#[test]
fn usual_texts_come_back_without_help() {
    for text in [
        "a: x\nb: 'y'\nc: \"z\"\n",
        "# top\na: x # behind\n\nb:\n  # inside\n  c: 1.50\n  d: TRUE\n",
        "l:\n- x\n-   y\n- k: v\n  m: w\n",
        "key: |\n  first\n   second\n\n  third\nother: >-\n  folded\nlast: |+\n  kept\n\n",
        "a: x\r\nb: |\r\n  y\r\n",
        "a: x",
        "---\na: x\n---\nb: y\n...\n",
        "{\"a\": \"x\", 'b': 'y', c: [z, \"w\"]}\n",
    ] {
        let trip = trip(text, &all).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(trip.restored, text, "{}", trip.sealed);
        assert_eq!((trip.prepared.as_str(), trip.attempts), (text, 0));
        assert!(trip.sealed.contains("sops"), "{}", trip.sealed);
    }
}
