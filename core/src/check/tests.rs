use super::*;
use crate::document::Stores;
use crate::metadata::{KeyGroup, KeyId, MasterKey};
use crate::rules::Config;
use crate::selection::Selection;
use crate::timestamp::Timestamp;
use crate::{DataKey, EncryptRequest, Random, RandomError, encrypt};

/// Zeros for all.
struct Zeros;

impl Random for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.fill(0);
        Ok(())
    }
}

const ENC: &str = "-----BEGIN AGE ENCRYPTED FILE-----\nx\n-----END AGE ENCRYPTED FILE-----\n";

fn key(recipient: &str) -> MasterKey {
    MasterKey::new(KeyId::Age { recipient: recipient.to_owned() }, ENC.to_owned(), Timestamp::from_unix(0))
}

/// `source` encrypted for the groups of recipients that `groups` names.
fn sealed(source: &str, format: Format, selection: Selection, groups: &[&[&str]]) -> String {
    let groups = groups.iter().map(|group| KeyGroup::new(group.iter().map(|name| key(name)).collect()));
    let metadata = Metadata::new(groups.collect(), selection, "3.13.3");
    let data_key = DataKey::generate(&mut Zeros).unwrap();
    let (now, threads) = (Timestamp::from_unix(0), 1);
    let request = EncryptRequest {
        data_key: &data_key,
        metadata,
        now,
        random: &mut Zeros,
        threads,
        stores: Stores::default(),
    };
    String::from_utf8(encrypt(source, format, request).unwrap().text).unwrap()
}

fn regex(text: &str) -> Selection {
    Selection::EncryptedRegex(text.to_owned())
}

/// The findings, each as `position id path`.
fn found(text: &str, format: Format, rule: &str) -> Vec<String> {
    let config = Config::parse(format!("creation_rules: [{rule}]").as_bytes()).unwrap();
    let rule = config.rule_for(b"file").unwrap();
    let report = Checker::default().check(text.as_bytes(), format, rule);
    let position = |finding: &Finding| finding.position.map(|at| at.to_string()).unwrap_or_default();
    report
        .findings
        .iter()
        .map(|finding| {
            format!("{} {} {}", position(finding), finding.kind.id(), finding.path).trim_end().to_owned()
        })
        .collect()
}

/// For each format a document with a selected value and a clear one.
const DOCUMENTS: [(Format, &str); 4] = [
    (Format::Yaml, "user: x\ndb:\n  - pw: y\n"),
    (Format::Json, "{\n  \"user\": \"x\",\n  \"db\": [\n    {\"pw\": \"y\"}\n  ]\n}\n"),
    (Format::Dotenv, "USER=x\npw=y\n"),
    (Format::Ini, "[user]\nname = x\n[db]\npw = y\n"),
];

#[test]
fn what_was_encrypted_is_clean() {
    for (format, source) in DOCUMENTS {
        let text = sealed(source, format, regex("^pw$"), &[&["a", "b"]]);
        assert_eq!(
            found(&text, format, "{path_regex: file, encrypted_regex: ^pw$, key_groups: [{age: []}]}"),
            [""; 0]
        );
        let text = sealed(source, format, regex("^pw$"), &[&["a"], &["b"]]);
        assert_eq!(found(&text, format, ""), [""; 0], "{text}");
    }
}

#[test]
fn a_clear_value_has_its_place_in_every_format() {
    let places = ["3:9", "4:12", "2:4", "4:6"];
    for ((format, source), place) in DOCUMENTS.into_iter().zip(places) {
        let text = sealed(source, format, regex("^pw$"), &[&["a"]]);
        let start = text.find("ENC[").unwrap();
        let end = start + text[start..].find(']').unwrap() + 1;
        let path = match format {
            Format::Yaml | Format::Json => "db[0].pw",
            Format::Ini => "db.pw",
            _ => "pw",
        };
        let clear = format!("{}clear{}", &text[..start], &text[end..]);
        assert_eq!(found(&clear, format, ""), [format!("{place} clear-value {path}")], "{clear}");
        let damaged = format!("{}{}", &text[..start + 25], &text[start + 30..]);
        assert_eq!(found(&damaged, format, ""), [format!("{place} malformed-token {path}")], "{damaged}");
        assert_eq!(
            found(source, format, "{path_regex: file, encrypted_regex: ^pw$}"),
            [format!("{place} not-encrypted {path}")]
        );
        assert_eq!(found(source, format, "{path_regex: file, encrypted_regex: ^no$}"), [""; 0]);
        assert_eq!(
            found(source, format, "{encrypted_regex: ^pw$}"),
            [""; 0],
            "a rule for every file covers none"
        );
    }
}

#[test]
fn a_binary_file_is_looked_at_as_a_whole() {
    let text = sealed("some bytes\n", Format::Binary, Selection::default(), &[&["a"]]);
    assert_eq!(found(&text, Format::Binary, "{path_regex: file, encrypted_regex: ^no$}"), [""; 0]);
    assert_eq!(found("some bytes\n", Format::Binary, "{path_regex: file}"), ["1:1 not-encrypted"]);
    assert_eq!(found("", Format::Binary, "{path_regex: file}"), [""; 0]);
    let start = text.find("ENC[").unwrap();
    let clear = format!("{}x{}", &text[..start], &text[start + text[start..].find(']').unwrap() + 1..]);
    assert_eq!(found(&clear, Format::Binary, ""), ["2:10 clear-value data"]);
}

#[test]
fn entries_have_their_place_in_every_format() {
    for (format, source) in DOCUMENTS {
        let text = sealed(source, format, regex("^pw$"), &[&["aaa", "bbb"]]);
        let twice = text.replace("bbb", "aaa");
        let findings = found(&twice, format, "");
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].ends_with("duplicate-recipient sops.age[1]"), "{findings:?}");
        let at = findings[0].split(' ').next().unwrap();
        let (line, column) = at.split_once(':').unwrap();
        let line = twice.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
        let here = &line[column.parse::<usize>().unwrap() - 1..];
        let expected = match format {
            Format::Yaml => "enc: ",
            Format::Json | Format::Binary => "{",
            Format::Dotenv => "sops_age__list_1__map_enc=",
            Format::Ini => "age__list_1__map_enc ",
        };
        assert!(here.starts_with(expected), "{line} at {column}");
    }
}
