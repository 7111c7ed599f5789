//! Short texts of pieces in every order, or in any: few of them are sensible.

use fieldseal_test_support::Random;

/// Pieces that mean something to a scanner, one or two for each of its decisions.
const PIECES: &[&str] = &[
    "a", " ", "\n", ": ", ":", "- ", "-", "? ", "#", " #", "[", "]", "{", "}", ",", "'", "\"", "|", "&a",
    "*a", "!", "---", "\t", "\n  ",
];

/// More pieces, for texts at random.
const MORE: &[&str] = &[
    "a: ",
    "b: 1",
    "\n\n",
    "\n    ",
    "\n ",
    "- - ",
    "? - ",
    "# c\n",
    "  # c\n",
    "\n# c\n",
    " # c",
    ">",
    "|-\n",
    "|+\n",
    ">2\n",
    "|\n  ",
    "!!str ",
    "!!int ",
    "! ",
    "!x ",
    "&a ",
    "*a ",
    "&b ",
    "*b : ",
    "...",
    "\n---\n",
    "\n...\n",
    "--- ",
    "%YAML 1.1\n---\n",
    "%TAG !e! tag:e,2000:\n---\n",
    "!e!x ",
    "\r\n",
    "\r",
    "\u{85}",
    "\u{2028}",
    "é",
    "\\",
    "\\n",
    "\\u00e9",
    "\\\n",
    "~",
    "1",
    "true",
    "<<: ",
    "<<: *a\n",
    "b",
    "''",
    "\"\"",
    "@",
    "`",
    "%",
    "!!binary ",
    "!<",
    ">",
    "[]",
    "{}",
    ", ",
    ": [",
    ": {",
    "'a",
    "\"a",
    "0x1F",
    "2001-01-01",
    "---\n",
    "\t# c",
    "\n\t",
];

/// How many texts of `length` pieces there are.
pub fn orders(length: u32) -> usize {
    PIECES.len().pow(length)
}

/// The text number `number` of those of `length` pieces.
pub fn order(length: u32, mut number: usize) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..length {
        text.push_str(PIECES[number % PIECES.len()]);
        number /= PIECES.len();
    }
    text.into_bytes()
}

/// The text number `case` of a run with `seed`: 4 to 16 pieces.
pub fn soup(seed: u64, case: u64) -> Vec<u8> {
    let mut random = Random::new(seed, (1 << 60) + case);
    let count = random.between(4, 16);
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(if random.chance(40) { random.choose(PIECES) } else { random.choose(MORE) });
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_there_once() {
        let mut texts: Vec<_> = (0..orders(2)).map(|number| order(2, number)).collect();
        let count = texts.len();
        texts.sort();
        texts.dedup();
        // Some pieces make the same text in another order: ":" and " " for ": ".
        assert!(texts.len() > count * 9 / 10, "{} of {count}", texts.len());
        assert!(texts.contains(&b"a: ".to_vec()) && texts.contains(&b"- - ".to_vec()));
    }
}
