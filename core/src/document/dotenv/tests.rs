use super::*;
use crate::document::round_trip::{block, lossless, random_texts, round_trip, show, token};

fn read(text: &str, form: Form) -> Result<Dotenv, DocumentError> {
    Dotenv::read(Cow::Borrowed(text.as_bytes()), form)
}

#[test]
fn lines_are_verbatim() {
    let document = read("# c\n\nexport A= \"x\" # y\nB=a=b\n=\nA=\\n\\\\n\\x\r\n#", Form::Plain).unwrap();
    let expected = [
        "{",
        "#\" c\"",
        "\"export A\":",
        "\" \\\"x\\\" # y\"",
        "\"B\":",
        "\"a=b\"",
        "\"\":",
        "\"\"",
        "\"A\":",
        "\"\\n\\\\\\n\\\\x\\r\"",
        "#\"\"",
        "end",
    ];
    assert_eq!(show(&document), expected);
}

#[test]
fn everything_but_the_tokens_stays() {
    for source in [
        "",
        "\n",
        "A=1",
        "A=1\n",
        "A=1\n\n\n",
        "\n\nA=1\n\n# c\n\nB=2\\n3\n",
        "A=1\r\nB=2\r\n#c\r\n",
        "A=\n#\n",
        "=x\nsops=1\nA =  x \n",
        "A=1\nA=1\nA=2",
        "\u{feff}A=1\n",
    ] {
        lossless::<Dotenv>(source);
    }
}

#[test]
fn the_block_comes_last_and_the_file_ends_as_it_did() {
    let lines = "sops_age__list_0__map_enc=a\\nb\\n\nsops_age__list_0__map_recipient=age1\nsops_mac=ENC[AES256_GCM,\
                 data:x,iv:x,tag:x,type:str]";
    assert_eq!(lossless::<Dotenv>("A=1\n"), format!("A={}\n{lines}\n", token(2)));
    assert_eq!(lossless::<Dotenv>("#c\r\nA=1"), format!("#{}\nA={}\n{lines}", token(1), token(3)));
    assert_eq!(lossless::<Dotenv>(""), format!("{lines}\n"));
}

#[test]
fn lines_of_the_block_are_found_wherever_they_are() {
    let document =
        read("sops_mac=m\nA=1\nsops_age__list_0=x\\ny\nB=2\nsops_version=3", Form::Sealed).unwrap();
    let Some(Raw::Map(items)) = document.block().unwrap() else { panic!("a map") };
    let names: Vec<_> = items.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["age", "mac", "version"]);
    assert_eq!(items[0].1, Raw::List(vec![Raw::Str("x\ny".to_owned())]));
    let mut edits = Edits::default();
    document.remove_block(&mut edits);
    assert_eq!(edits.splice(document.text()), b"A=1\nB=2");
    let mut edits = Edits::default();
    document.place_block(&block(), &mut edits);
    let text = String::from_utf8(edits.splice(document.text())).unwrap();
    assert!(text.starts_with("sops_age__list_0__map_enc=a\\nb\\n\n"), "{text}");
    assert!(text.ends_with("type:str]\nA=1\nB=2\n"), "{text}");
}

#[test]
fn contradictions_in_the_block_are_errors() {
    for text in ["sops_a=1\nsops_a=2\n", "sops_a=1\nsops_a__map_b=2\n", "sops_a__list_1=2\n"] {
        let error = read(text, Form::Sealed).unwrap().block().unwrap_err();
        assert_eq!(error.case, DocumentCase::Malformed);
    }
    assert!(read("sops=1\nSOPS_A=1\n", Form::Plain).unwrap().block().unwrap().is_none());
    assert!(read("sops_=1\n", Form::Plain).unwrap().block().unwrap().is_some());
}

#[test]
fn lines_without_an_equals_sign_are_refused_with_their_place() {
    for (text, message) in [
        ("A=1\nB\n", "2:1: the line has no =; expected KEY=value, # comment, or nothing"),
        ("  # c\n", "1:1: a comment must begin in the first column; remove the blanks in front of #"),
        ("A=1\n \n", "2:1: the line holds only blanks; make it empty"),
        (
            "\u{feff}# c\n",
            "1:1: the comment does not begin with # but with a byte order mark; remove the mark",
        ),
    ] {
        assert_eq!(read(text, Form::Plain).err().unwrap().to_string(), message);
    }
    let error = read("A=1\r\n\r\n", Form::Sealed).err().unwrap();
    assert_eq!(error.to_string(), "2:1: the line holds only a carriage return; remove it");
}

#[test]
fn empty_lines_with_a_carriage_return_lose_it() {
    let trip = round_trip::<Dotenv>(b"A=1\r\n\r\nB=2\r\n\r", |_, _| true).unwrap();
    assert_eq!(trip.restored, "A=1\r\n\nB=2\r\n");
    assert!(!trip.sealed.contains('\r'));
}

#[test]
fn values_of_other_types_are_written_as_text() {
    let document = read("A=T\n#T\n", Form::Sealed).unwrap();
    let written = |index: usize, value: &Value<'_>| {
        let mut edits = Edits::default();
        document.place_value(index, value, b"spelling", &mut edits)?;
        Ok::<_, DocumentError>(String::from_utf8(edits.splice(document.text())).unwrap())
    };
    assert_eq!(written(2, &Value::Bool(true)).unwrap(), "A=true\n#T\n");
    assert_eq!(written(2, &Value::Float(1.0)).unwrap(), "A=1.0\n#T\n");
    assert_eq!(written(2, &Value::Float(1e6)).unwrap(), "A=1E+06\n#T\n");
    assert_eq!(written(2, &Value::Int(-5)).unwrap(), "A=-5\n#T\n");
    assert_eq!(written(2, &Value::Null).unwrap(), "A=<nil>\n#T\n");
    assert_eq!(written(2, &Value::Str(b"a\nb"[..].into())).unwrap(), "A=a\\nb\n#T\n");
    assert_eq!(written(3, &Value::Comment(b"a\nb"[..].into())).unwrap(), "A=T\n#a\n#b\n");
    assert_eq!(written(2, &Value::Comment(b"a"[..].into())).unwrap_err().case, DocumentCase::Unwritable);
}

#[test]
fn single_values_are_extracted_as_they_are() {
    let document = read("A=x\\ny\n#c\n", Form::Plain).unwrap();
    assert_eq!(document.extract(2).unwrap(), b"x\ny");
    assert_eq!(document.extract(3).unwrap_err().case, DocumentCase::Unwritable);
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let source = b"A=\xff\0\xfe\n#\x80\n";
    let document = Dotenv::read(Cow::Borrowed(source), Form::Plain).unwrap();
    assert_eq!(document.value(&document.nodes()[2]), Value::Str(b"\xff\0\xfe"[..].into()));
}

#[test]
fn any_lines_survive_or_are_refused() {
    let words = ["A", "=", "#", "\n", "\r\n", "\\n", "\\", "sops", "_", " ", "B=1\n", "\u{e9}"];
    for text in random_texts(&words, 20_000, 30) {
        let _ = Dotenv::read(Cow::Borrowed(&text), Form::Sealed).map(|document| document.block());
        let Ok(document) = Dotenv::read(Cow::Borrowed(&text), Form::Plain) else { continue };
        if matches!(document.block(), Ok(None)) && document.lone_returns.is_empty() {
            lossless::<Dotenv>(std::str::from_utf8(&text).unwrap());
        }
    }
}
