//! Made-up documents of all formats, and the settings to encrypt them with.

mod binary;
mod dotenv;
mod ini;
mod json;
mod text;
mod yaml;

use fieldseal_core::{Format, Selection};
use fieldseal_test_support::Random;

/// A clear text and how it is to be encrypted.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its format.
    pub format: Format,
    /// The bytes of the file.
    pub text: Vec<u8>,
    /// What of it is encrypted.
    pub selection: Selection,
    /// Whether the MAC leaves out what is not encrypted.
    pub mac_only_encrypted: bool,
}

/// The document number `case` of a run with `seed`.
pub fn generate(seed: u64, case: u64) -> Document {
    let mut random = Random::new(seed, case);
    let kind = random.below(100);
    let (format, text) = match kind {
        0..25 => (Format::Yaml, yaml::generate(&mut random)),
        25..42 => (Format::Yaml, fieldseal_test_agreement::generate::generate(seed, case).text),
        42..62 => (Format::Json, json::generate(&mut random)),
        62..79 => (Format::Dotenv, dotenv::generate(&mut random)),
        79..96 => (Format::Ini, ini::generate(&mut random)),
        _ => (Format::Binary, binary::generate(&mut random)),
    };
    let selection = selection(&mut random);
    let mac_only_encrypted = format != Format::Binary && random.chance(30);
    Document { format, text, selection, mac_only_encrypted }
}

/// A rule that selects something in many of the documents, but seldom everything.
fn selection(random: &mut Random) -> Selection {
    const SUFFIXES: &[&str] = &["_unencrypted", "_enc", "a", "e", "ata", "1", "y", " ", "é"];
    const REGEXES: &[&str] = &[
        "^data$",
        "^(data|stringData)$",
        ".",
        "^$",
        "[a-m]",
        "(?i)PASS",
        "_",
        "^x-",
        r"\d",
        r"^\w+$",
        "data|key",
        "é",
        "^[a-c]$",
    ];
    const COMMENTS: &[&str] = &["sops", "secret", "^ ?clear", "a", "^$", "e$", "!", r"^ \w"];
    if random.chance(25) {
        return Selection::default();
    }
    let name = *random.pick(&Selection::NAMES);
    let text = *match name {
        name if name.ends_with("comment_regex") => random.pick(COMMENTS),
        name if name.ends_with("regex") => random.pick(REGEXES),
        _ => random.pick(SUFFIXES),
    };
    Selection::from_setting(name, text).expect("the name is one of the names")
}
