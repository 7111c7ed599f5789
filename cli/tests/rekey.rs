//! Files for other keys, with the real `sops` beside: `rotate`, `updatekeys` and `groups` in every format, on files of
//! either program, and read by both.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fs;

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, testdata, tool};

/// A second recipient; [`Bench::bob`] is its identity.
const BOB: &str = "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm";

/// A document of every format, with what is clear in it, and what is written in an unusual way.
const DOCUMENTS: &[(&str, &str)] = &[
    (
        "f.yaml",
        "# top\na:   'CANARY'   # inline\nnum: 0x1F\nclear_unencrypted: [1,  2]\nlist:\n- one\n- one\n\nblock: |\n  two\n  lines\n",
    ),
    ("many.yaml", "a: CANARY\n---\nb: 1.50\nc: true\n"),
    (
        "f.json",
        "{\n  \"a\": \"CANARY\", \"clear_unencrypted\": [1,2],\n  \"l\": [1, 2.50, true, null, \"\"]\n}\n",
    ),
    ("f.env", "# top\nA=CANARY\nB_unencrypted=x\nC=\nD=a\\nb\n"),
    ("f.ini", "; top\n[s]\na = CANARY\nb_unencrypted = x\n\n[t]\nlong = v ; behind\n"),
    ("f.bin", "CANARY\0 and more"),
];

#[derive(Clone, Copy, PartialEq, Debug)]
enum Tool {
    Sops,
    Ours,
}

struct Bench {
    sandbox: Sandbox,
    bob: String,
}

impl Bench {
    /// A bench with a rule for the first recipient, whose identity is in its usual place.
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.install_identity(IDENTITY);
        let bob = fs::read_to_string(testdata("vectors/keys/bob.txt")).unwrap();
        let bob = bob.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().to_owned();
        let bench = Self { sandbox, bob };
        bench.rule(&format!("age: {RECIPIENT}"));
        bench
    }

    fn rule(&self, settings: &str) {
        self.sandbox.write(".sops.yaml", format!("creation_rules:\n  - {settings}\n"));
    }

    #[track_caller]
    fn run(&self, by: Tool, arguments: &[&str]) -> Outcome {
        self.run_as(by, None, arguments)
    }

    /// Runs a program with other identities than the usual one.
    #[track_caller]
    fn run_as(&self, by: Tool, identities: Option<&str>, arguments: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(match by {
            Tool::Sops => tool("sops"),
            Tool::Ours => fieldseal(),
        });
        command.args(arguments);
        if let Some(identities) = identities {
            command.env("SOPS_AGE_KEY", identities).env("XDG_CONFIG_HOME", self.sandbox.path("nothing"));
        }
        Outcome::of(&mut command, b"")
    }

    /// Encrypts a document in its place and gives the encrypted text.
    #[track_caller]
    fn seal(&self, by: Tool, name: &str, text: &str) -> Vec<u8> {
        self.sandbox.write(name, text.replace("CANARY", CANARY));
        self.run(by, &["encrypt", "-i", name]).expect_code(0);
        self.sandbox.read(name)
    }

    /// What a program makes of the file with these identities.
    #[track_caller]
    fn open(&self, by: Tool, identities: &str, name: &str) -> Vec<u8> {
        self.run_as(by, Some(identities), &["decrypt", name]).expect_code(0).stdout
    }

    /// Checks that both programs open the file with each of these identities, and make of it what they made of it
    /// before: `before` is from sops and from us.
    #[track_caller]
    fn opens(&self, name: &str, identities: &[&str], before: &[Vec<u8>; 2]) {
        for identities in identities {
            assert_eq!(self.open(Tool::Sops, identities, name), before[0], "{name}");
            assert_eq!(self.open(Tool::Ours, identities, name), before[1], "{name}");
        }
    }

    /// Checks that neither program opens the file with these identities.
    #[track_caller]
    fn does_not_open(&self, name: &str, identities: &str) {
        for by in [Tool::Sops, Tool::Ours] {
            self.run_as(by, Some(identities), &["decrypt", name]).expect_code(128);
        }
    }

    #[track_caller]
    fn both(&self, identities: &str, name: &str) -> [Vec<u8>; 2] {
        [Tool::Sops, Tool::Ours].map(|by| self.open(by, identities, name))
    }
}

