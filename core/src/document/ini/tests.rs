use super::*;
use crate::document::round_trip::{block, lossless, random_texts, round_trip, show, token};

fn read(text: &str, form: Form) -> Result<Ini, DocumentError> {
    Ini::read(Cow::Borrowed(text.as_bytes()), form)
}

/// The nodes between those of the section in front of the first header and the end.
#[track_caller]
fn shown(text: &str) -> String {
    let nodes = show(&read(text, Form::Plain).unwrap());
    assert_eq!(nodes[..3], ["{", "\"DEFAULT\":", "{"]);
    nodes[3..nodes.len() - 1].join(" ")
}

/// What sops reads as the value that is written as `text`.
#[track_caller]
fn value(text: &str) -> String {
    let ini = read(&format!("k = {text}\nend = 1\n"), Form::Plain).unwrap();
    let Value::Str(value) = ini.value(&ini.nodes()[4]) else { panic!("a string") };
    String::from_utf8_lossy(&value).into_owned()
}

#[test]
fn sections_are_in_order_and_the_first_is_always_there() {
    assert_eq!(shown(""), "end");
    assert_eq!(
        shown("a=1\n[s]\nb:2\n[ t ] x\n[s]"),
        "\"a\": \"1\" end \"s\": { \"b\": \"2\" end \" t \": { end \"s\": { end"
    );
    assert_eq!(shown("[DEFAULT]\na=1"), "end \"DEFAULT\": { \"a\": \"1\" end");
    assert_eq!(shown("\u{feff}a=1"), "\"a\": \"1\" end");
    assert_eq!(shown("[a]b]"), "end \"a]b\": { end");
}

#[test]
fn values_are_read_as_the_library_reads_them() {
    for (text, expected) in [
        ("v", "v"),
        ("", ""),
        ("  v w \t\r", "v w"),
        ("\"v\"", "v"),
        ("'v'", "v"),
        ("\"v\"w\"", "\"v\"w\""),
        ("\"", "\""),
        ("\"\"", ""),
        ("'v\"", "'v\""),
        ("x#y", "x"),
        ("#y", ""),
        ("\"x;y\"", "\"x"),
        ("`x;y` z", "x;y"),
        ("`x`y`", "x`y"),
        ("\"\"\"x\"y\"\"\"\"", "x\"y\""),
        ("\"\"\"x\n y\n\"\"\" z", "x\n y\n"),
        ("`x\ny`\\\n`", "x\ny`\\\n"),
        ("x \\\n  y; \\\n z", "x y; z"),
        ("x\\\n\n", "x"),
        ("\"x\\\ny\"", "\"xy\""),
        ("%(x)s", "%(x)s"),
        ("a = b : c", "a = b : c"),
        ("\u{a0}x\u{3000}", "x"),
    ] {
        assert_eq!(value(text), expected, "{text:?}");
    }
}

#[test]
fn keys_are_read_as_the_library_reads_them() {
    assert_eq!(
        shown("`k:b` x = 1\n\"k q\"=2\n\"\"\" t \"\"\" = 3\n- = 4\n-=5\n[s]\n`-`=6\n a b :7"),
        "\"k:b\": \"1\" \"k q\": \"2\" \"t\": \"3\" \"#1\": \"4\" \"#2\": \"5\" end \"s\": { \"#1\": \"6\" \"a b\": \"7\" end"
    );
}

#[test]
fn a_comment_follows_the_key_that_it_stands_above() {
    assert_eq!(
        shown(
            "; a\n\n  #  b \n[s]; c\n# d\nk = v ; e\n;;; f ;\nl = \"\"\"x\ny\"\"\" ; g\nm = `x` ; lost\n; lost"
        ),
        "end \"s\": { #\"a\\n#  b \\n; c\" \"k\": \"v\" #\"d\\n; e\" \"l\": \"x\\ny\" #\"f ;\\n; g\" \"m\": \"x\" end"
    );
    assert_eq!(shown(";\n; a\nk=v"), "\"k\": \"v\" #\"a\" end");
    assert_eq!(shown(";\n;\nk=v"), "\"k\": \"v\" #\"\" end");
}

