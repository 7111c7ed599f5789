//! What Git leaves in a file when two changes do not fit together.

use memchr::memchr;

use super::{Finding, Kind};
use crate::span::Position;

/// The three lines that begin, divide and end a conflict, in their order.
const MARKERS: [&[u8]; 3] = [b"<<<<<<< ", b"=======", b">>>>>>> "];

/// The finding about the first conflict of `text`, if all markers of one are there.
pub(super) fn find(text: &[u8]) -> Option<Finding> {
    memchr::memmem::find(text, MARKERS[0])?;
    let (mut start, mut first, mut next) = (0, 0, 0);
    while start < text.len() {
        let end = memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let line = text[start..end].strip_suffix(b"\r").unwrap_or(&text[start..end]);
        if line.starts_with(MARKERS[0]) {
            (first, next) = (start, 1);
        } else if next == 1 && line == MARKERS[1] {
            next = 2;
        } else if next == 2 && line.starts_with(MARKERS[2]) {
            let finding = Finding::new(Kind::ConflictMarkers, "a merge conflict was not resolved");
            return Some(finding.at(Some(Position::of(text, first)), ""));
        }
        start = end + 1;
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_conflict_counts() {
        let at = |text: &str| find(text.as_bytes()).map(|finding| finding.position.unwrap().line);
        assert_eq!(at("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n"), Some(2));
        assert_eq!(at("<<<<<<< HEAD\r\n||||||| base\r\n=======\r\n>>>>>>> other"), Some(1));
        assert_eq!(at("<<<<<<< HEAD\n=======\n"), None);
        assert_eq!(at("Title\n=======\n>>>>>>> quoted\n"), None);
        assert_eq!(at("a: <<<<<<< HEAD\n=======\n>>>>>>> b\n"), None);
    }
}
