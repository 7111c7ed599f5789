//! Which node a comment is given to.

use super::show;

#[track_caller]
fn reads(source: &str, as_what: &str) {
    assert_eq!(show(source), as_what, "{source:?}");
}

#[test]
fn heads_lines_and_feet() {
    reads("# h\na: b # l\n", "{a(# h||): b(|# l|)}");
    reads("a: b\n# f\n\n# h\nc: d\n", "{a(||# f): b, c(# h||): d}");
    reads("a: b\n\n# h\nc: d\n", "{a: b, c(# h||): d}");
    reads("a: b\n# h\nc: d\n", "{a: b, c(# h||): d}");
    reads("a: b\n# f\n", "{a(||# f): b}");
    reads("# h\n# i\n\n# j\na: b\n", "{a(# j||): b}(# h# i||)");
    reads("# h\n\na: b\n", "{a: b}(# h||)");
    reads("---\n# h\n\na: b\n", "{a(# h||): b}");
    reads("- # c\n  a: b\n", "[{a(# c||): b}]");
    reads("- a # l\n# h\n- b\n", "[a(|# l|), b(# h||)]");
}

#[test]
fn comments_between_levels() {
    reads("a:\n  # h\n  b: c\n  # f\nd: e\n", "{a: {b(# h||# f): c}, d: e}");
    reads("a:\n  b: c\n# h\nd: e\n", "{a: {b: c}, d(# h||): e}");
    reads("a: # l\n  b: c\n", "{a(|# l|): {b: c}}");
    reads("a:\n  - b\n  # f\nc: d\n", "{a: [b(||# f)], c: d}");
    reads("a:\n# h\n- b\n", "{a: [b(# h||)]}");
    reads("# h\n- - a\n", "[[a](# h||)]");
    reads("a: |\n  b\n# h\nc: d\n", "{a: |b\n|, c(# h||): d}");
}

#[test]
fn comments_in_flow_collections() {
    reads("[a, # l\n b]\n", "[a(|# l|), b]");
    reads("[ # lost\n a]\n", "[a]");
    reads("[a\n # f\n]\n", "[a(||# f)]");
    reads("{a: b, # l\n # h\n c: d} # e\n", "{a: b(|# l|), c(# h||): d}(|# e|)");
}

#[test]
fn comments_without_a_node() {
    reads("# h\n", "");
    reads("---\n# h\n", "(||# h)");
    reads("---\n# h\n---\na: b\n", "(||# h) --- {a: b}");
    reads("a: b\n...\n# c\n", "{a: b}(||# c)");
}

#[test]
fn carriage_returns_end_comments() {
    reads("# h\r\na: b # l\r\n", "{a: b(|# l|)}(# h||)");
    reads("# h\ra: b # l\r", "{a(# h||): b(|# l|)}");
}