/// The text before its last `sops` block with its tokens taken out, and the tokens.
fn parts(text: &[u8]) -> (Vec<String>, Vec<String>) {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let marks = ["\nsops:", "\nsops_", "\n[sops]", "\"sops\""];
    let end = marks.iter().filter_map(|mark| text.find(mark)).min().unwrap();
    let (mut clear, mut tokens) = (Vec::new(), Vec::new());
    let mut rest = &text[..end];
    while let Some(at) = rest.find("ENC[AES256_GCM,") {
        let end = at + rest[at..].find(']').unwrap() + 1;
        clear.push(rest[..at].to_owned());
        tokens.push(rest[at..end].to_owned());
        rest = &rest[end..];
    }
    clear.push(rest.to_owned());
    (clear, tokens)
}

/// The lines of the metadata that are about the values and not about keys.
fn about_values(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let names = ["lastmodified", "mac", "version", "fieldseal_layout"];
    let is_one = |line: &&str| {
        let name = line.trim_start().trim_start_matches("sops_").trim_start_matches('"');
        names.iter().any(|wanted| name.strip_prefix(wanted).is_some_and(|rest| !rest.starts_with('_')))
    };
    // The signs of equality of INI stand below each other, as far right as the longest name asks for.
    let words = |line: &str| line.trim_end_matches(',').split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().filter(is_one).map(words).collect()
}

/// Runs `check` for files of either program in every format.
fn for_each(check: impl Fn(&Bench, Tool, &str, &[u8], &[Vec<u8>; 2]) + Sync) {
    std::thread::scope(|scope| {
        for made_by in [Tool::Sops, Tool::Ours] {
            let check = &check;
            scope.spawn(move || {
                for (name, text) in DOCUMENTS {
                    let bench = Bench::new();
                    let sealed = bench.seal(made_by, name, text);
                    let before = bench.both(IDENTITY, name);
                    check(&bench, made_by, name, &sealed, &before);
                    assert!(bench.sandbox.files_with(CANARY).is_empty(), "{made_by:?} {name}");
                }
            });
        }
    });
}

#[test]
fn a_new_data_key_in_every_format() {
    for_each(|bench, made_by, name, sealed, before| {
        bench.run(Tool::Ours, &["rotate", "-i", "--add-age", BOB, name]).expect_code(0);
        let rotated = bench.sandbox.read(name);
        bench.opens(name, &[IDENTITY, &bench.bob], before);
        let ((clear, old), (clear_after, new)) = (parts(sealed), parts(&rotated));
        assert_eq!(clear, clear_after, "{made_by:?} {name}: what is clear stays");
        let part = |token: &str, name: &str| {
            let start = token.find(name).unwrap();
            token[start..].split(',').next().unwrap().to_owned()
        };
        let nonces: HashSet<_> = old.iter().chain(&new).map(|token| part(token, "iv:")).collect();
        // sops uses one nonce for values that are equal, in the file that it made.
        let old_nonces: HashSet<_> = old.iter().map(|token| part(token, "iv:")).collect();
        assert_eq!(nonces.len(), old_nonces.len() + new.len(), "{made_by:?} {name}: every nonce is fresh");

        // And sops goes on from there.
        bench.run(Tool::Sops, &["rotate", "-i", "--rm-age", BOB, name]).expect_code(0);
        bench.does_not_open(name, &bench.bob);
        assert_eq!(bench.open(Tool::Sops, IDENTITY, name), before[0], "{made_by:?} {name}");
        bench.run(Tool::Ours, &["rotate", "-i", name]).expect_code(0);
        assert_eq!(bench.open(Tool::Sops, IDENTITY, name), before[0], "{made_by:?} {name}");
    });
}

