//! INI files.

use fieldseal_test_support::Random;

use super::text::{COMMENTS, KEYS, line};

pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    let ending = if random.chance(8) { "\r\n" } else { "\n" };
    let blank = random.chance(60);
    for number in 0..random.between(1, 4) {
        if number > 0 || random.chance(60) {
            comments(random, ending, &mut text);
            let name =
                *random.pick(&["s", "server", "a b", "DEFAULT", "data", "x.y", "é", "sops2", "password"]);
            text.push_str(&format!("[{name}]{ending}"));
        }
        for item in 0..random.below(7) {
            comments(random, ending, &mut text);
            if blank && random.chance(15) {
                text.push_str(ending);
            }
            pair(random, item, &mut text);
            text.push_str(ending);
        }
        if blank {
            text.push_str(ending);
        }
    }
    if random.chance(10) {
        comments(random, ending, &mut text);
    }
    if random.chance(15) {
        while text.ends_with(['\n', '\r']) {
            text.pop();
        }
    }
    if random.chance(2) {
        text.insert(0, '\u{feff}');
    }
    text.into_bytes()
}

fn comments(random: &mut Random, ending: &str, to: &mut String) {
    while random.chance(15) {
        let indent = if random.chance(10) { "  " } else { "" };
        let sign = if random.chance(70) { ';' } else { '#' };
        let comment = *random.pick(COMMENTS);
        to.push_str(&format!("{indent}{sign}{comment}{ending}"));
    }
}

fn pair(random: &mut Random, item: usize, to: &mut String) {
    if random.chance(8) {
        to.push_str(*random.pick(&["  ", "\t"]));
    }
    let key = *random.pick(KEYS);
    match random.below(30) {
        0 => to.push('-'),
        1 => to.push_str("`k:b`"),
        2 => to.push_str("\"k q\""),
        3..6 => to.push_str(key),
        _ => to.push_str(&format!("{key}{item}")),
    }
    to.push_str(*random.pick(&["=", " = ", " = ", " =  ", ": ", "  = "]));
    let value = line(random);
    match random.below(20) {
        0 => to.push_str(&format!("\"{value}\"")),
        1 => to.push_str(&format!("'{value}'")),
        2 => to.push_str(&format!("`{value}`")),
        3 => to.push_str(&format!("\"\"\"{value}\n{value}\"\"\"")),
        4 => to.push_str(&format!("{value} ; behind")),
        5 => to.push_str(&format!("{value} # sops:secret")),
        6 => to.push_str("one \\\n   two"),
        _ => to.push_str(&value),
    }
    if random.chance(5) {
        to.push_str("  ");
    }
}
