//! The smallest text that still shows something.

/// How often a text is tried at most.
const TRIES: usize = 4000;

/// A text made from `text` by leaving out lines, then characters, for which `shows` is still true. Letters and
/// digits that do not matter become `a`, so that texts that show the same become the same.
pub fn minimize(text: &[u8], shows: &mut dyn FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut tries = TRIES;
    let lines: Vec<Vec<u8>> = text.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    let lines = reduce(lines, shows, &mut tries);
    let bytes: Vec<Vec<u8>> = lines.concat().into_iter().map(|byte| vec![byte]).collect();
    let mut text = reduce(bytes, shows, &mut tries).concat();
    for at in 0..text.len() {
        let byte = text[at];
        if tries > 0 && byte != b'a' && byte.is_ascii_alphanumeric() {
            tries -= 1;
            text[at] = b'a';
            if !shows(&text) {
                text[at] = byte;
            }
        }
    }
    text
}

/// Leaves out pieces: halves first, then smaller runs, down to single ones.
fn reduce(mut pieces: Vec<Vec<u8>>, shows: &mut dyn FnMut(&[u8]) -> bool, tries: &mut usize) -> Vec<Vec<u8>> {
    let mut run = pieces.len().div_ceil(2).max(1);
    loop {
        let mut shorter = false;
        let mut at = 0;
        while at < pieces.len() {
            if *tries == 0 {
                return pieces;
            }
            *tries -= 1;
            let end = (at + run).min(pieces.len());
            let rest = [pieces[..at].concat(), pieces[end..].concat()].concat();
            if shows(&rest) {
                pieces.drain(at..end);
                shorter = true;
            } else {
                at += run;
            }
        }
        if run == 1 && !shorter {
            return pieces;
        }
        if !shorter || run > pieces.len() {
            run = run.div_ceil(2).min(pieces.len()).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let text = b"one\ntwo needle three\nfour\n".repeat(20);
        let mut shows = |text: &[u8]| text.windows(6).any(|window| window == b"needle");
        assert_eq!(minimize(&text, &mut shows), b"needle");
        assert_eq!(minimize(b"x - zz", &mut |text| text.windows(3).any(|w| w[1] == b'-')), b" - ");
    }

    #[test]
    fn a_text_that_needs_all_stays() {
        assert_eq!(minimize(b"a\nb\n", &mut |text| text == b"a\nb\n"), b"a\nb\n");
        assert_eq!(minimize(b"", &mut |_| true), b"");
    }
}