#[test]
fn of_keys_that_repeat_the_last_value_counts_at_the_first_place() {
    assert_eq!(
        shown("; a\nk=1\nl=2\n; b\nk=3\n; c\nl=4\nl=5\n[s]\nk=6"),
        "\"k\": \"3\" #\"b\" \"l\": \"5\" end \"s\": { \"k\": \"6\" end"
    );
}

#[test]
fn everything_but_the_tokens_stays() {
    for source in [
        "",
        "\n",
        "a=1",
        "a = 1\n",
        "a = 1\n\n\n",
        "[s]\nk   =   v   \n\n[t]\nl:w",
        "; a\n[s]\n# b\nk = v\n",
        "; a\n; b\n;c\nk = v\n",
        "; a  \n\n  ; b\n\nk = v ; c\n",
        "; a\nk = v\\; b\nl = \"\"\"x\ny\"\"\" # c",
        ";\n  k = v ; a\n; a\r\n;b\r\nl = ; c\r\n",
        ";;; a\n#\n# b\n[s] ; c\nk=v\n",
        "; a\n[s] ; c\nk=v\n",
        ";\n; License\n;\n\n; a\n[s]\nk=v\n",
        "\r\n; a\r\n; b\r\n\r\n; c\r\n[s]\r\nk = v\r\nl = \"w\"\r\n",
        "k = \"v\" ; c\nl = 'w'\nm = `a;b`\nn = \"\"\"a`b\"\"\"\n",
        "k = \"\"\"a\nb\"\"\" ; c\nl = `x\ny`\nm =\nn = \"\"\n",
        "k = ; c\nl = #\n",
        "`k=` = v\n- = a\n- = b\n",
        "\u{feff}k = v\n",
        "[s]\nk = v\n[s]\nk = v\n",
        "[s]\n\n\n",
        "k = \"\"\"a\n\"\"\"\n",
    ] {
        let trip = round_trip::<Ini>(source.as_bytes(), |_, _| true).unwrap();
        assert_eq!(trip.restored, source, "sealed:\n{}", trip.sealed);
    }
}

#[test]
fn the_block_is_the_last_section_and_the_file_ends_as_it_did() {
    let lines = "[sops]\nage__list_0__map_enc       = a\\nb\\n\nage__list_0__map_recipient = age1\nmac                  \
                 \x20     = ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]";
    assert_eq!(lossless::<Ini>("[s]\nk = v\n"), format!("[s]\nk = {}\n\n{lines}\n", token(7)));
    assert_eq!(lossless::<Ini>("k=v"), format!("k={}\n\n{lines}", token(4)));
    assert_eq!(lossless::<Ini>(""), format!("{lines}\n"));
    assert_eq!(
        lossless::<Ini>("k = 'v'\r\n"),
        format!("k = '{}'\r\n\r\n{}\r\n", token(4), lines.replace('\n', "\r\n"))
    );
}

#[test]
fn a_section_of_metadata_is_found_wherever_it_is() {
    let text =
        "a = 1\n\n[sops]\n; c\nmac = `m`\nage__list_0 = \"\"\"x\ny\\nz\"\"\"\nmac = n\n\n; d\n[s]\nk = v\n";
    let ini = read(text, Form::Sealed).unwrap();
    let Some(Raw::Map(items)) = ini.block().unwrap() else { panic!("a map") };
    assert_eq!(items[0], ("age".to_owned(), Raw::List(vec![Raw::Str("x\ny\nz".to_owned())])));
    assert_eq!(items[1], ("mac".to_owned(), Raw::Str("n".to_owned())));
    let mut edits = Edits::default();
    ini.remove_block(&mut edits);
    assert_eq!(edits.splice(ini.text()), b"a = 1\n\n; d\n[s]\nk = v\n");
    let mut edits = Edits::default();
    ini.place_block(&block(), &mut edits);
    let text = String::from_utf8(edits.splice(ini.text())).unwrap();
    assert!(text.starts_with("a = 1\n\n[sops]\nage__list_0__map_enc       = a\\nb\\n\n"), "{text}");
    assert!(text.ends_with("type:str]\n\n; d\n[s]\nk = v\n"), "{text}");
    let error = read("[sops]\na=1\n[sops]\na=1\n", Form::Sealed).unwrap().block().unwrap_err();
    assert_eq!(error.to_string(), "3:1: there is a second section [sops]; remove one of the two");
    assert!(read("[sops]", Form::Plain).unwrap().block().unwrap().is_some());
    assert!(read("sops = 1\n[Sops]", Form::Plain).unwrap().block().unwrap().is_none());
}

