//! What is refused: while it is read, and when the first document is decoded.

use super::*;

#[test]
fn texts_that_cannot_be_read() {
    for source in [
        ": a\n",
        "a: b: c\n",
        "a\nb: c\n",
        "a: b\nc\n",
        "a: b\n c: d\n",
        "a:\n  b: c\n d: e\n",
        "- a\nb: c\n",
        "a: - b\n",
        "a: [b\n",
        "[a, b\n",
        "{a: b\n",
        "[a]]\n",
        "{a b}c\n",
        "[, a]\n",
        "{, a}\n",
        "[- a]\n",
        "a: 'b\n",
        "a: \"b\n",
        "a: 'b' c\n",
        "a: \"\\/\"\n",
        "a: \"\\ud83d\\ude00\"\n",
        "a: \"\\x4\"\n",
        "a: \"\\U00110000\"\n",
        "a: 'b\n---\nc'\n",
        "a: \"b\n... \nc\"\n",
        "a: *b\n",
        "a: &b.c d\n",
        "a: &é b\n",
        "a: & b\n",
        "a: &b &c d\n",
        "a: !x!y z\n",
        "a: !<x y\n",
        "a: !%4 b\n",
        "a: !%ff b\n",
        "a: @b\n",
        "a: `b\n",
        "a: %b\n",
        "a: |0\n  b\n",
        "a: |10\n  b\n",
        "a: | b\n",
        "a: |\n\t\n  b\n",
        "-\ta: b\n",
        "a:\n\tb: c\n",
        "a: b\n\t\nc: d\n",
        "a: b\n...\nc: d\n",
        "|\na\n",
        "\u{FEFF}\u{FEFF}a: b\n",
        "a: \u{7F}\n",
        "a: \0\n",
    ] {
        assert!(refused(source.as_bytes()), "{source:?}");
    }
    assert!(refused(b"a: \xFF\n"));
}

#[test]
fn errors_say_where_and_nothing_else() {
    let error = parse(&b"a: 1\nb: secret: x\n"[..]).unwrap_err();
    assert_eq!(error.offset, 14);
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn first_documents_that_cannot_be_decoded() {
    for source in [
        "- a\n",
        "a\n",
        "[]",
        "!!str",
        "a: 1\na: 2\n",
        "a: 1\n'a': 2\n",
        "1: a\n\"1\": b\n",
        "x: {a: 1, b: 2, a: 3}\n",
        "x:\n- a: 1\n  a: 2\n",
        "a: &x b\n*x : 1\n*x : 2\n",
        "? [a]\n: b\n",
        "x:\n  ? {a: b}\n  : c\n",
        "a: !!int x\n",
        "a: !!binary x\n",
        "!!int a: b\n",
        "<<: a\n",
        "<<: [a]\n",
        "a: &x [b]\n<<: *x\n",
        "<<: {a: 1}\n<<: {b: 2}\n",
        "a: &x {b: *x}\n",
        "a: &x [*x]\n",
        "&x a: b\nc: {*x : 1, <<: *x}\n",
        "x: &x {<<: *x}\n",
    ] {
        assert!(!loads(source), "{source:?}");
    }
    for source in [
        "{}",
        "---\n",
        "~",
        "null",
        "!!null",
        "a: 1\nb: 1\n",
        "1: a\n'2': b\n",
        "a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n",
        "a: &x {b: 1}\nc:\n  <<: [*x, {d: 2}]\n",
        "a: {b: 1, <<: {b: !!int x}}\n",
        "'<<': a\n",
        "!!str <<: a\n",
        "a: &x b\n*x : 1\nb: 2\n",
        "~: {a: 1, a: 2}\n",
        "a: {~: b, 1: c, 1.5: d, true: e, 2001-01-01: f}\n",
        "a: &x b\nc: [*x, *x]\n",
    ] {
        assert!(loads(source), "{source:?}");
    }
}

#[test]
fn equal_keys_are_found_whatever_the_size() {
    for size in [2, 8, 9, 100, 1000] {
        let keys: Vec<String> = (0..size).map(|key| format!("key{key}: x\n")).collect();
        let text = keys.concat();
        assert!(loads(&text));
        for twice in [0, size / 2, size - 1] {
            let text = format!("{text}'key{twice}': y\n");
            let tree = parse(text.as_bytes()).unwrap();
            let error = check_document(&tree, tree.documents[0]).unwrap_err();
            let key = format!("key{twice}: ");
            assert_eq!(error.offset as usize, text.rfind('\'').unwrap() - key.len() + 1);
            assert_eq!(error.other.map(|other| other as usize), text.find(&key));
            assert_eq!(check_duplicates(&tree, tree.documents[0]), Err(error));
        }
    }
}

#[test]
fn equal_keys_are_found_in_the_document_asked_for() {
    let tree = parse(&b"a: 1\n---\nb: {c: 1, c: 2}\n---\nd: 1\n"[..]).unwrap();
    let found: Vec<bool> = tree.documents.iter().map(|&id| check_duplicates(&tree, id).is_err()).collect();
    assert_eq!(found, [false, true, false]);
}

#[test]
fn too_many_aliases() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let alias = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", "));
    }
    assert!(!loads(&text));
    let few: String = (0..500).map(|key| format!("k{key}: *x\n")).collect();
    assert!(loads(&format!("x: &x [a, b]\n{few}")));
}
