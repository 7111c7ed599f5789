//! A large text in two halves, each parsed by a thread of its own.
//!
//! How the parser goes on is decided by the text ahead and by where it stands: open collections, tokens that were read
//! ahead, comments that wait for a node. One parser begins at the beginning, another one in the middle, at a line that
//! looks as if a key of the outermost mapping begins there, in the state that a parser would have come there with. When
//! the first one arrives and is in that very state, what the other one has made of the rest is what it would have
//! made. If it is not, or if the other one met an error, it goes on by itself.

use super::error::YamlError;
use super::parser::{NO_SEAM, Parser};
use super::source::Source;
use super::tree::Tree;

/// How large a text is, in bytes, whose halves are worth two threads.
const LARGE: usize = 1 << 17;

/// Parses a decoded source on at most `threads` threads. The text itself is left out of the tree.
///
/// # Errors
/// The text cannot be parsed.
pub(super) fn parse(source: &Source<'_>, threads: usize) -> Result<Tree, YamlError> {
    let seam = if threads > 1 && source.text.len() >= LARGE { find_seam(source) } else { None };
    match seam {
        Some(seam) => parse_at(source, seam),
        None => {
            let mut parser = Parser::new(source)?;
            parser.run(NO_SEAM)?;
            Ok(parser.finish(source))
        }
    }
}

/// Parses in two halves, the second of which begins at `seam`. Gives what one parser gives, whatever stands there.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_at(source: &Source<'_>, seam: usize) -> Result<Tree, YamlError> {
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut second = Parser::behind_seam(source, seam).ok()?;
            second.run(NO_SEAM).ok()?;
            Some(second)
        });
        let mut first = Parser::new(source)?;
        if first.run(seam)? {
            let fits = Parser::behind_seam(source, seam).is_ok_and(|second| first.is_at_seam(&second));
            let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            if !second.is_some_and(|second| fits && first.append(second)) {
                first.run(NO_SEAM)?;
            }
        }
        Ok(first.finish(source))
    })
}

/// The beginning of a line behind the middle of the text that may be where a key of the outermost mapping begins,
/// without a comment or an empty line above it.
pub(super) fn find_seam(source: &Source<'_>) -> Option<usize> {
    let text: &[u8] = &source.text;
    if source.breaks.wide {
        return None;
    }
    let middle = text.len() / 2;
    let mut line = middle + memchr::memchr(b'\n', &text[middle..])? + 1;
    loop {
        let next = line + memchr::memchr(b'\n', &text[line..])? + 1;
        let above = text[line..next].trim_ascii();
        if !above.is_empty()
            && above[0] != b'#'
            && text.get(next).is_some_and(|first| first.is_ascii_alphanumeric() || *first == b'_')
        {
            return Some(next);
        }
        line = next;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::yaml::source::decode;
    use crate::yaml::tree::{Comments, Id, NONE, TreeNode};

    /// All that a tree says, or the error.
    fn shown(tree: Result<Tree, YamlError>) -> String {
        let tree = match tree {
            Ok(tree) => tree,
            Err(error) => return format!("{error:?}"),
        };
        let mut text = format!("{:?} {:?} {:?}", tree.documents, tree.markers, tree.blocks);
        for index in 0..tree.nodes.len() as u32 {
            let node = TreeNode { comments: NONE, properties: NONE, ..*tree.node(Id(index)) };
            let Comments { head, line, foot } = tree.comments(Id(index));
            let comments = [head, line, foot].map(|lines| tree.lines(lines));
            write!(text, "\n{node:?} {:?} {comments:?}", tree.properties(Id(index))).unwrap();
        }
        text
    }

    /// Takes every line of `text` for a seam. Returns the first characters of those where the state is the right one.
    fn check(text: &str) -> String {
        let source = decode(text.as_bytes(), 1).unwrap();
        let whole = shown(parse(&source, 1));
        let mut fits = String::new();
        for seam in text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()) {
            assert_eq!(shown(parse_at(&source, seam)), whole, "{text:?} at {seam}");
            let mut first = Parser::new(&source).unwrap();
            let second = Parser::behind_seam(&source, seam);
            if first.run(seam) == Ok(true) && second.is_ok_and(|second| first.is_at_seam(&second)) {
                fits.extend(text[seam..].chars().next());
            }
        }
        fits
    }

    #[test]
    fn halves_are_what_the_whole_is() {
        for (text, fits) in [
            ("a: 1\nb: 2\nc:\n  d: 3\n  e: 4\nf: 5\n", "bcf"),
            ("a: 1\n# head\nb: 2\n\nc: 3 # line\n# foot\n\nd: 4\n# end\n", "cd"),
            ("a:\n  # head\n  b: 1\n  # foot\n\nc: 2\nd:\n# between\n  e: 3\n", "cd"),
            ("# top\n\n# head\na: 1\nb: |\n  x: 1\ny: 2\nc: >-\n  z\n# after\nd: 5\n", "byc"),
            ("a: |\n  b: 1\n c\n", ""),
            ("a: 'x\nb: 1\n\nc: 2'\nd: 3\n", "d"),
            ("a: x\n  y\nb: {c: 1,\nd: 2}\ne: [\nf: 1\n]\ng: 1\n", "beg"),
            ("a:\n- 1\n- b: 2\n  c: 3\nd:\n  - 4\n# x\n\ne: 5\n", "d"),
            ("a: 1\n---\nb: 2\nc: 3\n...\n# x\n---\nd: 4\ne: 5\n", "ce"),
            ("%TAG !e! !x\n---\na: !e!y 1\nb: !e!z 2\n", ""),
            ("a: &x 1\nb: *x\nc: &y {d: 1}\ne: *y\n", "bce"),
            ("a: &x 1\nb: &x 2\nc: *x\n", "bc"),
            ("&r\na: 1\nb: !!str 2\n? c\n: 3\nd:\ne: 4\n", "b?de"),
            ("a: 1\nb 2\nc: 3\n", ""),
            ("a: 1\nb: 2\nc: [\n", "bc"),
            ("a: 1\n- b\nc: 1\n", ""),
            ("- a: 1\n  b: 2\nc: 3\n", ""),
            ("\"a\": 1\n\"b\": 2\n'c': 3\n<<: {d: 4}\n", "\"'<"),
            ("a: 1\r\nb: 2\r\n\r\nc: 3\r\n", "bc"),
            ("é: 1\nü: 2\nö: ä # ß\nx: 4\n", "üöx"),
            ("a: 1\n  # deeper\nb: 2\n    # deepest\n # less\nc:\n    - 1\n  # of c\nd: 1\n", "d"),
        ] {
            assert_eq!(check(text), fits, "{text:?}");
        }
    }

    #[test]
    fn a_seam_is_found_behind_the_middle() {
        let text = format!("a:\n{}b: 1\nc: 2\n", "  x: 1\n".repeat(10));
        let source = decode(text.as_bytes(), 1).unwrap();
        assert_eq!(find_seam(&source), text.find("b: 1"));
        for text in ["a: 1\nb: 2\n", "a: 1\n# c\n# c\nb: 2\n", "", "a: 1"] {
            assert_eq!(find_seam(&decode(text.as_bytes(), 1).unwrap()), None, "{text:?}");
        }
    }
}