#[test]
fn metadata_are_quoted_where_they_must_be() {
    let text = |text: &str| Raw::Str(text.to_owned());
    let block = Raw::Map(vec![
        ("encrypted_regex".to_owned(), text("a#b;c")),
        ("kms".to_owned(), Raw::List(vec![Raw::Map(vec![("a:b".to_owned(), text("x\\"))])])),
        ("mac".to_owned(), text("")),
    ]);
    let ini = read("", Form::Plain).unwrap();
    let mut edits = Edits::default();
    ini.place_block(&block, &mut edits);
    let sealed = edits.splice(b"");
    assert_eq!(
        String::from_utf8_lossy(&sealed),
        "[sops]\nencrypted_regex        = `a#b;c`\n`kms__list_0__map_a:b` = \"x\\\"\nmac                    = \n"
    );
    let sealed = Ini::read(Cow::Owned(sealed), Form::Sealed).unwrap();
    assert_eq!(sealed.block().unwrap(), Some(block));
}

#[test]
fn lines_of_a_comment_that_stand_apart_keep_their_place() {
    let trip = round_trip::<Ini>(b"; a\n\n\t# b\nk = v\n", |_, shown| shown.starts_with('#')).unwrap();
    assert!(trip.sealed.starts_with(&format!("; {}\n\n\t#\nk = v\n", token(5))), "{}", trip.sealed);
    let trip = round_trip::<Ini>(b";\n;  a\nk = v\n", |_, shown| shown.starts_with('#')).unwrap();
    assert!(trip.sealed.starts_with(&format!(";{}\n;  ;\nk = v\n", token(5))), "{}", trip.sealed);
}

#[test]
fn a_comment_that_sops_put_into_one_line_gets_its_lines_back() {
    let ini = read(&format!("; {}\nk = v\n", token(5)), Form::Sealed).unwrap();
    let mut edits = Edits::default();
    ini.place_value(5, &Value::Comment(b"a\n# b\nc\n"[..].into()), b"", &mut edits).unwrap();
    assert_eq!(edits.splice(ini.text()), b"; a\n# b\n; c\n; \nk = v\n");
    let mut edits = Edits::default();
    ini.place_value(5, &Value::Comment(b"; a"[..].into()), b"", &mut edits).unwrap();
    assert_eq!(edits.splice(ini.text()), b"# ; a\nk = v\n");
}

#[test]
fn comments_that_sops_drops_are_taken_out_where_comments_are_encrypted() {
    let source = "[s]\nk = `v` ; one\n# two\nl = w\n[t]\nm = x\n; three\n  ; four";
    let trip = round_trip::<Ini>(source.as_bytes(), |_, _| true).unwrap();
    for word in ["one", "two", "three", "four"] {
        assert!(!trip.sealed.contains(word), "{}", trip.sealed);
    }
    assert_eq!(trip.restored, "[s]\nk = `v`\n# two\nl = w\n[t]\nm = x\n".replace("`v`", "`v` "));
    // Only the comments of the section [s].
    let trip = round_trip::<Ini>(source.as_bytes(), |index, _| index == 5).unwrap();
    assert!(!trip.sealed.contains("one") && trip.sealed.contains("three"), "{}", trip.sealed);
    let trip = round_trip::<Ini>(source.as_bytes(), |_, _| false).unwrap();
    assert_eq!(trip.restored, source);
    let trip = round_trip::<Ini>(b"; only\n", |_, _| true).unwrap();
    assert!(!trip.sealed.contains("only"), "{}", trip.sealed);
}

