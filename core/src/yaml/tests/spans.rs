//! Where nodes are in the text.

use super::*;

/// The texts of the spans of all nodes of `source` but the documents, those of empty scalars as `@offset`.
fn spans(source: &str) -> Vec<String> {
    let tree = parse(source.as_bytes()).unwrap();
    let nodes = tree.nodes.iter().filter(|node| node.kind != NodeKind::Document);
    nodes
        .map(|node| match node.span {
            span if span.is_empty() => format!("@{}", span.start),
            span => String::from_utf8(span.of(&tree.text).to_vec()).unwrap(),
        })
        .collect()
}

#[test]
fn nodes_are_small() {
    assert!(size_of::<TreeNode>() <= 36);
}

#[test]
fn collections() {
    assert_eq!(spans("a:\n  b: c # d\n# e\n"), ["a:\n  b: c", "a", "b: c", "b", "c"]);
    assert_eq!(spans("# c\n- a\n- - b\n\n"), ["- a\n- - b", "a", "- b", "b"]);
    assert_eq!(spans("a:\n- b\n-\n"), ["a:\n- b\n-", "a", "- b\n-", "b", "@8"]);
    assert_eq!(spans("&a [b, c: d] # e\n"), ["[b, c: d]", "b", "c: d", "c", "d"]);
    assert_eq!(spans("{a, b: }"), ["{a, b: }", "a", "@2", "b", "@6"]);
    assert_eq!(spans("? a\n? b\n: c\n"), ["? a\n? b\n: c", "a", "@3", "b", "c"]);
    assert_eq!(spans("a: &x\n  b: c\n"), ["a: &x\n  b: c", "a", "b: c", "b", "c"]);
}

#[test]
fn empty_values() {
    assert_eq!(spans("a:\nb: # c\nc: &d\n"), ["a:\nb: # c\nc: &d", "a", "@2", "b", "@5", "c", "@15"]);
    assert_eq!(spans("[a: , ? ]]"), ["[a: , ? ]]", "a:", "a", "@3", "? ]", "@7", "@9"]);
    assert_eq!(spans("---\n"), ["@3"]);
}

#[test]
fn scalars() {
    assert_eq!(spans("'a': \"b\" \n"), ["'a': \"b\"", "'a'", "\"b\""]);
    assert_eq!(spans("a: b\n  c  \nd: e"), ["a: b\n  c  \nd: e", "a", "b\n  c", "d", "e"]);
    assert_eq!(spans("- &a x\n- *a\n"), ["- &a x\n- *a", "x", "*a"]);
}

#[test]
fn block_scalars() {
    let span = |source: &str| spans(source)[2].clone();
    assert_eq!(span("a: | # c\n  b\n  c\n\nd: e\n"), "| # c\n  b\n  c\n");
    assert_eq!(span("a: |+\n  b\n\n\nd: e\n"), "|+\n  b\n\n\n");
    assert_eq!(span("a: |-\n  b\n\n# c\n"), "|-\n  b\n");
    assert_eq!(span("a: >\n  b"), ">\n  b");
    assert_eq!(span("a: |\n\n\nb: c\n"), "|\n");
    assert_eq!(span("a: |\r\n  b\r\n\r\n"), "|\r\n  b\r\n");
}

#[test]
fn block_headers() {
    let source = "a:\n  b: |2- # c\n     x\n    y\n\nd: >+\n\n e\n\n";
    let tree = parse(source.as_bytes()).unwrap();
    let blocks: Vec<_> = (0..tree.nodes.len() as u32).filter_map(|id| tree.block(Id(id))).collect();
    let [first, second] = blocks[..] else { panic!() };
    let text = |start: u32, end: u32| &source[start as usize..end as usize];
    assert_eq!(text(first.header.start, first.header.end), "|2-");
    assert_eq!(text(first.body, first.content_end), "     x\n    y");
    assert_eq!((first.indent, first.explicit, first.chomping), (4, true, Chomping::Strip));
    assert_eq!(text(second.header.start, second.header.end), ">+");
    assert_eq!(text(second.body, second.content_end), "\n e");
    assert_eq!((second.indent, second.explicit, second.chomping), (1, false, Chomping::Keep));
    assert_eq!(tree.block(Id(0)), None);
}

#[test]
fn properties() {
    let source = "a: &b !c  d\ne: !f &g [h]\n";
    let tree = parse(source.as_bytes()).unwrap();
    let text = |span: Span| &source[span.range()];
    let shown: Vec<_> = tree.properties.iter().map(|p| [p.span, p.anchor, p.tag].map(text)).collect();
    assert_eq!(shown, [["&b !c", "b", "!c"], ["!f &g", "g", "!f"]]);
    assert_eq!(tree.node(tree.documents[0]).span, Span::new(0, source.len() - 1));
}

#[test]
fn what_is_in_flow() {
    let tree = parse(&b"a: [b, {c: d}]\ne: f\n"[..]).unwrap();
    let flags: Vec<bool> = tree.nodes.iter().map(|node| node.in_flow()).collect();
    assert_eq!(flags, [false, false, false, false, true, true, true, true, false, false]);
}
