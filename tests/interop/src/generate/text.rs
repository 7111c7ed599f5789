//! Words and texts.

use fieldseal_test_support::Random;

/// Names of keys: some that rules ask for, some that look like something else.
pub(super) const KEYS: &[&str] = &[
    "data",
    "stringData",
    "metadata",
    "password",
    "PASSWORD",
    "api_key",
    "user",
    "name",
    "token_enc",
    "note_unencrypted",
    "a",
    "b",
    "c",
    "x-y",
    "x1",
    "n",
    "y",
    "list",
    "items",
    "key",
    "DATABASE_URL",
    "größe",
    "é",
    "k2",
];

/// Comments: markers that rules ask for, and others. Without the comment character.
pub(super) const COMMENTS: &[&str] = &[
    " sops:secret",
    " clear",
    "clear",
    " a note",
    " secret",
    "",
    " ",
    "!",
    " TODO: rotate",
    "#",
    " é",
    " ENC[x]",
    " a: b",
    " sops:clear for all",
    "\tTab",
    " ends with blank ",
];

/// One line of text.
pub(super) fn line(random: &mut Random) -> String {
    const LINES: &[&str] = &[
        "hunter2",
        "a b",
        "postgres://u:p@h/d?x=1#f",
        "value with, comma",
        "it's",
        "say \"hi\"",
        "back\\slash",
        "100%",
        "a: b",
        "a #b",
        "- x",
        "? y",
        "[z]",
        "{w}",
        "&v",
        "*u",
        "!t",
        "|",
        ">",
        "@x",
        "`q`",
        "yes",
        "null",
        "~",
        "true",
        "12",
        "1.5",
        "0x1F",
        "010",
        "1_000",
        "2020-01-02",
        "12:30",
        "<<",
        "=",
        "é",
        "größe",
        "世界",
        "😀 smile",
        "\u{a0}nbsp",
        "tab\there",
        " lead",
        "trail ",
        "a  b",
        "C:\\new",
        "line\\nbreak",
        "x=y=z",
        ";semi",
        "<tag>&amp;",
        "\u{7f}",
        "e\u{301}",
        "ENC[",
        "%d",
        "--",
        "...",
    ];
    match random.below(10) {
        0 => String::new(),
        1 => "s".repeat(random.between(60, 200)),
        2 => {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            (0..random.between(8, 60))
                .map(|_| char::from(*random.pick(alphabet)))
                .chain("==".chars())
                .collect()
        }
        _ => (*random.pick(LINES)).to_owned(),
    }
}

/// Some lines of text, with line feeds between them.
pub(super) fn lines(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.between(2, 5) {
        text.push_str(&line(random));
        text.push('\n');
    }
    match random.below(4) {
        0 => drop(text.pop()),
        1 => text.push('\n'),
        _ => {}
    }
    text
}
