//! The example repository in `testdata/gitops`, as a team would work with it, with the real `sops` beside.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fieldseal_test_support::{Outcome, Sandbox, testdata, tool};

type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn fleet_comes_back_to_the_byte() {
    let fleet = Fleet::new("keys");
    let source = fleet.files();
    let said = fleet.run(&["encrypt", "--in-place", "."]).expect_code(0);
    let sealed = fleet.files();
    let selected = changed(&source, &sealed);
    assert_eq!(selected.len(), 77, "{said}");
    assert!(said.stderr.contains("77 files encrypted"), "{said}");

    fleet.run(&["encrypt", "--in-place", "."]).expect_code(0);
    assert_eq!(changed(&sealed, &fleet.files()), [""; 0], "the second run changed something");

    let said = fleet.run(&["decrypt", "--in-place", "."]).expect_code(0);
    assert_eq!(changed(&source, &fleet.files()), [""; 0], "{said}");
}

#[test]
fn fleet_keeps_every_byte_that_is_not_selected() {
    let fleet = Fleet::new("keys");
    let source = fleet.files();
    fleet.run(&["encrypt", "--in-place", "."]).expect_code(0);
    let sealed = fleet.files();
    let selected = changed(&source, &sealed);
    let has_layout = |name: &&String| text(&sealed[*name]).contains("fieldseal_layout");
    let with_layout: Vec<&String> = selected.iter().filter(has_layout).collect();
    assert!(
        with_layout.len() * 20 <= selected.len(),
        "too many files need the layout field: {with_layout:?}"
    );

    for name in selected.iter().filter(|name| !has_layout(name) && !is_binary(name)) {
        let (before, after) = (text(&source[name]), text(&sealed[name]));
        let mut rest = before.as_str();
        for (number, piece) in clear_pieces(name, &after).into_iter().enumerate() {
            let place = rest.find(piece).unwrap_or_else(|| panic!("{name}: not in the source: {piece:?}"));
            assert!(number > 0 || place == 0, "{name}: something was put before {piece:?}");
            rest = &rest[place + piece.len()..];
        }
    }
}

