//! Scalars: their text and their values.

use super::*;

#[track_caller]
fn reads(source: &str, text: &str) {
    assert_eq!(value(source), string(text), "{source:?}");
}

#[test]
fn plain_scalars_fold() {
    reads("a: b c\n", "b c");
    reads("a: b\n  c\n", "b c");
    reads("a: b\n\n  c\n\n\n  d\n", "b\nc\n\nd");
    reads("a:\n  b  \t\n  \t c\n", "b c");
    reads("a: b\r\n  c\r\n\r\n  d\r\n", "b c\nd");
    reads("a: b\u{85}  c", "b c");
    reads("a: b\u{2028}  c", "b\u{2028}c");
    reads("a: b\u{2028}\n  c", "b\u{2028}\nc");
    reads("a: b\n\u{2029}  c", "b\u{2029}c");
    reads("a: b #c\n", "b");
    reads("a: b\n  #c\n", "b");
    reads("a: b:c#d-e,f[g]{h}\n", "b:c#d-e,f[g]{h}");
    reads("a: -b\n", "-b");
    reads("a: 'b' \n", "b");
}

#[test]
fn quoted_scalars() {
    reads("a: 'b''c'\n", "b'c");
    reads("a: ''''\n", "'");
    reads("a: 'b\n\n  c  \n  d '\n", "b\nc d ");
    reads("a: '\\n'\n", "\\n");
    reads(
        r#"a: "\0\a\b\t\n\v\f\r\e\ \"\'\\\N\_\L\P""#,
        "\0\x07\x08\t\n\x0B\x0C\r\x1B \"'\\\u{85}\u{A0}\u{2028}\u{2029}",
    );
    reads(r#"a: "\x41\u00e9\U0001F600\	""#, "Aé\u{1F600}\t");
    reads("a: \"b\\\n   c\"\n", "bc");
    reads("a: \"b \\\n   c\"\n", "b c");
    reads("a: \"b\\ \n   c\"\n", "b  c");
    reads("a: \"b\\\n\n   c\"\n", "b\nc");
    reads("a: \"b  \n\n   c\"\n", "b\nc");
    reads("a: \"b\n \"\n", "b ");
    reads("a: \" b \"\n", " b ");
    reads("a: \"b\r\n  c\rd\"\n", "b c d");
    reads("a: \"b\u{85}c\u{2028}d\"\n", "b c\u{2028}d");
}

#[test]
fn block_scalars() {
    reads("a: |\n  b\n  c\n", "b\nc\n");
    reads("a: |-\n  b\n\n", "b");
    reads("a: |+\n  b\n\n\n", "b\n\n\n");
    reads("a: |\n  b\n\n\n", "b\n");
    reads("a: |\n\n  b\n   c\n", "\nb\n c\n");
    reads("a: |2\n   b\n", " b\n");
    reads("a: |1-\n b\n", "b");
    reads("a: |-1\n b\n", "b");
    reads("a: >\n  b\n  c\n\n  d\n   e\n  f\n", "b c\nd\n e\nf\n");
    reads("a: >-\n  b\n  c\n", "b c");
    reads("a: |\n  b\r\n  c\r\n", "b\nc\n");
    reads("a: |\n  b\u{2028}  c\u{85}  d\n", "b\u{2028}c\nd\n");
    reads("a: |\nb: c\n", "");
    reads("a: |+\n\n\nb: c\n", "\n\n");
    reads("a: |\n  # b\n", "# b\n");
    reads("a: | # c\n  b\n", "b\n");
}

#[test]
fn block_scalars_at_the_end_without_a_line_break() {
    reads("a: |\n  b", "b");
    reads("a: |+\n  b", "b");
    reads("a: >\n  b\n  c", "b c");
    reads("a: |\n  b\n  ", "b\n");
    reads("a: |", "");
}

#[test]
fn values_of_plain_scalars() {
    let tree =
        parse(&b"[~, null, true, 1, -0x1F, 18446744073709551615, 1.5, 2001-01-01, x, yes, <<, =, 1_000]"[..])
            .unwrap();
    let list = tree.children(tree.documents[0]).next().unwrap();
    let values: Vec<Typed<'_>> = tree.children(list).map(|id| tree.value(id).unwrap()).collect();
    let time = Timestamp { seconds: 978_307_200, nanoseconds: 0, offset: 0 };
    assert_eq!(
        values,
        [
            Typed::Null,
            Typed::Null,
            Typed::Bool(true),
            Typed::Int(1),
            Typed::Int(-31),
            Typed::Uint(u64::MAX),
            Typed::Float(1.5),
            Typed::Time(time),
            string("x"),
            string("yes"),
            string("<<"),
            string("="),
            Typed::Int(1000),
        ]
    );
    assert_eq!(value("a: 2001-01-01\n  00:00:00"), Typed::Time(time));
    assert_eq!(value("a: '1'"), string("1"));
    assert_eq!(value("a: \"~\""), string("~"));
    assert_eq!(value("a: |-\n  1"), string("1"));
    assert_eq!(value("a:"), Typed::Null);
}

#[test]
fn values_of_tagged_scalars() {
    assert_eq!(value("a: !!str 1"), string("1"));
    assert_eq!(value("a: !!int '0x10'"), Typed::Int(16));
    assert_eq!(value("a: !!float 1"), Typed::Float(1.0));
    assert_eq!(value("a: !!float 0x10"), Typed::Float(16.0));
    assert_eq!(value("a: !!null ''"), Typed::Null);
    assert_eq!(value("a: !!bool \"true\""), Typed::Bool(true));
    assert_eq!(value("a: ! 1"), Typed::Int(1));
    assert_eq!(value("a: ! '1'"), string("1"));
    assert_eq!(value("a: !x 1"), string("1"));
    assert_eq!(value("a: !!binary |\n  aGVs\n  bG8="), Typed::Binary(b"hello".to_vec()));
    assert_eq!(value("a: !<tag:yaml.org,2002:str> 1"), string("1"));
    assert_eq!(value("%TAG !y! tag:yaml.org,2002:\n---\na: !y!str 1"), string("1"));
    assert_eq!(value("%TAG ! tag:yaml.org,2002:\n---\na: !str 1"), string("1"));
    assert_eq!(value("a: !!%73tr 1"), string("1"));
    for wrong in [
        "!!int x",
        "!!int 1.5",
        "!!bool yes",
        "!!null 0",
        "!!timestamp 1",
        "!!binary a",
        "!!binary a b=",
        "!!float 18446744073709551615",
        "!!int 2001-01-01",
        "!!bool ''",
    ] {
        let source = format!("a: {wrong}");
        let tree = parse(source.as_bytes()).unwrap();
        let id = Id(tree.nodes.len() as u32 - 1);
        let error = tree.value(id).unwrap_err();
        assert_eq!(error.offset, tree.node(id).span.start, "{wrong}");
    }
}
