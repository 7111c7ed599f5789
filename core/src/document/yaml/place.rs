//! Places in the text of a YAML document: lines, columns, dashes, gaps.

use crate::span::Span;
use crate::yaml::{Id, NONE, NodeKind, Style, Tree};

/// How many lines are looked at, at most, in search of what a comment or an element follows.
pub(super) const MOST_LINES: usize = 4096;

/// The offset at which the line of `offset` begins.
pub(super) fn line_start(text: &[u8], offset: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text[..offset]).map_or(0, |at| at + 1)
}

/// The offset at which the line of `offset` ends, in front of its line break.
pub(super) fn line_end(text: &[u8], offset: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &text[offset..]).map_or(text.len(), |at| offset + at)
}

/// The offset of the first line break of whatever kind behind `start`. Comments end at NEL, LS and PS as well.
pub(super) fn break_behind(text: &[u8], start: usize) -> usize {
    let end = line_end(text, start);
    memchr::memchr2_iter(0xC2, 0xE2, &text[start..end])
        .map(|at| start + at)
        .find(|&at| matches!(text[at..end], [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]))
        .unwrap_or(end)
}

/// The offset behind the line break at `offset`; `offset` itself if there is none.
pub(super) fn behind_break(text: &[u8], offset: usize) -> usize {
    match &text[offset..] {
        [b'\r', b'\n', ..] => offset + 2,
        [b'\r' | b'\n', ..] => offset + 1,
        _ => offset,
    }
}

/// The column of `offset`, from 0: how many blanks reach it on a line of its own. A byte order mark is no
/// column.
pub(super) fn column(text: &[u8], offset: usize) -> usize {
    let start = line_start(text, offset);
    let line = &text[start..offset];
    let line = &line[behind_wide_break(line).unwrap_or(0)..];
    characters(line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line))
}

/// Columns of many places of one text, of which very many may be in one line: what is between a place and the one asked
/// for before is looked at, and not the line from its beginning.
#[derive(Default)]
pub(super) struct Columns {
    /// The place asked for before, and its column.
    before: Option<(usize, usize)>,
}

impl Columns {
    /// As [`column`].
    pub(super) fn of(&mut self, text: &[u8], offset: usize) -> usize {
        let near = self.before.and_then(|(at, column)| {
            let between = text.get(at..offset)?;
            let same_line =
                memchr::memchr2(b'\n', b'\r', between).is_none() && behind_wide_break(between).is_none();
            same_line.then(|| column + characters(between))
        });
        let column = near.unwrap_or_else(|| column(text, offset));
        self.before = Some((offset, column));
        column
    }
}

/// How many characters a text has. Bytes that continue one do not count.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// The offset behind the last NEL, LS or PS, which begin lines as well.
fn behind_wide_break(text: &[u8]) -> Option<usize> {
    memchr::memrchr2_iter(0xC2, 0xE2, text).find_map(|at| match text[at..] {
        [0xC2, 0x85, ..] => Some(at + 2),
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => Some(at + 3),
        _ => None,
    })
}

/// The first offset of the blanks in front of `offset`.
pub(super) fn blanks_before(text: &[u8], offset: usize) -> usize {
    offset - text[..offset].iter().rev().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count()
}

/// The offset behind the blanks at `offset`.
pub(super) fn blanks_behind(text: &[u8], offset: usize) -> usize {
    offset + text[offset..].iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether nothing but blanks stands between `offset` and the end of its line.
pub(super) fn ends_line(text: &[u8], offset: usize) -> bool {
    matches!(text.get(blanks_behind(text, offset)), None | Some(b'\n' | b'\r'))
}

/// Whether nothing but blanks stands between the beginning of the line and `offset`.
pub(super) fn begins_line(text: &[u8], offset: usize) -> bool {
    let start = blanks_before(text, offset);
    start == 0 || matches!(text[start - 1], b'\n' | b'\r')
}

/// Whether a line begins at `offset`: at the beginning of the text, or behind a line break of whatever kind.
pub(super) fn follows_break(text: &[u8], offset: usize) -> bool {
    matches!(&text[..offset], [] | [.., b'\n' | b'\r'] | [.., 0xC2, 0x85] | [.., 0xE2, 0x80, 0xA8 | 0xA9])
}

/// The line break that the text uses: that of its first line.
pub(super) fn newline(text: &[u8]) -> &'static [u8] {
    match memchr::memchr2(b'\n', b'\r', text) {
        Some(at) if text[at] == b'\r' => {
            if text.get(at + 1) == Some(&b'\n') {
                b"\r\n"
            } else {
                b"\r"
            }
        }
        _ => b"\n",
    }
}