#[test]
fn fleet_means_to_sops_what_its_own_files_mean() {
    let fleet = Fleet::new("keys");
    let theirs = Fleet::new("keys");
    let source = fleet.files();
    fleet.run(&["encrypt", "--in-place", "."]).expect_code(0);
    let selected = changed(&source, &fleet.files());
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(name) = selected.get(next.fetch_add(1, Ordering::Relaxed)) {
                    theirs.sops(&["encrypt", "--in-place", name]).expect_code(0);
                    let json: &[&str] = if is_binary(name) { &[] } else { &["--output-type", "json"] };
                    let arguments = [&["decrypt"], json, &[name]].concat();
                    let (ours, own) = (fleet.sops(&arguments), theirs.sops(&arguments));
                    if ours.code != 0 || own.code != 0 || ours.stdout != own.stdout {
                        problems.lock().unwrap().push(format!("{name}: other values\n{ours}\n{own}"));
                    }
                    let count = |fleet: &Fleet| leaves(&fleet.sandbox.read(&format!("fleet/{name}")));
                    if count(&fleet) != count(&theirs) {
                        problems.lock().unwrap().push(format!("{name}: another selection"));
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    // And the other way round: what sops wrote opens, whatever it did to the format.
    let said = theirs.run(&["decrypt", "--in-place", "."]).expect_code(0);
    assert!(said.stderr.contains("77 files decrypted"), "{said}");
}

#[test]
fn identity_of_one_cluster_opens_that_cluster_only() {
    let fleet = Fleet::new("keys");
    fleet.run(&["encrypt", "--in-place", "."]).expect_code(0);
    let sealed = fleet.files();
    let staging = Fleet::new("staging");
    for (name, content) in &sealed {
        staging.sandbox.write(&format!("fleet/{name}"), content);
    }
    let said = staging.run(&["decrypt", "--in-place", "."]).expect_code(128);
    let opened = changed(&sealed, &staging.files());
    assert!(opened.len() > 10, "{said}");
    for name in &opened {
        assert!(name.contains("staging") || name.ends_with("oidc-clients.json"), "{name} was opened");
    }
    assert!(said.stderr.contains("clusters/prod-eu/cluster-secrets.yaml"), "{said}");
}

// The editor is GNU sed.
#[cfg(target_os = "linux")]
#[test]
fn edit_changes_the_value_the_date_and_the_mac() {
    let fleet = Fleet::new("keys");
    let name = "clusters/staging/cluster-secrets.yaml";
    fleet.run(&["encrypt", "--in-place", "."]).expect_code(0);
    let before = fleet.files();
    let mut command = fleet.sandbox.command(fieldseal_test_support::fieldseal());
    command.current_dir(fleet.sandbox.path("fleet")).args(["edit", name]);
    command.env("SOPS_EDITOR", "sed -i s/platform+staging@acme.example/platform@acme.example/");
    Outcome::of(&mut command, b"").expect_code(0);
    let after = fleet.files();
    assert_eq!(changed(&before, &after), [name]);
    let (before, after) = (text(&before[name]), text(&after[name]));
    let different = before.lines().zip(after.lines()).filter(|(one, other)| one != other);
    let keys: Vec<&str> = different.map(|(line, _)| line.trim().split(':').next().unwrap()).collect();
    // Within one second the date stays as it was.
    let keys: Vec<&str> = keys.into_iter().filter(|key| *key != "lastmodified").collect();
    assert_eq!(keys, ["ACME_EMAIL", "mac"]);
    assert_eq!(before.lines().count(), after.lines().count());
}

/// A copy of the repository.
struct Fleet {
    sandbox: Sandbox,
}

impl Fleet {
    /// A copy whose home holds the identities in `testdata/gitops-keys/NAME.txt`.
    fn new(keys: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.copy(&testdata("gitops"), "fleet");
        let identities = fs::read_to_string(testdata("gitops-keys").join(format!("{keys}.txt"))).unwrap();
        sandbox.install_identity(&identities);
        Self { sandbox }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(fieldseal_test_support::fieldseal());
        Outcome::of(command.current_dir(self.sandbox.path("fleet")).args(arguments), b"")
    }

    fn sops(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(tool("sops"));
        Outcome::of(command.current_dir(self.sandbox.path("fleet")).args(arguments), b"")
    }

    fn files(&self) -> Files {
        let inside = |(name, content): (String, Vec<u8>)| {
            Some((name.strip_prefix("work/fleet/")?.to_owned(), content))
        };
        self.sandbox.files().into_iter().filter_map(inside).collect()
    }
}

/// The names of the files that differ, came or went.
fn changed(before: &Files, after: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// Whether the file is encrypted as a whole.
fn is_binary(name: &str) -> bool {
    name.ends_with(".pem") || name.ends_with(".p12")
}

fn text(content: &[u8]) -> String {
    String::from_utf8_lossy(content).into_owned()
}

/// What stands around the tokens of an encrypted text, without its `sops` blocks.
fn clear_pieces<'a>(name: &str, sealed: &'a str) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    for document in sealed.split("\n---\n") {
        let end = match name.rsplit('.').next().unwrap() {
            "json" => document.find("\"sops\":"),
            "env" => document.find("sops_"),
            "ini" => document.find("[sops]"),
            _ => document.find("\nsops:").map(|place| place + 1),
        };
        let mut body = &document[..end.unwrap_or(document.len())];
        if name.ends_with(".json") {
            // The comma before the block is not in the source.
            body = body.trim_end().trim_end_matches(',');
        } else if name.ends_with(".ini") {
            body = body.trim_end();
        }
        while let Some(start) = body.find("ENC[AES256_GCM,") {
            let end = start + body[start..].find(']').unwrap() + 1;
            pieces.push(&body[..start]);
            body = &body[end..];
        }
        pieces.push(body.trim_end_matches('\n'));
    }
    pieces
}

/// How many tokens of values there are, those of comments left out: sops moves and drops comments.
fn leaves(sealed: &[u8]) -> usize {
    let sealed = text(sealed);
    let count = |kind: &&str| sealed.matches(&format!(",type:{kind}]")).count();
    let tokens: usize = ["str", "int", "float", "bool", "time"].iter().map(count).sum();
    tokens - sealed.matches("fieldseal_layout").count()
}
