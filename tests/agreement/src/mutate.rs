//! Texts made out of others by a few edits.

use fieldseal_test_support::Random;

use crate::generate::spelling;

/// Characters and short texts that mean something to a scanner.
const ALPHABET: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\n",
    "\t",
    "-",
    "- ",
    "?",
    "? ",
    ":",
    ": ",
    ":",
    ",",
    "[",
    "]",
    "{",
    "}",
    "#",
    " #",
    " # m",
    "&a ",
    "*a",
    "!",
    "!t ",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "\\",
    "a",
    "b: 1",
    "1",
    "~",
    ".",
    "...",
    "---",
    "\n---\n",
    "\n...\n",
    "\r",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "\u{1F600}",
    "<<: ",
    "''",
    "\"\"",
    "[]",
    "{}",
    "|\n",
    "\n  ",
    "\n\n",
];

/// `base` after one to four edits; some of them copy from `other`.
pub fn mutate(random: &mut Random, base: &[u8], other: &[u8]) -> Vec<u8> {
    let mut text = base.to_vec();
    for _ in 0..random.weighted(&[(6, 1), (3, 2), (1, 4)]) {
        edit(random, &mut text, other);
    }
    text
}

/// Changes one thing in `text`; some edits copy from `other`.
pub fn edit(random: &mut Random, text: &mut Vec<u8>, other: &[u8]) {
    match random.weighted(&[
        (16, 0),
        (8, 1),
        (10, 2),
        (10, 3),
        (3, 4),
        (4, 5),
        (4, 6),
        (4, 7),
        (2, 8),
        (5, 9),
        (3, 10),
        (3, 11),
        (1, 12),
        (1, 13),
        (6, 14),
        (1, 15),
        (1, 16),
        (2, 17),
        (2, 18),
        (2, 19),
        (3, 20),
        (3, 21),
    ]) {
        0 => insert_line(random, text, true),
        1 => insert_line(random, text, false),
        2 => append_comment(random, text),
        3 => indent_comment(random, text),
        4 => delete_line(random, text),
        5 => copy_lines(random, text),
        6 => swap_lines(random, text),
        7 => indent_line(random, text),
        8 => indent_lines(random, text),
        9 => insert_piece(random, text),
        10 => delete_character(random, text),
        11 => replace_character(random, text),
        12 => swap_characters(random, text),
        13 => copy_characters(random, text),
        14 => replace_word(random, text),
        15 => join_lines(random, text),
        16 => split_line(random, text),
        17 => change_break(random, text),
        18 => cut_end(random, text),
        19 => splice(random, text, other),
        20 => insert_mark(random, text),
        _ => insert_document(random, text, other),
    }
}

