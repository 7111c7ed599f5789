//! Structure.

use super::show;

#[track_caller]
fn reads(source: &str, as_what: &str) {
    assert_eq!(show(source), as_what, "{source:?}");
}

#[test]
fn block_collections() {
    reads("a: 1\nb:\n  c: 2\n  d: 3\ne: 4\n", "{a: 1, b: {c: 2, d: 3}, e: 4}");
    reads("- a\n- - b\n  - c\n- d: 1\n  e: 2\n", "[a, [b, c], {d: 1, e: 2}]");
    reads("a:\n- b\n- c\nd:\n  - e\n", "{a: [b, c], d: [e]}");
    reads("-\n- a\n-\n", "[, a, ]");
    reads("a:\nb:\n\n  - c:\n    d:\n", "{a: , b: [{c: , d: }]}");
    reads("? a\n: b\n? c\n? - d\n: - e\n", "{a: b, c: , [d]: [e]}");
    reads("? a: b\n: c\n", "{{a: b}: c}");
    reads("a: b\r\nc: d\r\n", "{a: b, c: d}");
    reads("a: b\rc: d\r", "{a: b, c: d}");
    reads("a: b\u{85}c: d\u{2028}e: f\u{2029}", "{a: b, c: d, e: f}");
}

#[test]
fn flow_collections() {
    reads("[]", "[]");
    reads("{}", "{}");
    reads("[a, [b, c,], {d: e, 'f': g,}]", "[a, [b, c], {d: e, 'f': g}]");
    reads("{a, b: , c: d}", "{a: , b: , c: d}");
    reads("[a: b, ? c : d, \"e\":f]", "[{a: b}, {c: d}, {\"e\": f}]");
    reads("{a:}", "{a:: }");
    reads("[a:]", "[a:]");
    reads("{?c: d}", "{c: d}");
    reads("{? , b}", "{: , b: }");
    reads("[-1, -, --]", "[-1, -, --]");
    reads("[a]: b\n{c: d}: e\n", "{[a]: b, {c: d}: e}");
    reads("a: [\nb\n]\nc: [\n\td]\n", "{a: [b], c: [d]}");
    reads("a: {\nb: c\n}\n", "{a: {b: c}}");
    reads("[?x ]", "[{x: }]");
    reads("[? ]]", "[{: }]");
}

#[test]
fn what_is_accepted_beyond_yaml_1_2() {
    reads("a:\n  b: 'c\nd'\n", "{a: {b: 'c d'}}");
    reads("a: \"x\"# c\nb: [y]# d\n", "{a: \"x\"(|# c|), b: [y](|# d|)}");
    reads("a: |# c\n  x\n", "{a: |x\n|(|# c|)}");
    reads("&a:b 1", "&a :b 1");
    reads("- &a b\n- *a: c\n", "[&a b, {*2: c}]");
    reads("a: !a,b x\n", "{a: !a,b x}");
    reads("a: b\t# c\n", "{a: b(|# c|)}");
    reads("? a\n:\n- b\n", "{a: [b]}");
    reads("a: b]\nc: d:e\n", "{a: b], c: d:e}");
}

#[test]
fn anchors_and_tags() {
    reads("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "{a: &x 1, b: *3, c: &x 2, d: *7}");
    reads("a: &x\n  b: c\nd: !t\n- e\n", "{a: &x {b: c}, d: !t [e]}");
    reads("&a !t x", "&a !t x");
    reads("!t &a x", "&a !t x");
    reads("a: &x\nb: !!str\n", "{a: &x , b: !!str }");
    reads("a: !<tag:x> b\nc: !!y d\n", "{a: !<tag:x> b, c: !!y d}");
    reads("a: &x {b: *x}\n", "{a: &x {b: *3}}");
    reads("a: &1-_Z b\n", "{a: &1-_Z b}");
}

#[test]
fn keys_end_at_a_colon_before_a_blank() {
    reads("a:b: c\n", "{a:b: c}");
    reads("a b : c\n", "{a b: c}");
    reads("a#b: c\n", "{a#b: c}");
    reads("'a': b\n\"c\": d\n", "{'a': b, \"c\": d}");
    reads("a:\tb\n", "{a: b}");
    reads("a: # b\n  c\n", "{a(|# b|): c}");
    reads("http://x: y\n", "{http://x: y}");
    reads(":a: b\n", "{:a: b}");
    reads("-a: b\n?c: d\n", "{-a: b, ?c: d}");
    reads("a: \n", "{a: }");
    reads("a: ", "{a: }");
    reads("a:", "{a: }");
}

#[test]
fn long_keys() {
    let key = "é".repeat(1024);
    reads(&format!("{key}: a\n"), &format!("{{{key}: a}}"));
    assert!(super::refused(format!("{key}e: a\n").as_bytes()));
    let key = "e".repeat(1024);
    reads(&format!("{key}: a\n"), &format!("{{{key}: a}}"));
    assert!(super::refused(format!("{key}e: a\n").as_bytes()));
}