#[test]
fn the_keys_of_the_rule_in_every_format() {
    for_each(|bench, made_by, name, sealed, before| {
        bench.rule(&format!("age: '{RECIPIENT},{BOB}'"));
        let said = bench.run(Tool::Ours, &["updatekeys", "-y", name]).expect_code(0);
        assert!(said.text().contains(&format!("+++ {BOB}\n")), "{said}");
        let updated = bench.sandbox.read(name);
        assert_eq!(parts(&updated), parts(sealed), "{made_by:?} {name}: the values stay");
        assert_eq!(about_values(&updated), about_values(sealed), "{made_by:?} {name}");
        bench.opens(name, &[IDENTITY, &bench.bob], before);
        bench.run(Tool::Sops, &["updatekeys", "-y", name]).expect_code(0);
        assert_eq!(bench.sandbox.read(name), updated, "{made_by:?} {name}: sops has nothing to do");

        // The entry that stays is the one that was there, and so the file is as it was.
        bench.rule(&format!("age: {RECIPIENT}"));
        let said = bench.run(Tool::Ours, &["updatekeys", "-y", name]).expect_code(0);
        assert!(said.stderr.contains("still knows the data key"), "{said}");
        assert_eq!(bench.sandbox.read(name), sealed, "{made_by:?} {name}");
        bench.does_not_open(name, &bench.bob);

        // What sops makes of our file is ours again.
        bench.rule(&format!("age: {BOB}"));
        bench.run(Tool::Sops, &["updatekeys", "-y", name]).expect_code(0);
        assert_eq!(bench.open(Tool::Sops, &bench.bob, name), before[0], "{made_by:?} {name}");
        let said = bench.run(Tool::Ours, &["updatekeys", "-y", name]).expect_code(0);
        assert!(said.stderr.contains("already up to date") && said.stdout.is_empty(), "{said}");
    });
}

#[test]
fn removing_with_a_new_data_key_in_every_format() {
    for_each(|bench, made_by, name, _, before| {
        bench.run(Tool::Ours, &["rotate", "-i", "--add-age", BOB, name]).expect_code(0);
        let shared = bench.sandbox.read(name);
        bench.run(Tool::Ours, &["updatekeys", "--rotate", "-y", name]).expect_code(0);
        bench.opens(name, &[IDENTITY], before);
        bench.does_not_open(name, &bench.bob);
        let ((clear, old), (clear_after, new)) = (parts(&shared), parts(&bench.sandbox.read(name)));
        assert_eq!(clear, clear_after, "{made_by:?} {name}");
        assert!(old.iter().all(|token| !new.contains(token)), "{made_by:?} {name}");
    });
}

#[test]
fn groups_in_every_format() {
    for_each(|bench, made_by, name, sealed, before| {
        bench.run(Tool::Ours, &["groups", "add", "-i", "-f", name, "--age", BOB]).expect_code(0);
        let grouped = bench.sandbox.read(name);
        assert_eq!(parts(&grouped), parts(sealed), "{made_by:?} {name}: the values stay");
        assert_eq!(about_values(&grouped), about_values(sealed), "{made_by:?} {name}");
        let together = format!("{IDENTITY} {}", bench.bob);
        bench.opens(name, &[&together], before);
        bench.does_not_open(name, IDENTITY);
        bench.does_not_open(name, &bench.bob);

        // A group of sops on ours, and one of ours less.
        let add = ["groups", "add", "-i", "-f", name, "--age", RECIPIENT];
        bench.run_as(Tool::Sops, Some(&together), &add).expect_code(0);
        let rewritten = bench.both(&together, name);
        assert_eq!(rewritten[0], before[0], "{made_by:?} {name}");
        let delete = ["groups", "delete", "-i", "-f", name, "1"];
        bench.run_as(Tool::Ours, Some(&together), &delete).expect_code(0);
        bench.opens(name, &[IDENTITY], &rewritten);

        // The last but one goes: one group needs no shares. The MAC fits still, so rotating works.
        let delete = ["groups", "delete", "-i", "-f", name, "--shamir-secret-sharing-threshold", "1", "0"];
        bench.run(Tool::Ours, &delete).expect_code(0);
        bench.opens(name, &[IDENTITY], &rewritten);
        bench.run(Tool::Sops, &["rotate", "-i", name]).expect_code(0);
        assert_eq!(bench.open(Tool::Sops, IDENTITY, name), before[0], "{made_by:?} {name}");
    });
}

