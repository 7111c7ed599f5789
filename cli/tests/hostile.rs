//! Bad input: each kind ends with its exit code and a message that says where and what, leaves no output
//! behind and the source as it was, and shows nothing of the text.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, tool};

/// An identity that opens nothing here.
const STRANGER: &str = "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8";

/// An identity of nobody in any of the files here.
const NOBODY: &str = "AGE-SECRET-KEY-1EJR8RV0KP8Y45XFGJGUA0W7V9EJ6KGCCD7DMYY2JG8W7765EX47QKDMPN5";

/// A folder with a rule and an identity, and what went wrong in it.
struct Yard {
    sandbox: Sandbox,
    problems: Vec<String>,
}

impl Yard {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.install_identity(IDENTITY);
        sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
        Self { sandbox, problems: Vec::new() }
    }

    /// Runs the tool, which must end with this code, say all these parts, print nothing, and change no file.
    fn fails(&mut self, title: &str, arguments: &[&str], code: i32, says: &[&str]) {
        self.fails_with(title, arguments, &[], code, says);
    }

    /// The same with variables.
    fn fails_with(
        &mut self,
        title: &str,
        arguments: &[&str],
        env: &[(&str, &str)],
        code: i32,
        says: &[&str],
    ) {
        let before = self.sandbox.files();
        let mut command = self.sandbox.command(fieldseal());
        let outcome = Outcome::of(command.args(arguments).envs(env.iter().copied()), b"");
        let missing: Vec<_> = says.iter().filter(|part| !outcome.stderr.contains(**part)).collect();
        let mut wrong = Vec::new();
        if outcome.code != code {
            wrong.push(format!("not exit code {code}"));
        }
        if !missing.is_empty() {
            wrong.push(format!("does not say {missing:?}"));
        }
        if !outcome.stdout.is_empty() {
            wrong.push("prints something".to_owned());
        }
        if outcome.mentions(CANARY) {
            wrong.push("shows the canary".to_owned());
        }
        if outcome.stderr.len() > 2000 {
            wrong.push("says too much".to_owned());
        }
        if self.sandbox.files() != before {
            wrong.push("changes files".to_owned());
        }
        if !wrong.is_empty() {
            let said: String = outcome.stderr.chars().take(600).collect();
            self.problems.push(format!(
                "{title}: {arguments:?}: {}\nexit code {}\n{said}",
                wrong.join(", "),
                outcome.code
            ));
        }
    }

    /// Encrypting this text fails, in each way to write the result.
    fn encrypt_fails(&mut self, title: &str, name: &str, text: impl AsRef<[u8]>, code: i32, says: &[&str]) {
        self.sandbox.write(name, text);
        for flags in [&["encrypt"][..], &["encrypt", "-i"], &["encrypt", "--output", "out"]] {
            self.fails(title, &[flags, &[name]].concat(), code, says);
        }
    }

    /// Decrypting this text fails, in each way to write the result.
    fn decrypt_fails(&mut self, title: &str, name: &str, text: impl AsRef<[u8]>, code: i32, says: &[&str]) {
        self.sandbox.write(name, text);
        for flags in [&["decrypt"][..], &["decrypt", "-i"], &["decrypt", "--output", "out"]] {
            self.fails(title, &[flags, &[name]].concat(), code, says);
        }
    }

    /// Decrypting this text, in which nothing is encrypted, into a file fails. On stdout it stays as it is.
    fn clear_fails(&mut self, title: &str, name: &str, text: impl AsRef<[u8]>, code: i32, says: &[&str]) {
        self.sandbox.write(name, &text);
        for flags in [&["decrypt", "-i"][..], &["decrypt", "--output", "out"]] {
            self.fails(title, &[flags, &[name]].concat(), code, says);
        }
        let passed = self.sandbox.fieldseal(["decrypt", name]).expect_code(0);
        assert!(
            passed.stdout == text.as_ref() && passed.stderr.contains("not encrypted"),
            "{title}: {passed}"
        );
    }

    /// Encrypting and decrypting gives the text back.
    fn survives(&self, title: &str, name: &str, text: &[u8]) {
        self.sandbox.write(name, text);
        self.sandbox.fieldseal(["encrypt", "-i", name]).expect_code(0);
        assert!(self.sandbox.read(name) != text, "{title}");
        self.sandbox.fieldseal(["decrypt", "-i", name]).expect_code(0);
        assert!(self.sandbox.read(name) == text, "{title}");
    }

    /// The text encrypted.
    fn seal(&self, name: &str, text: &str) -> String {
        self.sandbox.write(name, text);
        self.sandbox.fieldseal(["encrypt", name]).expect_code(0).text().to_owned()
    }

    #[track_caller]
    fn end(self) {
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
    }
}

/// The tokens of a text.
fn tokens(text: &str) -> Vec<String> {
    text.match_indices("ENC[AES256_GCM,")
        .map(|(start, _)| text[start..=start + text[start..].find(']').unwrap()].to_owned())
        .collect()
}

