//! Texts made to break readers. Each ends soon; where it would not, the suite would not either.

use super::*;

#[test]
fn deep_nesting_is_refused() {
    for piece in ["[", "{a: ", "- ", "? ", "[a: ", "a: {b{:", "[{", "- a: [", "? - "] {
        assert!(refused(piece.repeat(100_000).as_bytes()), "{piece:?}");
    }
    let block: String = (0..10_002).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(refused(block.as_bytes()));
    assert!(refused(format!("{}{}", "[".repeat(10_001), "]".repeat(10_001)).as_bytes()));
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let tree = parse(format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes()).unwrap();
    assert_eq!(tree.nodes.len(), 10_001);
    let tree = parse(format!("{}x", "- ".repeat(10_000)).into_bytes()).unwrap();
    assert_eq!(tree.nodes.len(), 10_002);
    let text = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(loads(&text));
}

#[test]
fn long_lines() {
    let long = "x".repeat(1_000_000);
    assert_eq!(value(&format!("a: {long}\n")), string(&long));
    assert_eq!(value(&format!("a: '{long}'\n")), string(&long));
    assert_eq!(value(&format!("a: |\n {long}")), string(&long));
    assert!(refused(format!("{long}\na: b\n").as_bytes()));
    assert!(refused(format!("{long}: b\n").as_bytes()));
    assert!(refused(format!("a: '{long}").as_bytes()));
    assert!(refused(format!("a: \"{long}").as_bytes()));
    assert_eq!(value(&format!("a: \"{}\"\n", "\\n".repeat(100_000))), string(&"\n".repeat(100_000)));
    assert_eq!(show(&format!("a: b #{long}\n")).len(), long.len() + 11);
    assert_eq!(show(&format!("a: 'b'{}# c\n", " ".repeat(1_000_000))), "{a: 'b'}(||# c)");
}

#[test]
fn many_small_things() {
    let flow = format!("[{}]", "a, ".repeat(100_000));
    assert_eq!(parse(flow.into_bytes()).unwrap().nodes.len(), 100_002);
    let flow = format!("{{{}}}", "a: [b], ".repeat(50_000));
    assert_eq!(parse(flow.into_bytes()).unwrap().nodes.len(), 150_002);
    let tags: String = (0..100_000).map(|tag| format!("%TAG !{tag}! x\n")).collect();
    assert_eq!(show(&format!("{tags}---\n!99999!y a\n")), "!99999!y a");
    assert!(refused("\"a\n".repeat(50_001).as_bytes()));
    assert!(refused("a: *b\n".repeat(50_000).as_bytes()));
    assert_eq!(parse("---\n".repeat(100_000).into_bytes()).unwrap().documents.len(), 100_000);
    assert_eq!(parse("- &a b\n".repeat(100_000).into_bytes()).unwrap().nodes.len(), 100_002);
}

#[test]
fn many_comments() {
    let comments = "# c\n".repeat(60_000);
    assert_eq!(parse(format!("a: b\n{comments}c: d\n").into_bytes()).unwrap().comment_lines.len(), 60_000);
    let comments = "# c\n\n".repeat(60_000);
    assert_eq!(parse(format!("a: b\n{comments}c: d\n").into_bytes()).unwrap().comment_lines.len(), 60_000);
    let tree = parse(&b"a: b # c\n# d\n\n"[..]).unwrap();
    assert_eq!(tree.comment_lines.len(), 2);
    // Each line ends the comment before it, and each comment is looked at for each level that is closed.
    let deep = format!("{}x\n{}", "- ".repeat(9_000), "#\n #\n".repeat(20_000));
    assert_eq!(parse(deep.into_bytes()).unwrap().comment_lines.len(), 40_000);
}

#[test]
fn line_breaks_of_all_kinds() {
    for line_break in ["\r", "\r\n", "\u{85}", "\u{2028}"] {
        let text = format!("a: |{line_break}{}", format!("  b{line_break}").repeat(50_000));
        let tree = parse(text.into_bytes()).unwrap();
        assert_eq!(tree.scalar_text(Id(3)).len(), 50_000 * if line_break == "\u{2028}" { 4 } else { 2 });
        let text = format!("a: \"{}\"", format!("b{line_break}").repeat(50_000));
        let tree = parse(text.into_bytes()).unwrap();
        assert!(tree.scalar_text(Id(3)).len() >= 100_000);
    }
}

#[test]
fn many_equal_and_unequal_keys() {
    let keys: String = (0..50_000).map(|key| format!("{key}: x\n")).collect();
    assert!(loads(&keys));
    let keys: String = (0..50_000).map(|key| format!("{key}x{}: x\n", "y".repeat(5))).collect();
    assert!(loads(&keys));
}
