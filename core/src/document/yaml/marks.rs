//! Byte order marks inside a text, over which the library inside sops stumbles.
//!
//! It skips a mark at the beginning of a line, but looks for it at the beginning of its buffer, and not at the place
//! that it has reached. When the buffer is filled anew while a mark is the next character, it leaves out the first
//! character of every line up to the next filling. It fills the buffer with 512 bytes of the file at a time, as
//! soon as it wants to look at more characters than are left, which are four at most.

/// U+FEFF as UTF-8.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// How many bytes of the file the library reads at once.
const PIECE: usize = 512;

/// How many characters it looks at, at most, before it goes on.
const AHEAD: usize = 4;

/// The first mark behind the beginning of `text`, an UTF-8 file, that may stand at the beginning of the buffer.
pub(super) fn stumbling_block(text: &[u8]) -> Option<usize> {
    let mut marks = memchr::memmem::find_iter(text, MARK).filter(|&at| at > 0).peekable();
    let mut piece = 0;
    while let Some(&mark) = marks.peek() {
        while end_of_piece(text, piece) <= mark {
            piece = end_of_piece(text, piece);
        }
        let end = end_of_piece(text, piece);
        let left = text[mark..end].iter().filter(|&&byte| byte & 0xC0 != 0x80).take(AHEAD + 1).count();
        if mark == piece || left <= AHEAD {
            return Some(mark);
        }
        marks.next();
    }
    None
}

/// Where the piece of `text` that begins at `start` ends: in front of a character that is not whole.
fn end_of_piece(text: &[u8], start: usize) -> usize {
    let end = start + PIECE;
    if end >= text.len() {
        return text.len();
    }
    let partial = text[start..end].iter().rev().take(3).position(|&byte| byte & 0xC0 != 0x80);
    let Some(back) = partial else { return end };
    let begins = end - 1 - back;
    let length = match text[begins] {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    };
    if begins + length > end { begins } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_in_the_way_only_where_the_buffer_is_filled() {
        let unsafe_places: Vec<usize> = (0..1200)
            .filter(|&before| {
                let text = format!("{}\u{FEFF}{}", "x".repeat(before), "x".repeat(1500));
                stumbling_block(text.as_bytes()).is_some()
            })
            .collect();
        // The mark has three bytes: one of them too many for a piece, and the whole mark begins the next.
        let expected: Vec<usize> =
            [506, 507, 508, 509, 510, 511, 512, 1018, 1019, 1020, 1021, 1022, 1023, 1024].to_vec();
        assert_eq!(unsafe_places, expected);
    }

    #[test]
    fn marks_at_the_end_are_in_the_way_as_well() {
        assert_eq!(stumbling_block("a\u{FEFF}xyz".as_bytes()), Some(1));
        assert_eq!(stumbling_block("a\u{FEFF}xyzw".as_bytes()), None);
        assert_eq!(stumbling_block("\u{FEFF}a".as_bytes()), None);
    }

    #[test]
    fn pieces_end_in_front_of_characters_that_are_not_whole() {
        for (head, ends) in [(510, 512), (511, 511), (509, 509)] {
            let character = if head == 509 { "\u{1F600}" } else { "é" };
            let text = format!("{}{character}{}", "x".repeat(head), "x".repeat(600));
            assert_eq!(end_of_piece(text.as_bytes(), 0), ends);
        }
    }
}
