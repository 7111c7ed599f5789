//! Byte order marks inside a text, the one thing in which the two readers are known to differ.

/// The text with U+FEFE, a character without any meaning, in the place of each byte order mark that is not at the
/// beginning; nothing if there is none.
pub fn without_inner_marks(text: &[u8]) -> Option<Vec<u8>> {
    let (mark, other): (&[u8], &[u8]) = match text {
        [0xFF, 0xFE, ..] => (&[0xFF, 0xFE], &[0xFE, 0xFE]),
        [0xFE, 0xFF, ..] => (&[0xFE, 0xFF], &[0xFE, 0xFE]),
        _ => (b"\xEF\xBB\xBF", b"\xEF\xBB\xBE"),
    };
    // In UTF-16 a mark begins at an even place.
    let step = if mark.len() == 2 { 2 } else { 1 };
    let mut changed = text.to_vec();
    let mut any = false;
    for at in (step..text.len()).step_by(step) {
        if text[at..].starts_with(mark) {
            changed[at..at + mark.len()].copy_from_slice(other);
            any = true;
        }
    }
    any.then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_inside_a_text_become_another_character() {
        let changed = |text: &str| {
            without_inner_marks(text.as_bytes()).map(|text| String::from_utf8(text).expect("still UTF-8"))
        };
        assert_eq!(changed("\u{feff}a\u{feff}b").as_deref(), Some("\u{feff}a\u{fefe}b"));
        assert_eq!(changed("\u{feff}\u{feff}").as_deref(), Some("\u{feff}\u{fefe}"));
        assert_eq!(changed("\u{feff}a"), None);
        let wide = b"\xFF\xFE\x61\xFF\xFE\x61\xFF\xFE";
        assert_eq!(
            without_inner_marks(wide).as_deref(),
            Some(b"\xFF\xFE\x61\xFF\xFE\x61\xFE\xFE".as_slice())
        );
    }
}