#[test]
fn values_that_do_not_count_are_taken_out_when_the_last_one_is_encrypted() {
    let source = "; a\nk = one\nl = 2\n; b\nk = two ; c\nk = `three` ; d\nm = 4";
    let trip = round_trip::<Ini>(source.as_bytes(), |_, shown| shown == "\"three\"").unwrap();
    assert!(!trip.sealed.contains("one") && !trip.sealed.contains("two"), "{}", trip.sealed);
    assert_eq!(trip.restored, "k = `three` \nl = 2\nm = 4");
    let trip = round_trip::<Ini>(source.as_bytes(), |_, shown| shown == "\"2\"").unwrap();
    assert!(trip.sealed.contains("one") && trip.sealed.contains("two"), "{}", trip.sealed);
    let trip = round_trip::<Ini>(b"k = 1\nk = 2", |_, _| true).unwrap();
    assert_eq!(trip.restored, "k = 2\n");
}

#[test]
fn a_numbered_key_that_repeats_is_refused_if_it_is_encrypted() {
    let source = b"- = 1\n`#1` = 2\n";
    let Err(error) = round_trip::<Ini>(source, |_, _| true) else { panic!("refused") };
    assert_eq!(
        (error.case, error.position.map(|position| position.line)),
        (DocumentCase::Unsupported, Some(2))
    );
    assert!(round_trip::<Ini>(source, |_, _| false).is_ok());
}

#[test]
fn a_comment_above_and_behind_keeps_a_sign_behind() {
    let trip = round_trip::<Ini>(b"; a\nk = v ; b\n", |_, shown| shown.starts_with('#')).unwrap();
    assert!(trip.sealed.starts_with(&format!("; {}\nk = v ;\n", token(5))), "{}", trip.sealed);
}

#[test]
fn a_comment_behind_a_header_moves_above_it_because_its_token_has_a_bracket() {
    let trip = round_trip::<Ini>(b"[s] ; a\n", |_, shown| shown.starts_with('#')).unwrap();
    assert!(trip.sealed.starts_with(&format!("; {}\n[s]\n", token(6))), "{}", trip.sealed);
    let trip = round_trip::<Ini>(b"[s] ; a\n", |_, _| false).unwrap();
    assert_eq!(trip.restored, "[s] ; a\n");
}

#[test]
fn a_value_that_moves_does_not_swallow_the_next_line() {
    let trip = round_trip::<Ini>(b"k = 1\nl = 2\nk = 3\\", |_, _| true).unwrap();
    assert_eq!(trip.restored, "k = 3\n\nl = 2\n");
    let trip = round_trip::<Ini>(b"k = 1\\; c\nk = 3", |index, _| index == 2).unwrap();
    assert_eq!(trip.restored, "k = 1\\;\nk = 3");
}

#[test]
fn three_quotes_at_the_end_of_the_text_must_not_open_a_value_of_several_lines() {
    let trip = round_trip::<Ini>(b"k = \"\"\"", |_, _| false).unwrap();
    assert!(trip.sealed.starts_with("k = '\"\"\"'\n\n[sops]"), "{}", trip.sealed);
}

#[test]
fn first_lines_with_nothing_in_them_would_crash_sops_and_go_if_the_comment_stays_clear() {
    let trip =
        round_trip::<Ini>(b";\n\n; a\n;\nk = v\n;\n;\nl = w\n", |_, shown| !shown.starts_with('#')).unwrap();
    assert_eq!(trip.restored, "\n; a\n;\nk = v\n;\nl = w\n");
}