/// What goes when a comment goes: its line, or, if something else is on the line, the comment and the
/// blanks in front of it.
pub(super) fn comment_gap(text: &[u8], comment: Span) -> Span {
    let (start, end) = (comment.start as usize, comment.end as usize);
    if begins_line(text, start) {
        Span::new(blanks_before(text, start), behind_break(text, end))
    } else {
        Span::new(blanks_before(text, start), end)
    }
}

/// Where a node begins, its properties included.
pub(super) fn start_of(tree: &Tree, id: Id) -> usize {
    let node = tree.node(id);
    let start = match (node.kind, node.style) {
        // The properties of a block collection stand on a line above it.
        (NodeKind::Map | NodeKind::List, Style::Block) => first_start(tree, id),
        _ => node.span.start,
    };
    tree.properties(id).map_or(start, |properties| properties.span.start.min(start)) as usize
}

/// Where the first key or dash of a block collection stands: the properties of a first key included.
fn first_start(tree: &Tree, id: Id) -> u32 {
    let node = tree.node(id);
    if node.kind != NodeKind::Map || node.first_child == NONE {
        return node.span.start;
    }
    let properties = tree.properties(Id(node.first_child));
    properties.map_or(node.span.start, |properties| properties.span.start.min(node.span.start))
}

/// The column of a block collection: of its keys or dashes.
pub(super) fn collection_column(tree: &Tree, id: Id) -> usize {
    column(&tree.text, first_start(tree, id) as usize)
}

/// The dash of the element of a block list that begins at `offset`. Between them are at most blanks, line
/// breaks and comments.
pub(super) fn dash_before(text: &[u8], offset: usize) -> Option<usize> {
    let mut end = offset;
    for _ in 0..MOST_LINES {
        let start = line_start(text, end);
        let line = &text[start..end];
        // In front of an element only indicators can stand, so the first number sign begins a comment.
        let line = memchr::memchr(b'#', line).filter(|_| end != offset).map_or(line, |at| &line[..at]);
        match line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')) {
            Some(at) if line[at] == b'-' => return Some(start + at),
            Some(_) => return None,
            None if start == 0 => return None,
            None => {
                end = start - 1;
                if text[end] == b'\n' && end > 0 && text[end - 1] == b'\r' {
                    end -= 1;
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_are_found_across_lines_and_comments() {
        for (text, offset, dash) in [
            ("- a", 2, Some(0)),
            ("-   a", 4, Some(0)),
            ("- - a", 4, Some(2)),
            ("-\n  a", 4, Some(0)),
            ("- # - x\r\n\r\n  # -\r\n  a", 20, Some(0)),
            ("k: a", 3, None),
            ("a", 0, None),
        ] {
            assert_eq!(dash_before(text.as_bytes(), offset), dash, "{text:?}");
        }
    }

    #[test]
    fn columns_of_many_places_are_those_of_each() {
        for text in ["\u{feff}ab: [é, x]\n  é: y\r\nz", "# é\u{85} a\u{2028}  b\rc", "abc"] {
            for step in 1..4 {
                let mut columns = Columns::default();
                for at in
                    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).step_by(step).skip(1).chain([0])
                {
                    assert_eq!(columns.of(text.as_bytes(), at), column(text.as_bytes(), at), "{text:?} {at}");
                }
            }
        }
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(column(b"\xEF\xBB\xBFab", 4), 1);
        assert_eq!(column("\n  é: x".as_bytes(), 7), 5);
        assert_eq!(column("# é\u{85} a\u{2028}  b".as_bytes(), 13), 2);
    }

    #[test]
    fn comments_take_their_line_or_the_gap_before_them() {
        let gap = |text: &[u8], start: usize, end: usize| {
            let gap = comment_gap(text, Span::new(start, end));
            (gap.start, gap.end)
        };
        assert_eq!(gap(b"a: 1  # c\nb: 2", 6, 9), (4, 9));
        assert_eq!(gap(b"a: 1\n  # c\nb: 2", 7, 10), (5, 11));
    }
}
