use super::*;
use crate::document::round_trip::{block, lossless, random_texts, round_trip, show, token};
use crate::timestamp::Timestamp;

fn plain(text: &str) -> Result<Json, DocumentError> {
    Json::read(Cow::Borrowed(text.as_bytes()), Form::Plain)
}

fn sealed(text: &str) -> Json {
    Json::read(Cow::Borrowed(text.as_bytes()), Form::Sealed).unwrap()
}

/// What stands in the only leaf of a sealed text after `value` was put there.
fn restored(text: &str, value: &Value<'_>, spelling: &str) -> String {
    let json = sealed(text);
    let mut edits = Edits::default();
    for (index, node) in json.nodes().iter().enumerate() {
        if matches!(node.kind, Kind::Scalar(_)) {
            json.place_value(index, value, spelling.as_bytes(), &mut edits).unwrap();
        }
    }
    String::from_utf8(edits.splice(json.text())).unwrap()
}

#[test]
fn the_tree_is_read_in_order_with_duplicate_keys() {
    let json = plain(r#" {"b": [1, -2.5, {"x": null}, []], "a": {}, "b": "\u00e9\n", "t": true} "#).unwrap();
    let expected = [
        "{",
        "\"b\":",
        "[",
        "1",
        "-2.5",
        "{",
        "\"x\":",
        "null",
        "end",
        "[",
        "end",
        "end",
        "\"a\":",
        "{",
        "end",
        "\"b\":",
        "\"é\\n\"",
        "\"t\":",
        "true",
        "end",
    ];
    assert_eq!(show(&json), expected);
    assert_eq!(json.block().unwrap(), None);
}

#[test]
fn integers_of_64_bits_stay_exact_and_other_numbers_are_floats() {
    let text = r#"{"a":[9223372036854775807,-9223372036854775808,9223372036854775808,-0,-0.0,1.0,1e2,1E+2]}"#;
    let json = plain(text).unwrap();
    assert_eq!(
        show(&json)[3..11],
        [
            "9223372036854775807",
            "-9223372036854775808",
            "9.223372036854776e18",
            "0",
            "-0.0",
            "1.0",
            "100.0",
            "100.0"
        ]
    );
    assert_eq!(plain(r#"{"a":1E400}"#).err().unwrap().problem, "the number is too large");
}

#[test]
fn spellings_that_are_not_canonical_travel() {
    let json = plain(r#"{"a":[1, -0, 1.5, 1.50, 1e2, 1.0, 12345678901234567890]}"#).unwrap();
    let spellings: Vec<_> = (3..10)
        .map(|index| json.spelling(index).map(|text| String::from_utf8_lossy(text).into_owned()))
        .collect();
    let travels = |text: &str| Some(text.to_owned());
    assert_eq!(
        spellings,
        [
            None,
            travels("-0"),
            None,
            travels("1.50"),
            travels("1e2"),
            travels("1.0"),
            travels("12345678901234567890")
        ]
    );
}

#[test]
fn a_spelling_is_used_only_where_it_reads_back() {
    let text = r#"{"a": "T"}"#;
    assert_eq!(restored(text, &Value::Float(100.0), "1e2"), r#"{"a": 1e2}"#);
    assert_eq!(restored(text, &Value::Float(100.0), "100"), r#"{"a": 100}"#);
    assert_eq!(restored(text, &Value::Float(100.0), "+100"), r#"{"a": 100}"#);
    assert_eq!(restored(text, &Value::Float(1e21), "1_0"), r#"{"a": 1e+21}"#);
    assert_eq!(restored(text, &Value::Float(1.5e-7), ""), r#"{"a": 1.5e-7}"#);
    assert_eq!(restored(text, &Value::Float(-0.0), "-0"), r#"{"a": -0.0}"#);
    assert_eq!(restored(text, &Value::Int(7), "007"), r#"{"a": 7}"#);
    assert_eq!(restored(text, &Value::Int(7), "7}"), r#"{"a": 7}"#);
    assert_eq!(restored(text, &Value::Bool(true), "TRUE"), r#"{"a": true}"#);
    assert_eq!(restored(text, &Value::Str(b"1e2"[..].into()), "1e2"), r#"{"a": "1e2"}"#);
    let time = Timestamp::parse(b"2020-01-02T03:04:05.5+02:00").unwrap();
    assert_eq!(restored(text, &Value::Time(time), ""), r#"{"a": "2020-01-02T03:04:05.5+02:00"}"#);
}

#[test]
fn what_json_cannot_express_is_an_error() {
    let json = sealed(r#"{"a": "T"}"#);
    for value in [Value::Float(f64::NAN), Value::Float(f64::INFINITY), Value::Comment(b"c"[..].into())] {
        let error = json.place_value(2, &value, b"", &mut Edits::default()).unwrap_err();
        assert_eq!(error.case, DocumentCase::Unwritable);
    }
}

#[test]
fn everything_but_the_tokens_stays() {
    for source in [
        "{\"a\":1}",
        "{}",
        "{ }",
        "{\n}",
        "{}\n",
        "  {\n  \"a\" : [ 1 , 2 ],\n\n  \"b\":\"x\"\n  }\n\n",
        "{\r\n  \"a\": 1e2,\r\n  \"b\": 1.50\r\n}\r\n",
        "{\"a\": 1, \"b\": [true, null, \"\"]}",
        "{\"a\":1 ,\"b\":2}\n",
        "{ \"a\": 1,\n  \"b\": \"</&>\" }",
        "{\n\"a\": {},\n\"b\": []\n}",
        "{\n\t\"a\": \"\\\\ \\\" \\n\",\n\t\"é\": \"😀\"\n}\n",
        "{\"a\":1,\"a\":2,\"a\":\"x\"}",
    ] {
        lossless::<Json>(source);
    }
}

#[test]
fn the_block_is_laid_out_as_the_file() {
    let compact = lossless::<Json>(r#"{"a":1,"b":2}"#);
    let age = r#"[{"enc":"a\nb\n","recipient":"age1"}]"#;
    let mac = r#""mac": "ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]""#;
    assert_eq!(compact, format!(r#"{{"a":"{}","b":"{}","sops":{{"age":{age},{mac}}}}}"#, token(2), token(4)));
    let spaced = lossless::<Json>("{\"a\": \"\", \"b\": \"\"}\n");
    let age = r#"[{"enc": "a\nb\n", "recipient": "age1"}]"#;
    assert_eq!(spaced, format!("{{\"a\": \"\", \"b\": \"\", \"sops\": {{\"age\": {age}, {mac}}}}}\n"));
    let lines = lossless::<Json>("{\r\n  \"a\": \"\"\r\n}\r\n");
    let expected = format!(
        "{{\n  \"a\": \"\",\n  \"sops\": {{\n    \"age\": [\n      {{\n        \"enc\": \"a\\nb\\n\",\n        \
         \"recipient\": \"age1\"\n      }}\n    ],\n    {mac}\n  }}\n}}\n"
    );
    assert_eq!(lines, expected.replace('\n', "\r\n"));
    let empty = lossless::<Json>("{}");
    assert!(empty.starts_with("{\n\t\"sops\": {\n\t\t\"age\""), "{empty}");
    assert!(empty.ends_with("\n\t}\n}"), "{empty}");
}

#[test]
fn the_block_is_found_wherever_it_is() {
    let block = r#""sops": {"mac": "m", "n": [1, 1.5, true, null, {}]}"#;
    for (source, without) in [
        (format!("{{\"a\": 1, {block}}}"), "{\"a\": 1}"),
        (format!("{{{block}, \"a\": 1}}"), "{\"a\": 1}"),
        (format!("{{\"a\": 1,\n {block},\n \"b\": 2}}"), "{\"a\": 1,\n \"b\": 2}"),
        (format!("{{ {block} }}"), "{}"),
        (format!("{{{block} }}"), "{ }"),
        (format!("{{\"a\": 1, {}}}", block.replace("sops", "\\u0073ops")), "{\"a\": 1}"),
    ] {
        let json = sealed(&source);
        let raw = json.block().unwrap().unwrap();
        let Raw::Map(items) = raw else { panic!("a map") };
        assert_eq!(items[0], ("mac".to_owned(), Raw::Str("m".to_owned())));
        let numbers = vec![Raw::Int(1), Raw::Float(1.5), Raw::Bool(true), Raw::Null, Raw::Map(vec![])];
        assert_eq!(items[1], ("n".to_owned(), Raw::List(numbers)));
        let mut edits = Edits::default();
        json.remove_block(&mut edits);
        assert_eq!(String::from_utf8(edits.splice(json.text())).unwrap(), without);
        assert_eq!(json.nodes().len() % 2, 0);
    }
}

#[test]
fn a_second_block_or_one_that_is_no_object_is_an_error() {
    let error =
        |text: &str, form| Json::read(Cow::Borrowed(text.as_bytes()), form).unwrap().block().unwrap_err();
    assert_eq!(error(r#"{"sops": {}, "sops": {}}"#, Form::Sealed).case, DocumentCase::Malformed);
    assert_eq!(error(r#"{"sops": 1}"#, Form::Sealed).case, DocumentCase::Malformed);
    assert_eq!(error(r#"{"sops": []}"#, Form::Plain).case, DocumentCase::Reserved);
    let deep = format!("{{\"sops\": {{\"a\": {}1{}}}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(error(&deep, Form::Sealed).problem, "the sops entry is nested too deeply");
    assert!(plain(r#"{"a": {"sops": 1}, "sop": 2}"#).unwrap().block().unwrap().is_none());
}

#[test]
fn text_behind_the_object_is_refused_in_plain_text_and_ignored_in_a_sealed_one() {
    let text = "{\"a\": 1}\n x";
    let error = plain(text).err().unwrap();
    assert_eq!((error.case, error.to_string().starts_with("2:2: ")), (DocumentCase::Malformed, true));
    let json = sealed(text);
    assert_eq!(json.warnings().len(), 1);
    assert_eq!(json.text(), b"{\"a\": 1}\n ");
}

#[test]
fn a_sealed_text_that_stops_inside_a_member_is_read_as_sops_reads_it() {
    for (text, read) in [
        (r#"{"a":"#, "{}"),
        (r#"{"a""#, "{}"),
        (r#"{"a": 1, "b": [1,"#, r#"{"a": 1}"#),
        (r#"{"a": 1, "b": [[{"c":"#, r#"{"a": 1}"#),
        (r#"{"sops": {}, "b": ["#, r#"{"sops": {}}"#),
    ] {
        let json = sealed(text);
        assert_eq!(String::from_utf8_lossy(json.text()), read);
        assert_eq!(json.warnings().len(), 1);
        assert_eq!(show(&json), show(&sealed(read)));
        assert!(plain(text).is_err());
    }
    for text in
        [r#"{"#, r#"{"a": 1"#, r#"{"a": 1,"#, r#"{"a": {"b":"#, r#"{"a": "x"#, r#"{"a": tru"#, r#"{"a": [{"#]
    {
        assert!(Json::read(Cow::Borrowed(text.as_bytes()), Form::Sealed).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    for (text, place) in [
        ("", "1:1: the file is empty"),
        ("\u{feff}{}", "1:1: JSON may not begin with a byte order mark"),
        ("[1]", "1:1: the outermost value is a list"),
        ("\n 42", "2:2: the outermost value is no object"),
        ("a: 1", "1:1: this is no JSON"),
        ("{a: 1}", "1:2: expected a key in double quotes"),
        ("{\"a\" 1}", "1:6: expected a colon"),
        ("{\"a\": 1,}", "1:9: expected a key"),
        ("{\"a\": [1,]}", "1:10: expected a value"),
        ("{\"a\": [1}", "1:9: expected a closing bracket"),
        ("{\"a\": 1]", "1:8: expected a closing brace"),
        ("{\"a\": 1 2}", "1:9: expected a comma or a closing brace"),
        ("{\"a\": [1 2]}", "1:10: expected a comma or a closing bracket"),
        ("{\"a\": 01}", "1:8: expected a comma"),
        ("{\"a\": 1.}", "1:7: the number is incomplete"),
        ("{\"a\": -}", "1:7: the number is incomplete"),
        ("{\"a\": .5}", "1:7: expected a value"),
        ("{\"a\": nul}", "1:7: expected a value"),
        ("{\"a\": // c\n1}", "1:7: expected a value"),
        ("{\"a\": \"x\ny\"}", "1:9: control characters"),
        ("{\"a\": \"\\x\"}", "1:8: unknown escape"),
        ("{\"a\": \"\\u12g4\"}", "1:8: unknown escape"),
        ("{\"a\": \"x}", "1:7: the string does not end"),
        ("{\"a\": 1", "1:8: the text ends before the object does"),
    ] {
        let message = plain(text).err().unwrap().to_string();
        assert!(message.starts_with(place), "{text:?}: {message}");
    }
}

#[test]
fn depth_is_bounded_as_in_go() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(plain(&nested(10_000)).is_ok());
    let error = plain(&nested(10_001)).err().unwrap();
    assert_eq!(error.problem, "objects and lists are nested more than 10000 deep");
    assert!(plain(&"[".repeat(1_000_000)).is_err());
    assert!(plain(&"{\"a\":".repeat(1_000_000)).is_err());
}

#[test]
fn invalid_utf8_reads_as_replacement_characters_and_is_left_alone() {
    let text = b"{\"a\xff\": \"\xe2\x82\", \"b\": 1}";
    let trip = round_trip::<Json>(text, |_, shown| shown == "1").unwrap();
    assert!(trip.restored.starts_with("{\"a\u{fffd}\": \"\u{fffd}\""));
    let json = Json::read(Cow::Borrowed(text), Form::Plain).unwrap();
    assert_eq!(show(&json)[1..3], ["\"a\u{fffd}\":", "\"\u{fffd}\u{fffd}\""]);
}

#[test]
fn list_elements_that_were_comments_are_dropped() {
    const COMMENT: &str = "\"ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:comment]\"";
    for (list, expected) in [
        ("[C, 1, C, 2, C]", "[1, 2]"),
        ("[C,C, 1]", "[1]"),
        ("[C, C]", "[]"),
        ("[[C], {}, C]", "[[], {}]"),
        ("[1]", "[1]"),
    ] {
        let json = sealed(&format!("{{\"l\": {}}}", list.replace('C', COMMENT)));
        let mut edits = Edits::default();
        for (index, node) in json.nodes().iter().enumerate() {
            if node.kind == Kind::Scalar(Type::Str) {
                json.place_value(index, &Value::Comment(b"c"[..].into()), b"c", &mut edits).unwrap();
            }
        }
        let text = String::from_utf8(edits.splice(json.text())).unwrap();
        assert_eq!(text, format!("{{\"l\": {expected}}}"));
    }
}

#[test]
fn subtrees_are_extracted_as_sops_prints_them() {
    let json =
        plain(r#"{"s": "<a>\n", "l": [1.50, "<", [], {"k": true}], "m": {"a":null,"b":{}}, "n": 1e21}"#)
            .unwrap();
    let extract = |name: &[u8]| String::from_utf8(json.extract(json.member(name).unwrap()).unwrap()).unwrap();
    assert_eq!(extract(b"s"), "<a>\n");
    assert_eq!(extract(b"l"), "[\n\t1.5,\n\t\"\\u003c\",\n\t[],\n\t{\n\t\t\"k\": true\n\t}\n]");
    assert_eq!(extract(b"m"), "{\n\t\"a\": null,\n\t\"b\": {}\n}\n");
    assert_eq!(extract(b"n"), "1e+21");
    assert!(json.member(b"k").is_none());
    assert_eq!(json.extract(0).unwrap().last(), Some(&b'\n'));
}

#[test]
fn unknown_fields_survive_when_the_block_is_written_again() {
    let json = sealed("{\n    \"a\": 1,\n    \"sops\": {\"x\": 1}\n}");
    let mut edits = Edits::default();
    json.place_block(&block(), &mut edits);
    let text = String::from_utf8(edits.splice(json.text())).unwrap();
    assert!(text.starts_with("{\n    \"a\": 1,\n    \"sops\": {\n        \"age\": [\n"), "{text}");
    assert!(text.ends_with("\n    }\n}"), "{text}");
}

#[test]
fn any_bytes_are_read_or_refused() {
    let words = [
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"sops\"", "1", "-1.5e3", "\\", "\n", " ", "true",
        "\u{fffd}",
    ];
    for mut text in random_texts(&words, 20_000, 24) {
        for form in [Form::Plain, Form::Sealed] {
            let _ = Json::read(Cow::Borrowed(&text), form)
                .map(|json| (show(&json), json.block(), json.warnings()));
        }
        text.insert(0, b'{');
        text.push(b'}');
        let is_plain =
            Json::read(Cow::Borrowed(&text), Form::Plain).is_ok_and(|json| matches!(json.block(), Ok(None)));
        if is_plain {
            lossless::<Json>(std::str::from_utf8(&text).unwrap());
        }
    }
}