#[test]
fn shares_are_made_anew_when_groups_or_threshold_change() {
    let bench = Bench::new();
    let groups = |threshold: u32| {
        bench.rule(&format!(
            "shamir_threshold: {threshold}\n    key_groups: [{{age: [{RECIPIENT}]}}, {{age: [{BOB}]}}, {{age: [{BOB}, {RECIPIENT}]}}]"
        ));
    };
    bench.seal(Tool::Ours, "f.yaml", "a: CANARY\n");
    let together = format!("{IDENTITY} {}", bench.bob);
    let before = bench.both(IDENTITY, "f.yaml");
    groups(3);
    bench.run(Tool::Ours, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    bench.opens("f.yaml", &[&together], &before);
    bench.does_not_open("f.yaml", IDENTITY);
    // Only the threshold: sops does not look at that of the rule.
    groups(2);
    bench.run_as(Tool::Sops, Some(&together), &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    bench.does_not_open("f.yaml", IDENTITY);
    let said = bench.run_as(Tool::Ours, Some(&together), &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    assert!(said.text().contains("+++ shamir_threshold: 2\n--- shamir_threshold: 3\n"), "{said}");
    bench.opens("f.yaml", &[IDENTITY, &bench.bob, &together], &before);
    // Rotating keeps groups and threshold.
    bench.run(Tool::Ours, &["rotate", "-i", "f.yaml"]).expect_code(0);
    bench.opens("f.yaml", &[IDENTITY, &bench.bob, &together], &before);
}

/// The entry of a service that cannot be asked here, as sops writes it.
const CLOUD: &str = "    azure_kv:\n        - created_at: \"2026-01-02T03:04:05Z\"\n          enc: bm90aGluZw\n          name: k\n          vault_url: https://v.example\n          version: \"1\"\n";

#[test]
fn entries_of_services_that_cannot_be_asked_stay_or_stop_the_work() {
    let bench = Bench::new();
    let sealed = String::from_utf8(bench.seal(Tool::Ours, "f.yaml", "a: CANARY\n")).unwrap();
    let with_cloud = sealed.replacen("sops:\n", &format!("sops:\n{CLOUD}"), 1);
    bench.sandbox.write("f.yaml", &with_cloud);
    bench.run(Tool::Sops, &["decrypt", "f.yaml"]).expect_code(0);

    // Kept while the data key stays, to the byte.
    bench.rule(&format!("age: '{RECIPIENT},{BOB}'\n    azure_keyvault: https://v.example/keys/k/1"));
    bench.run(Tool::Ours, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    let updated = String::from_utf8(bench.sandbox.read("f.yaml")).unwrap();
    assert!(updated.contains(CLOUD), "{updated}");
    // Any version will do where the rule names none.
    bench.rule(&format!("age: '{RECIPIENT},{BOB}'\n    azure_keyvault: https://v.example/keys/k"));
    let said = bench.run(Tool::Ours, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    assert!(said.stderr.contains("already up to date"), "{said}");
    bench.opens("f.yaml", &[IDENTITY, &bench.bob], &bench.both(IDENTITY, "f.yaml"));

    // With a new data key, or with shares of it, they would have to be made anew.
    for arguments in
        [&["rotate", "-i", "f.yaml"][..], &["groups", "add", "-i", "-f", "f.yaml", "--age", BOB][..]]
    {
        let said = bench.run(Tool::Ours, arguments).expect_code(1);
        assert!(said.stderr.contains("https://v.example/keys/k/1"), "{said}");
        assert_eq!(bench.sandbox.read("f.yaml"), updated.as_bytes());
    }
    bench.rule(&format!("age: {BOB}"));
    bench.run(Tool::Ours, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
    assert!(!String::from_utf8(bench.sandbox.read("f.yaml")).unwrap().contains("azure_kv"));
}

#[test]
fn a_key_joins_one_of_several_groups_and_the_others_keep_their_entries() {
    let bench = Bench::new();
    let rule = |second: &str| {
        bench.rule(&format!(
            "shamir_threshold: 2\n    key_groups: [{{age: [{RECIPIENT}]}}, {{age: [{BOB}]}}, {{age: [{second}]}}]"
        ));
    };
    rule(RECIPIENT);
    for made_by in [Tool::Sops, Tool::Ours] {
        let before = bench.seal(made_by, "f.yaml", "a: CANARY\n");
        let values = bench.both(IDENTITY, "f.yaml");
        // The share of the third group is not needed to open the file, and is known all the same.
        rule(&format!("{RECIPIENT}, {BOB}"));
        bench.run(Tool::Ours, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
        let after = String::from_utf8(bench.sandbox.read("f.yaml")).unwrap();
        let before = String::from_utf8(before).unwrap();
        let entries = |text: &str| -> Vec<String> {
            let marks = text.match_indices("-----BEGIN AGE").map(|(at, _)| at);
            marks.map(|at| text[at..].split("-----END").next().unwrap().to_owned()).collect()
        };
        assert_eq!(entries(&after)[..3], entries(&before)[..], "{made_by:?}");
        bench.opens("f.yaml", &[IDENTITY, &bench.bob], &values);
        rule(RECIPIENT);
        bench.run(Tool::Ours, &["updatekeys", "-y", "f.yaml"]).expect_code(0);
        assert_eq!(bench.sandbox.read("f.yaml"), before.as_bytes(), "{made_by:?}");
    }
}

#[test]
fn keys_that_are_there_and_keys_that_are_not() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: CANARY\n");
    for (by, count) in [(Tool::Sops, 2), (Tool::Ours, 1)] {
        bench.sandbox.write("f.yaml", &sealed);
        bench.run(by, &["rotate", "-i", "--add-age", RECIPIENT, "f.yaml"]).expect_code(0);
        let rotated = String::from_utf8(bench.sandbox.read("f.yaml")).unwrap();
        assert_eq!(rotated.matches(RECIPIENT).count(), count, "{by:?}");
    }
    bench.sandbox.write("f.yaml", &sealed);
    let said = bench.run(Tool::Sops, &["rotate", "-i", "--rm-age", BOB, "f.yaml"]).expect_code(0);
    assert!(said.stderr.is_empty(), "{said}");
    bench.sandbox.write("f.yaml", &sealed);
    let said = bench.run(Tool::Ours, &["rotate", "-i", "--rm-age", BOB, "f.yaml"]).expect_code(1);
    assert!(said.stderr.contains(BOB), "{said}");
    assert_eq!(bench.sandbox.read("f.yaml"), sealed);
    // Of a name that sops goes by, no script that worked may fail.
    std::os::unix::fs::symlink(fieldseal(), bench.sandbox.root().join("sops")).unwrap();
    let mut command = bench.sandbox.command(bench.sandbox.root().join("sops"));
    command.args(["rotate", "-i", "--rm-age", BOB, "f.yaml"]);
    let said = Outcome::of(&mut command, b"").expect_code(0);
    assert!(said.stderr.starts_with("warning: ") && said.stderr.contains(BOB), "{said}");
}

#[test]
fn groups_that_could_not_be_opened() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: CANARY\n");
    for (arguments, theirs) in [
        (&["groups", "add", "-i", "-f", "f.yaml"][..], 0),
        (&["groups", "add", "-i", "-f", "f.yaml", "--age", "nobody"][..], 0),
        (
            &["groups", "add", "-i", "-f", "f.yaml", "--age", BOB, "--shamir-secret-sharing-threshold", "5"]
                [..],
            0,
        ),
        (&["groups", "add", "-i", "-f", "f.yaml", "--hckms", "eu-1:2"][..], 0),
        (&["groups", "delete", "-i", "-f", "f.yaml", "0"][..], 0),
        (&["groups", "delete", "-i", "-f", "f.yaml", "7"][..], 2),
    ] {
        for (by, code) in [(Tool::Sops, theirs), (Tool::Ours, 1)] {
            bench.sandbox.write("f.yaml", &sealed);
            let said = bench.run(by, arguments);
            assert_eq!(said.code, code, "{by:?} {arguments:?} {said}");
            if by == Tool::Ours {
                assert_eq!(bench.sandbox.read("f.yaml"), sealed, "{arguments:?}");
                assert!(said.stderr.starts_with("error: ") && said.stdout.is_empty(), "{said}");
            }
        }
    }
}

#[test]
fn every_key_that_stops_a_rotation_is_named() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Ours, "f.yaml", "a: CANARY\n");
    let keys = ["projects/p/locations/l/keyRings/r/cryptoKeys/k", "eu-1:2"];
    let said =
        bench.run(Tool::Ours, &["rotate", "-i", "--add-gcp-kms", keys[0], "--add-hckms", keys[1], "f.yaml"]);
    let said = said.expect_code(1);
    assert!(
        keys.iter().all(|key| said.stderr.contains(key)) && said.stderr.contains("--keyservice"),
        "{said}"
    );
    assert_eq!(bench.sandbox.read("f.yaml"), sealed);
}

#[test]
fn a_full_disk_leaves_files_as_they_were() {
    let bench = Bench::new();
    let text: String = (0..400).map(|number| format!("key_{number}: CANARY-{number}\n")).collect();
    let sealed = bench.seal(Tool::Ours, "f.yaml", &text);
    bench.rule(&format!("age: '{RECIPIENT},{BOB}'"));
    for command in ["rotate -i f.yaml", "updatekeys -y f.yaml", "groups add -i -f f.yaml --age \"$BOB\""] {
        let script = format!("ulimit -f 8; exec \"$FIELDSEAL\" {command}");
        let mut shell = bench.sandbox.command("sh");
        shell.args(["-c", &script]).env("FIELDSEAL", fieldseal()).env("BOB", BOB);
        let said = Outcome::of(&mut shell, b"").expect_code(3);
        assert!(!said.mentions(CANARY), "{said}");
        assert_eq!(bench.sandbox.read("f.yaml"), sealed, "{command}");
        assert_eq!(fs::read_dir(bench.sandbox.work()).unwrap().count(), 2, "{command} leaves nothing behind");
    }
}

#[test]
fn a_file_that_was_tampered_with_is_given_to_nobody() {
    let bench = Bench::new();
    for (name, text) in
        [("f.yaml", "a: CANARY\nb_unencrypted: 1\n"), ("f.env", "A=CANARY\nB_unencrypted=1\n")]
    {
        bench.rule(&format!("age: {RECIPIENT}"));
        let sealed = String::from_utf8(bench.seal(Tool::Sops, name, text)).unwrap();
        let tampered =
            sealed.replace("unencrypted: 1", "unencrypted: 2").replace("unencrypted=1", "unencrypted=2");
        assert_ne!(sealed, tampered);
        bench.rule(&format!("age: '{RECIPIENT},{BOB}'"));
        for arguments in [
            &["rotate", "-i", "--add-age", BOB, name][..],
            &["updatekeys", "-y", name][..],
            &["updatekeys", "--rotate", "-y", name][..],
            &["groups", "add", "-i", "-f", name, "--age", BOB][..],
            &["groups", "add", "-f", name, "--age", BOB][..],
        ] {
            bench.sandbox.write(name, &tampered);
            let said = bench.run(Tool::Ours, arguments).expect_code(51);
            assert!(said.stderr.contains("MAC mismatch") && !said.mentions(CANARY), "{said}");
            assert_eq!(bench.sandbox.read(name), tampered.as_bytes(), "{arguments:?}");
        }
        // sops gives away the data key of such a file.
        bench.run(Tool::Sops, &["updatekeys", "-y", name]).expect_code(0);
    }
}

#[test]
fn a_new_data_key_in_another_format() {
    let bench = Bench::new();
    for (name, text, kind, other) in [
        ("f.yaml", "a: CANARY\nb: 1\nl: [x, true]\nc_unencrypted: y\n", "json", "out.json"),
        ("f.json", "{\"a\": \"CANARY\", \"b\": {\"c\": 1.5}}\n", "yaml", "out.yaml"),
        ("f.env", "A=CANARY\nB=x\n", "json", "out.json"),
    ] {
        bench.seal(Tool::Sops, name, text);
        let [theirs, ours] = [Tool::Sops, Tool::Ours].map(|by| {
            let arguments = ["rotate", "--output-type", kind, "--add-age", BOB, "--output", other, name];
            bench.run(by, &arguments).expect_code(0);
            bench.open(Tool::Sops, &bench.bob, other)
        });
        assert_eq!(theirs, ours, "{name}");
        bench.open(Tool::Ours, IDENTITY, other);
        fs::remove_file(bench.sandbox.path(other)).unwrap();
    }
    // What would lose data is refused, and nothing is written.
    bench.seal(Tool::Ours, "many.yaml", "a: CANARY\n---\nb: c\n");
    bench
        .run(Tool::Ours, &["rotate", "--output-type", "json", "--output", "out.json", "many.yaml"])
        .expect_code(4);
    assert!(!bench.sandbox.path("out.json").exists() && bench.sandbox.files_with(CANARY).is_empty());
}

#[test]
fn many_files_at_once() {
    let bench = Bench::new();
    for number in 0..40 {
        let (name, text) = DOCUMENTS[number % DOCUMENTS.len()];
        bench.sandbox.write(&format!("s/{number}/{name}"), text.replace("CANARY", CANARY));
    }
    bench.rule(&format!("path_regex: ^s/\n    age: {RECIPIENT}"));
    bench.run(Tool::Ours, &["encrypt", "-i", "s"]).expect_code(0);
    bench.sandbox.write("s/plain.yaml", "clear: yes\n");
    bench.rule(&format!("path_regex: ^s/\n    age: '{RECIPIENT},{BOB}'"));
    bench.run(Tool::Sops, &["updatekeys", "-y", "."]).expect_code(1);
    let said = bench.run(Tool::Ours, &["updatekeys", "-y", "."]).expect_code(0);
    assert!(said.stderr.ends_with("40 files updated\n"), "{said}");
    // The differences come in the order of the files.
    let shown: Vec<_> = said.text().lines().filter(|line| line.starts_with("The following")).collect();
    assert!(shown.len() == 40 && shown.is_sorted(), "{said}");
    let said = bench.run(Tool::Ours, &["rotate", "-i", "--rm-age", BOB, "."]).expect_code(0);
    assert!(said.stderr.ends_with("40 files rotated\n"), "{said}");
    for number in 0..40 {
        let name = format!("s/{number}/{}", DOCUMENTS[number % DOCUMENTS.len()].0);
        assert!(!String::from_utf8(bench.sandbox.read(&name)).unwrap().contains(BOB));
    }
    for (number, (name, _)) in DOCUMENTS.iter().enumerate() {
        bench.run(Tool::Sops, &["decrypt", &format!("s/{number}/{name}")]).expect_code(0);
    }
    assert_eq!(bench.sandbox.read("s/plain.yaml"), b"clear: yes\n");
    assert!(bench.sandbox.files_with(CANARY).is_empty());
}
