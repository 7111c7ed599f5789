//! Files of environment variables.

use fieldseal_test_support::Random;

use super::text::{COMMENTS, KEYS, line};

pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    let ending: &[u8] = if random.chance(8) { b"\r\n" } else { b"\n" };
    for number in 0..random.below(25) {
        match random.below(100) {
            0..12 => {
                text.push(b'#');
                text.extend_from_slice(random.pick(COMMENTS).as_bytes());
            }
            12..20 => {}
            20..22 => text.extend_from_slice(b" # not at the beginning=1"),
            22 if random.chance(10) => text.extend_from_slice(b"no equals sign"),
            22 if random.chance(5) => text.extend_from_slice(b"sops_version=1"),
            _ => variable(random, number, &mut text),
        }
        // A line with nothing but a carriage return is an error.
        let bare = text.last().is_none_or(|last| *last == b'\n');
        text.extend_from_slice(if bare { b"\n" } else { ending });
    }
    if random.chance(15) {
        text.pop();
    }
    if random.chance(2) {
        text.splice(0..0, *b"\xEF\xBB\xBF");
    }
    text
}

fn variable(random: &mut Random, number: usize, to: &mut Vec<u8>) {
    if random.chance(5) {
        to.extend_from_slice(b"export ");
    }
    let key = *random.pick(KEYS);
    match random.below(20) {
        0 => {}
        1 => to.extend_from_slice(b"sops"),
        2 => to.extend_from_slice(b" padded "),
        3..7 => to.extend_from_slice(key.as_bytes()),
        _ => to.extend_from_slice(format!("{key}{number}").as_bytes()),
    }
    to.push(b'=');
    let value = line(random);
    match random.below(12) {
        0 => to.extend_from_slice(format!("\"{value}\"").as_bytes()),
        1 => to.extend_from_slice(format!("'{value}'").as_bytes()),
        2 => to.extend_from_slice(format!("{value}\\n{value}\\n").as_bytes()),
        3 => to.extend_from_slice(b"\xff\xfe raw \x01"),
        4 => to.extend_from_slice(b"ends with \\"),
        5 => to.extend_from_slice(b"\\\\n"),
        _ => to.extend_from_slice(value.as_bytes()),
    }
}
