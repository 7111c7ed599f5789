//! Streams of documents: markers, directives, encodings.

use super::*;

#[test]
fn documents() {
    assert_eq!(show(""), "");
    assert_eq!(parse(&b""[..]).unwrap().documents.len(), 0);
    assert_eq!(parse(&b"# c\n\n"[..]).unwrap().documents.len(), 0);
    assert_eq!(show("---\n"), "");
    assert_eq!(parse(&b"---\n"[..]).unwrap().documents.len(), 1);
    assert_eq!(show("a: b\n---\nc\n--- d\n---\n"), "{a: b} --- c --- d --- ");
    assert_eq!(show("a: b\n...\n---\nc: d\n...\n...\n"), "{a: b} --- {c: d}");
    assert_eq!(show("--- |\n a\n--- >\n b\n"), "|a\n| --- >b\n>");
    assert_eq!(show("--- &a b\n--- *a\n"), "&a b --- *1");
}

#[test]
fn markers() {
    let source = b"a: 1\n--- # c\nb: 2\n...\n%YAML 1.1 # d\n%TAG !x! y\n---\nc: 3\n";
    let tree = parse(&source[..]).unwrap();
    let text = |span: Span| std::str::from_utf8(span.of(source)).unwrap();
    let shown: Vec<_> = tree.markers.iter().map(|m| [m.directives, m.start, m.end].map(text)).collect();
    assert_eq!(shown, [["", "", ""], ["", "---", "..."], ["%YAML 1.1 # d\n%TAG !x! y", "---", ""]]);
    assert_eq!(tree.markers[0].end, Span::empty(5));
    assert_eq!(tree.markers[2].end, Span::empty(source.len()));
    let roots: Vec<_> = tree.documents.iter().map(|&id| text(tree.node(id).span)).collect();
    assert_eq!(roots, ["a: 1", "b: 2", "c: 3"]);
}

#[test]
fn encodings() {
    let tree = parse(&b"\xEF\xBB\xBFa: b\n"[..]).unwrap();
    assert_eq!((show_tree(&tree).as_str(), &tree.text[..3]), ("{a: b}", &b"\xEF\xBB\xBF"[..]));
    assert_eq!(tree.node(Id(1)).span.start, 3);
    let wide =
        |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let tree = parse(wide("\u{FEFF}a: é\u{1F600}\n", u16::to_le_bytes)).unwrap();
    assert_eq!((show_tree(&tree).as_str(), tree.encoding), ("{a: é\u{1F600}}", Encoding::Utf16Le));
    let tree = parse(wide("\u{FEFF}a: é\u{1F600}\n", u16::to_be_bytes)).unwrap();
    assert_eq!((show_tree(&tree).as_str(), tree.encoding), ("{a: é\u{1F600}}", Encoding::Utf16Be));
    assert_eq!(parse(&b"\xEF\xBB\xBF"[..]).unwrap().documents.len(), 0);
}

#[test]
fn directives() {
    assert_eq!(show("%YAML 1.1\n---\na\n"), "a");
    assert_eq!(show("a: b\n%YAML 1.1\n---\nc\n%\n"), "{a: b} --- c %");
    assert_eq!(show("%TAG !e! tag:e,2000: # c\n---\n!e!x a\n"), "!e!x a");
    for source in [
        "%YAML 1.2\n---\na\n",
        "%YAML 1.1\n%YAML 1.1\n---\na\n",
        "%YAML 1.1\na\n",
        "%YAML 1\n---\na\n",
        "%YAML 1.111\n---\na\n",
        "%FOO\n---\na\n",
        "%TAG !a! b\n%TAG !a! c\n---\na\n",
        "%TAG a b\n---\na\n",
        "%TAG !a b\n---\na\n",
        "%TAG !a!\n---\na\n",
        "a: b\n%\n",
        "%TAG !a! b\n---\nc\n---\n!a!d e\n",
    ] {
        assert!(refused(source.as_bytes()), "{source:?}");
    }
}