/// Where lines begin; the place behind the last line break included if text follows.
fn lines(text: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(text.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').map(|(at, _)| at + 1));
    if starts.len() > 1 && starts.last() == Some(&text.len()) {
        starts.pop();
    }
    starts
}

fn line_start(random: &mut Random, text: &[u8]) -> usize {
    random.choose(&lines(text))
}

/// The end of the line at `start`, without its line break.
fn line_end(text: &[u8], start: usize) -> usize {
    let end = text[start..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| start + at);
    if end > start && text[end - 1] == b'\r' { end - 1 } else { end }
}

/// The place behind the line at `start`.
fn line_behind(text: &[u8], start: usize) -> usize {
    text[start..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| start + at + 1)
}

fn insert(text: &mut Vec<u8>, at: usize, piece: &[u8]) {
    text.splice(at..at, piece.iter().copied());
}

/// A place between two characters.
fn place(random: &mut Random, text: &[u8]) -> usize {
    let mut at = random.below(text.len() + 1);
    while at < text.len() && text[at] & 0xC0 == 0x80 {
        at += 1;
    }
    at
}

/// The end of the character at `at`.
fn character_end(text: &[u8], at: usize) -> usize {
    let mut end = (at + 1).min(text.len());
    while end < text.len() && text[end] & 0xC0 == 0x80 {
        end += 1;
    }
    end
}

fn indentation(text: &[u8], start: usize) -> usize {
    text[start..].iter().take_while(|&&byte| byte == b' ').count()
}

fn insert_line(random: &mut Random, text: &mut Vec<u8>, comment: bool) {
    let at = if random.chance(10) { text.len() } else { line_start(random, text) };
    let near = if at < text.len() { indentation(text, at) } else { 0 };
    let column = match random.below(4) {
        0 => near,
        1 => 0,
        2 => near + 2,
        _ => random.below(8),
    };
    let mut line = Vec::new();
    if at == text.len() && !text.ends_with(b"\n") && !text.is_empty() {
        line.push(b'\n');
    }
    if comment || random.chance(30) {
        line.extend(std::iter::repeat_n(b' ', column));
    }
    if comment {
        line.extend_from_slice(random.choose(&["# mutated", "#", "#m", "# é"]).as_bytes());
    }
    line.push(b'\n');
    insert(text, at, &line);
}

fn append_comment(random: &mut Random, text: &mut Vec<u8>) {
    let start = line_start(random, text);
    let end = line_end(text, start);
    let comment = random.choose(&[" # mutated", " #", "  # m", "\t# m", "# m"]).as_bytes();
    insert(text, end, comment);
}

/// Moves a comment of a line of its own, or a blank line, to another column.
fn indent_comment(random: &mut Random, text: &mut Vec<u8>) {
    let comments: Vec<usize> = lines(text)
        .into_iter()
        .filter(|&start| matches!(text.get(start + indentation(text, start)), Some(b'#' | b'\n' | b'\r')))
        .collect();
    if comments.is_empty() {
        insert_line(random, text, true);
        return;
    }
    let start = random.choose(&comments);
    let column = random.below(8);
    let old = indentation(text, start);
    text.splice(start..start + old, std::iter::repeat_n(b' ', column));
}

fn delete_line(random: &mut Random, text: &mut Vec<u8>) {
    let start = line_start(random, text);
    let end = line_behind(text, start);
    text.drain(start..end);
}

fn copy_lines(random: &mut Random, text: &mut Vec<u8>) {
    let start = line_start(random, text);
    let mut end = line_behind(text, start);
    while random.chance(40) && end < text.len() {
        end = line_behind(text, end);
    }
    let copy = text[start..end].to_vec();
    let at = if random.chance(50) { end } else { line_start(random, text) };
    insert(text, at, &copy);
}

fn swap_lines(random: &mut Random, text: &mut [u8]) {
    let start = line_start(random, text);
    let middle = line_behind(text, start);
    let end = if middle < text.len() { line_behind(text, middle) } else { middle };
    text[start..end].rotate_left(middle - start);
}

fn indent_line(random: &mut Random, text: &mut Vec<u8>) {
    let start = line_start(random, text);
    reindent(random, text, start);
}

fn indent_lines(random: &mut Random, text: &mut Vec<u8>) {
    let mut start = line_start(random, text);
    let count = random.between(2, 5);
    let more = random.chance(50);
    for _ in 0..count {
        if more {
            insert(text, start, b"  ");
        } else {
            let blanks = indentation(text, start).min(2);
            text.drain(start..start + blanks);
        }
        start = line_behind(text, start);
        if start >= text.len() {
            break;
        }
    }
}

fn reindent(random: &mut Random, text: &mut Vec<u8>, start: usize) {
    let blanks = indentation(text, start);
    if blanks > 0 && random.chance(50) {
        let fewer = random.between(1, blanks.min(3));
        text.drain(start..start + fewer);
    } else {
        let more = random.between(1, 3);
        text.splice(start..start, std::iter::repeat_n(b' ', more));
    }
}

fn insert_piece(random: &mut Random, text: &mut Vec<u8>) {
    let at = place(random, text);
    let piece = random.choose(ALPHABET).as_bytes();
    insert(text, at, piece);
}

fn delete_character(random: &mut Random, text: &mut Vec<u8>) {
    let at = place(random, text);
    let end = if at == text.len() { at } else { character_end(text, at) };
    text.drain(at..end);
}

fn replace_character(random: &mut Random, text: &mut Vec<u8>) {
    let at = place(random, text);
    let end = if at == text.len() { at } else { character_end(text, at) };
    let piece = random.choose(ALPHABET).as_bytes();
    text.splice(at..end, piece.iter().copied());
}

fn swap_characters(random: &mut Random, text: &mut [u8]) {
    let at = place(random, text);
    if at == text.len() {
        return;
    }
    let middle = character_end(text, at);
    if middle < text.len() {
        let end = character_end(text, middle);
        text[at..end].rotate_left(middle - at);
    }
}

fn copy_characters(random: &mut Random, text: &mut Vec<u8>) {
    let start = place(random, text);
    let mut end = start;
    for _ in 0..random.between(1, 12) {
        if end < text.len() {
            end = character_end(text, end);
        }
    }
    let copy = text[start..end].to_vec();
    let at = place(random, text);
    insert(text, at, &copy);
}

/// Puts another plain scalar into the place of a word.
fn replace_word(random: &mut Random, text: &mut Vec<u8>) {
    let start = place(random, text);
    let word = |byte: u8| byte.is_ascii_alphanumeric();
    let Some(start) = text[start..].iter().position(|&byte| word(byte)).map(|at| start + at) else { return };
    let end = text[start..].iter().position(|&byte| !word(byte)).map_or(text.len(), |at| start + at);
    let spelling = spelling(random);
    text.splice(start..end, spelling.into_bytes());
}

fn join_lines(random: &mut Random, text: &mut Vec<u8>) {
    let start = line_start(random, text);
    let end = line_end(text, start);
    let behind = line_behind(text, start);
    text.drain(end..behind);
}

fn split_line(random: &mut Random, text: &mut Vec<u8>) {
    let at = place(random, text);
    let blanks = random.below(6);
    text.splice(at..at, std::iter::once(b'\n').chain(std::iter::repeat_n(b' ', blanks)));
}

fn change_break(random: &mut Random, text: &mut Vec<u8>) {
    let start = line_start(random, text);
    let end = line_end(text, start);
    let behind = line_behind(text, start);
    let other = random.choose(&["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\n\r"]).as_bytes();
    text.splice(end..behind, other.iter().copied());
}

fn cut_end(random: &mut Random, text: &mut Vec<u8>) {
    let at = if random.chance(70) { line_end(text, line_start(random, text)) } else { place(random, text) };
    text.truncate(at);
}

/// The beginning of this text and the end of another.
fn splice(random: &mut Random, text: &mut Vec<u8>, other: &[u8]) {
    let at = line_start(random, text);
    let from = line_start(random, other);
    text.truncate(at);
    text.extend_from_slice(&other[from..]);
}

fn insert_mark(random: &mut Random, text: &mut Vec<u8>) {
    let at = line_start(random, text);
    let mark = random
        .choose(&["---\n", "---\n", "--- # m\n", "...\n---\n", "...\n", "---", "%YAML 1.1\n---\n"])
        .as_bytes();
    insert(text, at, mark);
}

/// Another text as a further document.
fn insert_document(random: &mut Random, text: &mut Vec<u8>, other: &[u8]) {
    if !text.ends_with(b"\n") && random.chance(80) {
        text.push(b'\n');
    }
    text.extend_from_slice(random.choose(&["---\n", "---\n", "...\n---\n", "--- # m\n"]).as_bytes());
    text.extend_from_slice(other);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_works_on_any_text() {
        let texts: [&[u8]; 6] =
            [b"", b"a", b"\n", b"a: 1\r\nb: 2", "é\n\u{1F600}\n".as_bytes(), b"\xff\xfe#\n"];
        for (case, &base) in texts.iter().cycle().take(3000).enumerate() {
            let mut random = Random::new(1, case as u64);
            mutate(&mut random, base, texts[case % 5]);
        }
    }
}
