use super::*;
use crate::document::round_trip::{lossless, round_trip, show, token};

#[test]
fn everything_is_one_value() {
    for source in ["x", "a\r\n\0b", "{\"data\": 1}", "\u{feff}"] {
        lossless_as_whole(source);
    }
    let bytes = b"\xff\xfe\0";
    let document = Binary::read(Cow::Borrowed(bytes), Form::Plain).unwrap();
    assert_eq!(document.value(&document.nodes()[VALUE]), Value::Str(bytes[..].into()));
    assert_eq!(document.extract(VALUE).unwrap(), bytes);
    assert_eq!(document.extract(0).unwrap(), bytes);
}

fn lossless_as_whole(source: &str) -> String {
    let trip = round_trip::<Binary>(source.as_bytes(), |_, _| true).unwrap();
    assert_eq!(trip.restored, source);
    trip.sealed
}

#[test]
fn the_wrapper_is_what_sops_prints() {
    let rest = ",\n\t\"sops\": {\n\t\t\"age\": [\n\t\t\t{\n\t\t\t\t\"enc\": \"a\\nb\\n\",\n\t\t\t\t\"recipient\": \
                \"age1\"\n\t\t\t}\n\t\t],\n\t\t\"mac\": \"ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\"\n\t}\n}\n";
    assert_eq!(lossless_as_whole("bin\n"), format!("{{\n\t\"data\": \"{}\"{rest}", token(2)));
    assert_eq!(lossless::<Binary>(""), format!("{{\n\t\"data\": \"\"{rest}"));
}

#[test]
fn a_part_of_a_binary_file_cannot_be_selected() {
    let Err(error) = round_trip::<Binary>(b"x", |_, _| false) else { panic!("refused") };
    assert_eq!(error.case, DocumentCase::Unwritable);
}

#[test]
fn what_is_encrypted_already_is_noticed() {
    let block =
        |text: &str| Binary::read(Cow::Borrowed(text.as_bytes()), Form::Plain).unwrap().block().unwrap();
    assert!(block(&lossless_as_whole("x")).is_some());
    assert!(block("{\"data\": 1, \"sops\": {\"x\": 1}}").is_none());
    assert!(block("{\"sops\": {\"mac\": \"x\"}}").is_none());
    assert!(block("\"sops\"").is_none());
}

#[test]
fn data_that_is_clear_is_given_back() {
    for (text, clear) in [
        (r#"{"data": "a\nb", "sops": {}}"#, "a\nb"),
        (r#"{"sops": {}, "x": 1, "data": "", "data": "y"}"#, ""),
    ] {
        let document = Binary::read(Cow::Borrowed(text.as_bytes()), Form::Sealed).unwrap();
        let mut edits = Edits::default();
        document.remove_block(&mut edits);
        assert_eq!(edits.splice(document.text()), clear.as_bytes());
    }
}

#[test]
fn other_members_vanish_with_the_wrapper() {
    let text = r#"{"x": "T1", "data": "ENC[AES256_GCM,T2]", "y": ["T3"], "sops": {}}"#;
    let document = Binary::read(Cow::Borrowed(text.as_bytes()), Form::Sealed).unwrap();
    let mut edits = Edits::default();
    for (index, node) in document.nodes().iter().enumerate() {
        if matches!(node.kind, Kind::Scalar(_)) {
            let value = Value::Str(b"\xffclear"[..].into());
            document.place_value(index, &value, b"", &mut edits).unwrap();
        }
    }
    document.remove_block(&mut edits);
    assert_eq!(edits.splice(document.text()), b"\xffclear");
}

#[test]
fn a_wrapper_without_data_is_refused() {
    for text in ["{\"sops\": {}}", "{\"data\": 1, \"sops\": {}}", "{\"data\": [\"x\"]}"] {
        let error = Binary::read(Cow::Borrowed(text.as_bytes()), Form::Sealed).err().unwrap();
        assert_eq!(error.case, DocumentCase::Unwritable, "{text}");
    }
    let document = Binary::read(Cow::Borrowed(b"{\"data\": \"T\"}"), Form::Sealed).unwrap();
    assert_eq!(show(&document), ["{", "\"data\":", "\"T\"", "end"]);
    let error = document.place_value(2, &Value::Int(1), b"1", &mut Edits::default()).unwrap_err();
    assert_eq!(error.case, DocumentCase::Unwritable);
}