/// A token with one letter of a part changed.
fn tampered(token: &str, part: &str) -> String {
    let at = token.find(part).unwrap() + part.len();
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

#[test]
fn alias_bombs() {
    let mut yard = Yard::new();
    let mut bomb = format!("w: {CANARY}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..15 {
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    yard.encrypt_fails("in the first document", "f.yaml", &bomb, 2, &["f.yaml:", "alias"]);
    yard.encrypt_fails("in a later one", "f.yaml", format!("x: y\n---\n{bomb}"), 2, &["f.yaml:", "alias"]);
    let itself = format!("a: &a [{CANARY}, *a]\n");
    yard.encrypt_fails("an anchor that holds itself", "f.yaml", itself, 2, &["f.yaml:1:"]);
    yard.encrypt_fails("no such anchor", "f.yaml", format!("a: {CANARY}\nb: *nothing\n"), 2, &["f.yaml:2:"]);
    let sealed = yard.seal("g.yaml", "v: x\n");
    yard.decrypt_fails("in an encrypted file", "f.yaml", format!("{bomb}{sealed}"), 1, &["f.yaml:", "alias"]);
    yard.end();
}

#[test]
fn nesting_100_000_deep() {
    let mut yard = Yard::new();
    const DEPTH: usize = 100_000;
    let flow = format!("w: {CANARY}\na: {}{}\n", "[".repeat(DEPTH), "]".repeat(DEPTH));
    yard.encrypt_fails("YAML, flow", "f.yaml", flow, 2, &["f.yaml:2:", "deep"]);
    let maps = format!("w: {CANARY}\na: {}1{}\n", "{a: ".repeat(DEPTH), "}".repeat(DEPTH));
    yard.encrypt_fails("YAML, flow maps", "f.yaml", maps, 2, &["f.yaml:2:", "deep"]);
    let dashes = format!("w: {CANARY}\na:\n  {}x\n", "- ".repeat(DEPTH));
    yard.encrypt_fails("YAML, block", "f.yaml", dashes, 2, &["f.yaml:3:", "deep"]);
    let json = format!("{{\"w\": \"{CANARY}\", \"a\": {}{}}}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    yard.encrypt_fails("JSON", "f.json", json, 2, &["f.json:1:", "deep"]);
    let objects =
        format!("{{\"w\": \"{CANARY}\", \"a\": {}1{}}}", "{\"a\":".repeat(DEPTH), "}".repeat(DEPTH));
    yard.encrypt_fails("JSON, objects", "f.json", objects, 2, &["f.json:1:", "deep"]);
    // Where brackets mean nothing they are text.
    let text = "[".repeat(DEPTH);
    yard.survives("dotenv", "f.env", format!("A={text}\n").as_bytes());
    yard.survives("INI", "f.ini", format!("[s]\na = {text}\n").as_bytes());
    yard.survives("binary", "f.bin", text.as_bytes());
    // Metadata can be nested in flat files as well.
    let sealed = yard.seal("g.env", "A=b\n");
    let nested = format!("{sealed}sops_x{}=y\n", "__list_0".repeat(DEPTH));
    yard.decrypt_fails("metadata of dotenv", "f.env", nested, 1, &["f.env"]);
    yard.end();
}

#[test]
fn one_line_of_5_mb() {
    let mut yard = Yard::new();
    let line = "x".repeat(5 << 20);
    for (name, text) in [
        ("f.yaml", format!("a: {line}\n")),
        ("f.json", format!("{{\"a\": \"{line}\"}}\n")),
        ("f.env", format!("A={line}\n")),
        ("f.ini", format!("[s]\na = {line}\n")),
        ("f.bin", line.clone()),
    ] {
        yard.survives(name, name, text.as_bytes());
    }
    // A message about such a line is short.
    let bad = format!("a: \"{CANARY}{line}");
    yard.encrypt_fails("YAML without an end", "f.yaml", bad, 2, &["f.yaml:1:"]);
    let bad = format!("{{\"{CANARY}{line}");
    yard.encrypt_fails("JSON without an end", "f.json", bad, 2, &["f.json:1:"]);
    yard.encrypt_fails("dotenv without a value", "f.env", format!("{CANARY}{line}\n"), 2, &["f.env:1:"]);
    yard.encrypt_fails("INI without a value", "f.ini", format!("[s]\n{CANARY}{line}\n"), 2, &["f.ini:2:"]);
    yard.end();
}

#[test]
fn texts_that_are_not_well_formed() {
    let mut yard = Yard::new();
    for (title, name, text, place) in [
        ("double quote", "f.yaml", format!("a: \"{CANARY}\n"), "f.yaml:1:"),
        ("single quote", "f.yaml", format!("a: b\nc: '{CANARY}\n"), "f.yaml:2:"),
        ("bracket", "f.yaml", format!("a: [{CANARY}\n"), "f.yaml:"),
        ("brace", "f.yaml", format!("a: {{b: {CANARY}\n"), "f.yaml:"),
        ("tab", "f.yaml", format!("a:\n\tb: {CANARY}\n"), "f.yaml:2:"),
        ("indentation", "f.yaml", format!("a:\n    b: {CANARY}\n  c: d\n"), "f.yaml:3:"),
        ("colon twice", "f.yaml", format!("a: {CANARY}: c\n"), "f.yaml:1:"),
        ("escape", "f.yaml", format!("a: \"{CANARY}\\q\"\n"), "f.yaml:1:"),
        ("NUL", "f.yaml", format!("a: {CANARY}\0\n"), "f.yaml:1:"),
        ("control", "f.yaml", format!("a: {CANARY}\x01\n"), "f.yaml:1:"),
        ("tag", "f.yaml", format!("a: !!int {CANARY}\n"), "f.yaml:1:"),
        ("merge", "f.yaml", format!("a:\n    <<: {CANARY}\n"), "f.yaml:2:"),
        ("duplicate", "f.yaml", format!("{CANARY}: b\n{CANARY}: c\n"), "f.yaml:2:1"),
        ("duplicate below", "f.yaml", format!("m:\n    {CANARY}: b\n    {CANARY}: c\n"), "f.yaml:3:5"),
        ("duplicate later", "f.yaml", format!("x: y\n---\n{CANARY}: b\n{CANARY}: c\n"), "f.yaml:4:1"),
        ("list on top", "f.yaml", format!("- {CANARY}\n"), "f.yaml:1:1"),
        ("scalar on top", "f.yaml", format!("{CANARY}\n"), "f.yaml:1:1"),
        ("list on top later", "f.yaml", format!("a: b\n---\n- {CANARY}\n"), "f.yaml:3:1"),
        ("complex key", "f.yaml", format!("? [{CANARY}]\n: b\n"), "f.yaml:1:"),
        ("quote", "f.json", format!("{{\"a\": \"{CANARY}"), "f.json:1:"),
        ("object", "f.json", format!("{{\"a\": \"{CANARY}\""), "f.json:1:"),
        ("no value", "f.json", format!("{{\"{CANARY}\":"), "f.json:1:"),
        ("no colon", "f.json", format!("{{\"{CANARY}\" 1}}"), "f.json:1:"),
        ("comma", "f.json", format!("{{\"a\": \"{CANARY}\",}}"), "f.json:1:"),
        ("comment", "f.json", format!("{{\"a\": \"{CANARY}\" /* */}}"), "f.json:1:"),
        ("list", "f.json", format!("[\"{CANARY}\"]"), "f.json:1:1"),
        ("string", "f.json", format!("\"{CANARY}\""), "f.json:1:1"),
        ("text behind", "f.json", format!("{{\"a\": 1}}\n{CANARY}"), "f.json:2:1"),
        ("second object", "f.json", format!("{{\"a\": 1}}{{\"b\": \"{CANARY}\"}}"), "f.json:1:9"),
        ("newline", "f.json", format!("{{\"a\": \"{CANARY}\n\"}}"), "f.json:1:"),
        ("NUL", "f.json", format!("{{\"a\": \"{CANARY}\0\"}}"), "f.json:1:"),
        ("escape", "f.json", format!("{{\"a\": \"{CANARY}\\x\"}}"), "f.json:1:"),
        ("number", "f.json", format!("{{\"w\": \"{CANARY}\", \"a\": 01}}"), "f.json:1:"),
        ("huge number", "f.json", format!("{{\"w\": \"{CANARY}\", \"a\": 1e999}}"), "f.json:1:"),
        ("word", "f.json", format!("{{\"w\": \"{CANARY}\", \"a\": tru}}"), "f.json:1:"),
        ("no equals sign", "f.env", format!("A=b\n{CANARY}\n"), "f.env:2:1"),
        ("blank line", "f.env", format!("A={CANARY}\n \n"), "f.env:2:1"),
        ("no delimiter", "f.ini", format!("[s]\n{CANARY}\n"), "f.ini:2:1"),
        ("no name", "f.ini", format!("[s]\n = {CANARY}\n"), "f.ini:2:"),
        ("section", "f.ini", format!("[{CANARY}\na = b\n"), "f.ini:1:"),
        ("no section", "f.ini", format!("[]\na = {CANARY}\n"), "f.ini:1:"),
    ] {
        yard.encrypt_fails(title, name, text, 2, &[place]);
    }
    yard.end();
}

#[test]
fn texts_that_are_not_utf_8() {
    let mut yard = Yard::new();
    let with = |text: &str| -> Vec<u8> {
        let (head, tail) = text.split_once('?').unwrap();
        [head.as_bytes(), b"\xff\xfe\x80", tail.as_bytes()].concat()
    };
    yard.encrypt_fails("value", "f.yaml", with(&format!("a: {CANARY}?\n")), 2, &["f.yaml:1:"]);
    yard.encrypt_fails("comment", "f.yaml", with(&format!("a: b\n# {CANARY}?\n")), 2, &["f.yaml:2:"]);
    // What has no text in it but bytes keeps them.
    yard.survives("dotenv", "f.env", &with("A=b?\n"));
    yard.survives("binary", "f.bin", &with("b?\n"));
    yard.end();
}

#[test]
fn values_that_sops_cannot_read() {
    let mut yard = Yard::new();
    for (title, text, place) in [
        ("over 63 bits", format!("w: {CANARY}\na: 9223372036854775808\n"), "f.yaml:2:"),
        ("64 bits", format!("w: {CANARY}\na_unencrypted: 18446744073709551615\n"), "f.yaml:2:"),
        ("number as key", format!("{{1: {CANARY}}}\n"), "f.yaml:1:"),
        ("bool as key", format!("a: b\ntrue: {CANARY}\n"), "f.yaml:2:"),
        ("null as key", format!("a:\n    ~: {CANARY}\n"), "f.yaml:2:"),
    ] {
        yard.encrypt_fails(title, "f.yaml", text, 23, &[place]);
    }
    yard.survives("beyond 64 bits", "f.yaml", b"a: 18446744073709551616\nb: -9223372036854775808\n");
    yard.end();
}

#[test]
fn files_that_hold_nothing() {
    let mut yard = Yard::new();
    yard.encrypt_fails("YAML", "f.yaml", "", 92, &["f.yaml", "no document"]);
    yard.encrypt_fails("JSON", "f.json", "", 2, &["f.json"]);
    for name in ["f.yaml", "f.json", "f.env", "f.ini", "f.bin"] {
        yard.decrypt_fails("decrypt", name, "", 1, &[name]);
    }
    yard.end();
}

#[test]
fn the_reserved_key() {
    let mut yard = Yard::new();
    for (name, text) in [
        ("f.yaml", format!("sops: {CANARY}\n")),
        ("f.yaml", format!("a: {CANARY}\nsops: {{x: y}}\n")),
        ("f.json", format!("{{\"a\": \"{CANARY}\", \"sops\": 1}}")),
        ("f.env", format!("A={CANARY}\nsops_mac=x\n")),
        ("f.ini", format!("[s]\na = {CANARY}\n[sops]\nb = c\n")),
    ] {
        yard.encrypt_fails("clear text", name, text, 203, &[name, "sops"]);
    }
    for (name, text) in
        [("f.yaml", "a: b\n"), ("f.json", "{}"), ("f.env", "A=b\n"), ("f.ini", "[s]\na=b\n"), ("f.bin", "x")]
    {
        let sealed = yard.seal(name, text);
        yard.encrypt_fails("encrypted twice", name, sealed, 203, &[name, "edit"]);
    }
    // In a later document sops would lose it.
    yard.encrypt_fails("later", "f.yaml", format!("a: {CANARY}\n---\nsops: x\n"), 4, &["f.yaml:3:1", "sops"]);
    yard.end();
}

#[test]
fn tampered_tokens() {
    let mut yard = Yard::new();
    let sealed = yard.seal("g.yaml", &format!("a: {CANARY}\nb: other word\nl:\n    - first\n    - second\n"));
    let tokens = tokens(&sealed);
    let token = &tokens[0];
    let swap = |old: &str, new: &str| sealed.replace(old, new);
    for (title, text) in [
        ("data", swap(token, &tampered(token, "data:"))),
        ("iv", swap(token, &tampered(token, "iv:"))),
        ("tag", swap(token, &tampered(token, "tag:"))),
        ("data of another", swap(token, &token.replace("data:", "data:AAAA"))),
        ("no data", swap(token, "ENC[AES256_GCM,data:,iv:,tag:,type:str]")),
        ("no base64", swap(token, &token.replace("iv:", "iv:!!!"))),
        ("short tag", swap(token, &token.replace("tag:", "tag:AA==,tag:"))),
        ("cut off", swap(token, &format!("'{}'", &token[..token.len() - 10]))),
        ("relabelled", swap(token, &token.replace("type:str", "type:int"))),
        ("unknown label", swap(token, &token.replace("type:str", "type:secret"))),
        ("no label", swap(token, &token.replace("type:str", "type:"))),
        ("clear text", swap(token, "clear")),
        ("a number", swap(token, "5")),
        ("of another key", swap(token, &tokens[1])),
    ] {
        yard.decrypt_fails(title, "f.yaml", text, 25, &["f.yaml:1:4: a: "]);
    }
    let unknown = swap(token, &token.replace("type:str", "type:secret"));
    yard.decrypt_fails("the label is named", "f.yaml", unknown, 25, &["unknown type secret"]);
    yard.decrypt_fails("key renamed", "f.yaml", sealed.replace("b: ENC", "c: ENC"), 25, &["f.yaml:2:4: c: "]);
    let swapped = sealed.replace(&tokens[2], "?").replace(&tokens[3], &tokens[2]).replace('?', &tokens[3]);
    yard.decrypt_fails("swapped in a list", "f.yaml", swapped, 51, &["f.yaml", "MAC"]);
    yard.decrypt_fails("doubled", "f.yaml", swap(&tokens[3], &tokens[2]), 51, &["f.yaml", "MAC"]);
    let removed: String = sealed.split_inclusive('\n').filter(|line| !line.contains(&tokens[2])).collect();
    yard.decrypt_fails("removed", "f.yaml", removed, 51, &["f.yaml", "MAC"]);
    yard.end();
}

#[test]
fn tampered_tokens_in_the_other_formats() {
    let mut yard = Yard::new();
    for (name, text) in [
        ("f.json", format!("{{\"a\": \"{CANARY}\"}}")),
        ("f.env", format!("A={CANARY}\n")),
        ("f.ini", format!("[s]\na = {CANARY}\n")),
        ("f.bin", CANARY.to_owned()),
    ] {
        let sealed = yard.seal(name, &text);
        let token = &tokens(&sealed)[0];
        for part in ["data:", "iv:", "tag:"] {
            yard.decrypt_fails(part, name, sealed.replace(token, &tampered(token, part)), 25, &[name]);
        }
    }
    yard.end();
}

#[test]
fn a_mac_that_is_tampered_with_or_missing() {
    let mut yard = Yard::new();
    let sealed = yard.seal("g.yaml", &format!("a: {CANARY}\nb_unencrypted: {CANARY}\n"));
    let all = tokens(&sealed);
    let mac = all.iter().find(|token| sealed.contains(&format!("mac: {token}"))).unwrap();
    let line = format!("    mac: {mac}\n");
    for (title, text) in [
        ("data", sealed.replace(mac.as_str(), &tampered(mac, "data:"))),
        ("iv", sealed.replace(mac.as_str(), &tampered(mac, "iv:"))),
        ("tag", sealed.replace(mac.as_str(), &tampered(mac, "tag:"))),
        ("of a value", sealed.replace(mac.as_str(), &all[0])),
        ("words", sealed.replace(mac.as_str(), "nonsense")),
        ("missing", sealed.replace(&line, "")),
        ("empty", sealed.replace(&line, "    mac: \"\"\n")),
        ("null", sealed.replace(&line, "    mac: null\n")),
        ("another date", sealed.replace("lastmodified: \"20", "lastmodified: \"19")),
        ("a value in clear", sealed.replace(&format!("ted: {CANARY}"), &format!("ted: {CANARY}x"))),
        ("a value more", format!("z_unencrypted: {CANARY}\n{sealed}")),
    ] {
        yard.decrypt_fails(title, "f.yaml", text, 51, &["f.yaml", "MAC"]);
    }
    yard.end();
}

#[test]
fn metadata_that_is_missing_or_malformed() {
    let mut yard = Yard::new();
    for (name, text) in [
        ("f.yaml", format!("a: {CANARY}\n")),
        ("f.json", format!("{{\"a\": \"{CANARY}\"}}")),
        ("f.env", format!("A={CANARY}\n")),
        ("f.ini", format!("[s]\na = {CANARY}\n")),
        ("f.yaml", format!("m:\n    a: {CANARY}\n    sops: x\n")),
    ] {
        yard.clear_fails("missing", name, text, 1, &[name, "sops metadata not found"]);
    }
    yard.clear_fails("no JSON", "f.bin", CANARY, 1, &["f.bin"]);
    let sealed = yard.seal("g.yaml", &format!("a_unencrypted: {CANARY}\n"));
    let (head, block) = sealed.split_once("sops:\n").unwrap();
    for (title, text) in [
        ("a word", format!("{head}sops: {CANARY}\n")),
        ("a list", format!("{head}sops: [{CANARY}]\n")),
        ("null", format!("{head}sops: null\n")),
        ("empty", format!("{head}sops: {{}}\n")),
        ("no keys", format!("{head}sops:\n{}", &block[block.find("    lastmodified").unwrap()..])),
        ("date", sealed.replace("lastmodified: \"20", "lastmodified: \"x20")),
        ("no version", sealed.replace("    version: ", "    x: ")),
        ("version", sealed.replace("    version: ", "    version: x")),
        ("list of words", sealed.replace("    version: ", "    pgp: \"\"\n    version: ")),
        ("threshold", sealed.replace("    version: ", "    shamir_threshold: x\n    version: ")),
        ("two rules", sealed.replace("    version: ", "    encrypted_regex: x\n    version: ")),
        ("twice", format!("{sealed}sops: {{}}\n")),
    ] {
        yard.decrypt_fails(title, "f.yaml", text, 1, &["f.yaml"]);
    }
    let flat = yard.seal("g.env", "A=b\n");
    for (title, line) in [
        ("hole in a list", "sops_pgp__list_5__map_fp=x\n"),
        ("huge index", "sops_pgp__list_99999999999999999999__map_fp=x\n"),
        ("large index", "sops_pgp__list_2147483647__map_fp=x\n"),
        ("value and map", "sops_mac__map_x=y\n"),
        ("twice", "sops_version=3.8.1\n"),
    ] {
        yard.decrypt_fails(title, "f.env", format!("{flat}{line}"), 1, &["f.env"]);
    }
    let wrapped = yard.seal("h.yaml", &format!("a: {CANARY}\n"));
    for (title, text) in [
        ("no armour", wrapped.replace("-----BEGIN AGE ENCRYPTED FILE-----", "nonsense")),
        ("damaged armour", wrapped.replacen("            YWdl", "            !!!!", 1)),
        (
            "another recipient",
            wrapped.replacen("            YWdlLWVuY3J5cHRpb24u", "            YWdlLWVuY3J5cHRpb24v", 1),
        ),
    ] {
        assert!(text != wrapped, "{title}");
        yard.decrypt_fails(title, "f.yaml", text, 128, &["f.yaml", "Group 0: FAILED", RECIPIENT]);
    }
    yard.end();
}

#[test]
fn keys_that_do_not_open_the_file() {
    let mut yard = Yard::new();
    let sealed = yard.seal("f.yaml", &format!("a: {CANARY}\n"));
    yard.sandbox.write("f.yaml", &sealed);
    let secret = "7VVQ7WYC5XQXKE"; // the start of no real key
    let keys = yard.sandbox.install_identity(STRANGER);
    yard.fails("wrong key", &["decrypt", "f.yaml"], 128, &["Group 0: FAILED", RECIPIENT]);
    for (title, text) in [
        ("no identity", "# nothing\n".to_owned()),
        ("half valid", format!("{IDENTITY}\nAGE-SECRET-KEY-1{secret}\n")),
        ("leading blank", format!(" {IDENTITY}\n")),
        ("a recipient", format!("{RECIPIENT}\n")),
        ("binary", "\u{0}\u{1}\u{2}".to_owned()),
    ] {
        fs::write(&keys, text).unwrap();
        yard.fails(title, &["decrypt", "f.yaml"], 128, &["Group 0: FAILED", "keys.txt"]);
        let said = yard.sandbox.fieldseal(["decrypt", "f.yaml"]);
        assert!(!said.mentions(secret) && !said.mentions(&IDENTITY[20..]), "{said}");
    }
    fs::remove_file(&keys).unwrap();
    yard.fails("no key", &["decrypt", "f.yaml"], 128, &["Group 0: FAILED", "SOPS_AGE_KEY"]);
    fs::create_dir(&keys).unwrap();
    yard.fails("a directory for a key file", &["decrypt", "f.yaml"], 128, &["Group 0: FAILED", "keys.txt"]);
    let missing = yard.sandbox.path("missing.txt");
    let missing = [("SOPS_AGE_KEY_FILE", missing.to_str().unwrap())];
    yard.fails_with("no key file", &["decrypt", "f.yaml"], &missing, 128, &["SOPS_AGE_KEY_FILE"]);
    for command in ["false", "exit 3", "", "no-such-program", "'open quote"] {
        let command = [("SOPS_AGE_KEY_CMD", command)];
        yard.fails_with("command", &["decrypt", "f.yaml"], &command, 128, &["SOPS_AGE_KEY_CMD"]);
    }
    // A key that fits, from another source, opens it in spite of all that.
    let mut command = yard.sandbox.command(fieldseal());
    command.args(["decrypt", "f.yaml"]).env("SOPS_AGE_KEY", IDENTITY).env("SOPS_AGE_KEY_CMD", "false");
    assert_eq!(Outcome::of(&mut command, b"").expect_code(0).text(), format!("a: {CANARY}\n"));
    yard.end();
}

#[test]
fn a_key_file_that_may_not_be_read() {
    let mut yard = Yard::new();
    yard.seal("f.yaml", &format!("a: {CANARY}\n"));
    let sealed = yard.seal("f.yaml", &format!("a: {CANARY}\n"));
    yard.sandbox.write("f.yaml", sealed);
    let keys = yard.sandbox.install_identity(IDENTITY);
    // Nobody reads through a link to itself, whoever runs the test.
    fs::remove_file(&keys).unwrap();
    symlink(&keys, &keys).unwrap();
    yard.fails("a loop", &["decrypt", "f.yaml"], 128, &["Group 0: FAILED", "keys.txt"]);
    yard.end();
}

#[test]
fn an_age_file_with_10_000_recipients() {
    let yard = Yard::new();
    let text = format!("{{\"a\": \"{CANARY}\"}}");
    let sealed = yard.seal("f.json", &text);
    // The data key, wrapped again in one age file for 9,999 others, and for us at the end.
    let start = sealed.find("-----BEGIN AGE").unwrap();
    let enc = &sealed[start..start + sealed[start..].find('"').unwrap()];
    yard.sandbox.write("key.txt", format!("{IDENTITY}\n"));
    let other = "age1j0w49enflpgekldxtstytr08qwt55sxg5x8aj5wm4yl990t6x3ps0vzy95\n";
    yard.sandbox.write("recipients.txt", format!("{}{RECIPIENT}\n", other.repeat(9_999)));
    let age = |arguments: &[&str], input: &[u8]| {
        Outcome::of(yard.sandbox.command(tool("age")).args(arguments), input).expect_code(0).stdout
    };
    let data_key = age(&["-d", "-i", "key.txt"], enc.replace("\\n", "\n").as_bytes());
    let many = String::from_utf8(age(&["-a", "-R", "recipients.txt"], &data_key)).unwrap();
    let many = sealed.replace(enc, &many.replace('\n', "\\n"));
    yard.sandbox.write("f.json", &many);
    assert_eq!(yard.sandbox.sops(["decrypt", "f.json"]).code, 0);
    assert_eq!(yard.sandbox.fieldseal(["decrypt", "f.json"]).expect_code(0).text(), text);
    // Whoever is none of them gets a short message.
    let mut yard = Yard::new();
    yard.sandbox.install_identity(NOBODY);
    yard.decrypt_fails("none of ours", "f.json", many, 128, &["f.json", RECIPIENT]);
    yard.end();
}

#[test]
fn a_file_with_10_000_entries_of_keys() {
    let yard = Yard::new();
    let sealed = yard.seal("f.yaml", &format!("a: {CANARY}\n"));
    let (head, block) = sealed.split_once("    age:\n").unwrap();
    let (entry, rest) = block.split_at(block.find("    lastmodified").unwrap());
    let damaged = entry.replace("            YWdlLWVuY3J5cHRpb24u", "            YWdlLWVuY3J5cHRpb24v");
    assert!(damaged != entry);
    yard.sandbox.write("f.yaml", format!("{head}    age:\n{}{entry}{rest}", damaged.repeat(9_999)));
    let opened = yard.sandbox.fieldseal(["decrypt", "f.yaml"]).expect_code(0);
    assert_eq!(opened.text(), format!("a: {CANARY}\n"));
}

#[test]
fn encrypted_files_that_are_cut_off() {
    let yard = Yard::new();
    for (name, text) in [
        ("f.yaml", format!("a: {CANARY}\nb_unencrypted: x\n")),
        ("f.json", format!("{{\"a\": \"{CANARY}\"}}")),
        ("f.env", format!("A={CANARY}\n")),
        ("f.ini", format!("[s]\na = {CANARY}\n")),
        ("f.bin", CANARY.to_owned()),
    ] {
        let sealed = yard.seal(name, &text);
        // The last line that is not a bracket is the version; without its end no file is read.
        let end = sealed.rfind("3.13.3").unwrap() + 5;
        for part in 0..30 {
            let cut = &sealed[..end * part / 29];
            yard.sandbox.write(name, cut);
            let outcome = yard.sandbox.fieldseal(["decrypt", name]);
            assert!(outcome.code != 0 && outcome.code < 128, "{name} {part}: {outcome}");
            assert!(outcome.stdout.is_empty() && !outcome.mentions(CANARY), "{name} {part}: {outcome}");
            assert!(
                outcome.stderr.contains(name) && !outcome.stderr.contains("panic"),
                "{name} {part}: {outcome}"
            );
            assert_eq!(yard.sandbox.read(name), cut.as_bytes());
        }
    }
}

#[test]
fn encrypted_files_that_are_not_well_formed() {
    let mut yard = Yard::new();
    let yaml = yard.seal("g.yaml", &format!("x_unencrypted: {CANARY}\n"));
    let json = yard.seal("g.json", &format!("{{\n\t\"x_unencrypted\": \"{CANARY}\"\n}}\n"));
    const DEPTH: usize = 100_000;
    for (title, name, text, place) in [
        ("open bracket", "f.yaml", format!("{yaml}z: [\n"), "f.yaml:"),
        ("open quote", "f.yaml", format!("a: \"{yaml}"), "f.yaml:"),
        ("NUL", "f.yaml", format!("a: \0\n{yaml}"), "f.yaml:1:"),
        ("duplicate", "f.yaml", format!("{yaml}x_unencrypted: {CANARY}\n"), "f.yaml:"),
        ("deep", "f.yaml", format!("a: {}{}\n{yaml}", "[".repeat(DEPTH), "]".repeat(DEPTH)), "f.yaml:1:"),
        (
            "deep",
            "f.json",
            json.replacen('{', &format!("{{\"a\": {}1{},", "[".repeat(DEPTH), "]".repeat(DEPTH)), 1),
            "f.json:1:",
        ),
        ("list", "f.json", format!("[{json}]"), "f.json:1:1"),
        ("text before", "f.json", format!("x{json}"), "f.json:1:1"),
        ("comma", "f.json", json.replacen("\",\n", "\",,\n", 1), "f.json:"),
        ("byte order mark", "f.json", format!("\u{feff}{json}"), "f.json:1:1"),
    ] {
        yard.decrypt_fails(title, name, text, 1, &[place]);
    }
    yard.end();
}

#[test]
fn bytes_that_mean_nothing_to_flat_files_are_kept() {
    let yard = Yard::new();
    yard.survives("dotenv", "f.env", b"A=\0\x01\x7f\n#\0\n");
    yard.survives("INI", "f.ini", b"[s]\na = x\0y\n");
    yard.survives("binary", "f.bin", b"\0\0\0");
    yard.survives("JSON", "f.json", b"{\"a\": \"\\u0000\", \"\\ud800\": \"\\udc00\"}");
}

#[test]
fn what_is_no_file() {
    let mut yard = Yard::new();
    let unix = std::os::unix::net::UnixListener::bind(yard.sandbox.path("socket.yaml")).unwrap();
    symlink("loop.yaml", yard.sandbox.path("loop.yaml")).unwrap();
    symlink("nowhere", yard.sandbox.path("dangling.yaml")).unwrap();
    for command in [&["encrypt", "--age", RECIPIENT][..], &["decrypt"]] {
        let mut fails = |title: &str, rest: &[&str], code: i32, says: &[&str]| {
            yard.fails(title, &[command, rest].concat(), code, says);
        };
        fails("missing", &["missing.yaml"], 100, &["missing.yaml", "non-existent"]);
        fails("missing", &["-i", "missing.yaml"], 100, &["missing.yaml", "non-existent"]);
        fails("endless", &["/dev/zero"], 2, &["/dev/zero", "device"]);
        fails("endless", &["-i", "/dev/zero"], 2, &["/dev/zero", "regular files"]);
        fails("a device in place", &["-i", "/dev/null"], 2, &["/dev/null", "regular files"]);
        fails("a loop", &["loop.yaml"], 2, &["loop.yaml"]);
        fails("a dangling link", &["dangling.yaml"], 100, &["dangling.yaml"]);
        fails("a socket", &["socket.yaml"], 2, &["socket.yaml"]);
    }
    yard.fails("nothing", &["decrypt", "/dev/null"], 1, &["/dev/null"]);
    yard.sandbox.fieldseal(["encrypt", "--age", RECIPIENT, "/dev/null"]).expect_code(0);
    drop(unix);
    yard.end();
}

#[test]
fn a_directory_without_a_file_to_work_on_is_left_alone() {
    let yard = Yard::new();
    yard.sandbox.write("folder/plain.yaml", format!("a: {CANARY}\n"));
    let before = yard.sandbox.files();
    for command in ["encrypt", "decrypt"] {
        yard.sandbox.fieldseal([command, "-i", "folder"]).expect_code(0);
        assert!(yard.sandbox.files() == before, "{command}");
    }
}

#[test]
fn a_file_that_vanishes_while_it_is_edited() {
    let yard = Yard::new();
    let sealed = yard.seal("f.yaml", &format!("a: {CANARY}\n"));
    yard.sandbox.write("f.yaml", sealed);
    yard.sandbox.write("editor.sh", "rm f.yaml\nsed 's/^a/b/' \"$1\" > \"$1.new\" && mv \"$1.new\" \"$1\"\n");
    let mut command = yard.sandbox.command(fieldseal());
    command.args(["edit", "f.yaml"]).env("EDITOR", "sh editor.sh");
    let outcome = Outcome::of(&mut command, b"");
    assert!(outcome.stdout.is_empty() && !outcome.mentions(CANARY), "{outcome}");
    // Either the edit is refused, or the file is there again; the clear text is nowhere.
    assert!(yard.sandbox.files_with(CANARY).is_empty(), "{outcome}");
    if outcome.code == 0 {
        let opened = yard.sandbox.fieldseal(["decrypt", "f.yaml"]).expect_code(0);
        assert_eq!(opened.text(), format!("b: {CANARY}\n"));
    } else {
        assert!(outcome.stderr.contains("f.yaml"), "{outcome}");
    }
}

#[test]
fn a_configuration_that_is_none() {
    let mut yard = Yard::new();
    yard.sandbox.write("f.yaml", format!("a: {CANARY}\n"));
    for (title, text, says) in [
        ("no YAML", "creation_rules: [\n", ".sops.yaml:"),
        ("a word", "words\n", ".sops.yaml"),
        ("a list", "- a\n", ".sops.yaml"),
        ("rules are a word", "creation_rules: x\n", ".sops.yaml:1:"),
        ("empty", "", "creation rules"),
        ("NUL", "a\0b: c\n", ".sops.yaml"),
        ("no recipient", "creation_rules:\n  - age: nonsense\n", "nonsense"),
        ("open group", "creation_rules:\n  - path_regex: (\n", ".sops.yaml:2:"),
    ] {
        yard.sandbox.write(".sops.yaml", text);
        yard.fails(title, &["encrypt", "f.yaml"], 1, &[says]);
    }
    fs::remove_file(yard.sandbox.path(".sops.yaml")).unwrap();
    fs::create_dir(yard.sandbox.path(".sops.yaml")).unwrap();
    yard.fails("a directory", &["encrypt", "f.yaml"], 1, &[".sops.yaml", "directory"]);
    yard.fails("a named directory", &["--config", ".", "encrypt", "f.yaml"], 1, &["directory"]);
    yard.fails("a missing one", &["--config", "missing", "encrypt", "f.yaml"], 1, &["missing"]);
    yard.fails("a device", &["--config", "/dev/zero", "encrypt", "f.yaml"], 1, &["/dev/zero"]);
    yard.end();
}

#[test]
fn patterns_that_explode() {
    let mut yard = Yard::new();
    yard.sandbox.write("f.yaml", format!("{}: {CANARY}\n", "a".repeat(1_000)));
    for pattern in
        ["((((a{100}){100}){100}){100}){100}", "a{1001}", "(?:a{1000}){1000}", "(x+x+)+(?=y)", "\\\\1", "["]
    {
        for name in ["path_regex", "encrypted_regex", "unencrypted_regex"] {
            yard.sandbox.write(
                ".sops.yaml",
                format!("creation_rules:\n  - age: {RECIPIENT}\n    {name}: '{pattern}'\n"),
            );
            if pattern != "\\\\1" {
                yard.fails(pattern, &["encrypt", "f.yaml"], 1, &[".sops.yaml:3:"]);
            }
        }
    }
    // Backtracking engines never come back from these; here they are linear.
    for pattern in ["(a+)+$", "(a|aa)+b", "(.*)*x", "(a*)*b"] {
        let rule = format!("creation_rules:\n  - age: {RECIPIENT}\n    unencrypted_regex: '{pattern}'\n");
        yard.sandbox.write(".sops.yaml", rule);
        yard.sandbox.fieldseal(["encrypt", "f.yaml"]).expect_code(0);
    }
    yard.end();
}

#[test]
fn places_that_cannot_be_written() {
    let mut yard = Yard::new();
    yard.sandbox.write("f.yaml", format!("a: {CANARY}\n"));
    fs::create_dir(yard.sandbox.path("folder")).unwrap();
    yard.fails("no folder", &["encrypt", "--output", "missing/out", "f.yaml"], 3, &["missing"]);
    yard.fails("a folder", &["encrypt", "--output", "folder", "f.yaml"], 3, &["folder"]);
    yard.fails("no folder, but a file", &["encrypt", "--output", "f.yaml/out", "f.yaml"], 3, &["f.yaml"]);
    // The mode of what is kept is looked at as well.
    let mode = fs::metadata(yard.sandbox.path("f.yaml")).unwrap().permissions().mode();
    yard.fails("reserved", &["encrypt", "-i", "--output", "x", "f.yaml"], 8, &["in-place"]);
    assert_eq!(fs::metadata(yard.sandbox.path("f.yaml")).unwrap().permissions().mode(), mode);
    yard.end();
}