#[test]
fn values_that_need_other_quotes_get_them() {
    let written = |style: &str, value: &str| {
        let ini = read(&format!("k = {}\n", style.replace('T', &token(4))), Form::Sealed).unwrap();
        let mut edits = Edits::default();
        ini.place_value(4, &Value::Str(value.as_bytes().into()), b"", &mut edits)?;
        Ok::<_, DocumentError>(String::from_utf8(edits.splice(ini.text())).unwrap())
    };
    assert_eq!(written("T", "a#b").unwrap(), "k = `a#b`\n");
    assert_eq!(written("\"T\"", "a").unwrap(), "k = \"a\"\n");
    assert_eq!(written("\"T\"", "a\"").unwrap(), "k = a\"\n");
    assert_eq!(written("T", "a\\").unwrap(), "k = \"a\\\"\n");
    assert_eq!(written("`T`", "a\n`b").unwrap(), "k = `a\n`b`\n");
    assert_eq!(written("`T`", "a`\nb").unwrap(), "k = \"\"\"a`\nb\"\"\"\n");
    assert_eq!(written("T ; c", "a").unwrap(), "k = a ; c\n");
    assert_eq!(written("T", "`\"\"\"\n").unwrap_err().case, DocumentCase::Unwritable);
    let ini = read("k = T\n", Form::Sealed).unwrap();
    let mut edits = Edits::default();
    ini.place_value(4, &Value::Bool(false), b"", &mut edits).unwrap();
    assert_eq!(edits.splice(ini.text()), b"k = false\n");
    let error = ini.place_value(4, &Value::Comment(b"c"[..].into()), b"", &mut edits).unwrap_err();
    assert_eq!(error.case, DocumentCase::Unwritable);
}

#[test]
fn what_is_no_ini_is_refused_with_its_place() {
    for (text, message) in [
        ("a=1\nb\n", "2:1: the line has no =; expected key = value"),
        ("  = 1\n", "1:3: the key has no name"),
        ("\"\" = 1\n", "1:1: the key has no name"),
        ("[s\n", "1:1: the section name is not closed; a ] is missing"),
        ("[]\n", "1:1: the section has no name"),
        ("`a = 1\n", "1:1: the quote around the key is not closed"),
        ("a = `b\nc\n", "1:5: the quote around the value is not closed"),
        ("a = \"\"\"\n", "1:5: the quote around the value is not closed"),
    ] {
        assert_eq!(read(text, Form::Plain).err().unwrap().to_string(), message);
    }
}

#[test]
fn single_values_are_extracted_as_they_are() {
    let ini = read("k = 'v'\n", Form::Plain).unwrap();
    assert_eq!(ini.extract(4).unwrap(), b"v");
    assert_eq!(ini.extract(2).unwrap_err().case, DocumentCase::Unwritable);
}

#[test]
fn any_text_says_the_same_after_a_round_trip_or_is_refused() {
    let words = [
        "k", "l", "=", " = ", "\n", "\r\n", "\n\n", "; c", "#", ";", " ", "[s]\n", "\"", "'", "`", "\"\"\"",
        "\\", "v", "\nk = v", "\n; c\n", "\t", "-", ":", "\u{a0}",
    ];
    let mut unprepared = 0;
    for text in random_texts(&words, 40_000, 30) {
        let is_plain =
            Ini::read(Cow::Borrowed(&text), Form::Plain).is_ok_and(|ini| matches!(ini.block(), Ok(None)));
        if !is_plain {
            continue;
        }
        for modulus in [1, 2, 3] {
            let trip = match round_trip::<Ini>(&text, |index, _| index % modulus == 0) {
                Ok(trip) => trip,
                Err(error) if error.case == DocumentCase::Unsupported => continue,
                Err(error) => panic!("{error} in {:?}", String::from_utf8_lossy(&text)),
            };
            // Only a value over several lines that end in backslashes does not keep its form in the sealed text.
            if !trip.prepared && !text.contains(&b'\\') {
                assert_eq!(trip.restored.as_bytes(), text, "sealed:\n{}", trip.sealed);
                unprepared += 1;
            }
        }
    }
    assert!(unprepared > 5_000, "{unprepared}");
}
