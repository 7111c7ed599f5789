//! Values in Vault.

use fieldseal_test_support::{CANARY, Outcome};
use serde_json::{Value, json};

use crate::scene::{Program, Scene, path};

const RULES: &str = "  - {path_regex: v1, vault_path: app, vault_kv_mount_name: kv, vault_kv_version: 1}\n  \
                     - {path_regex: bare, vault_path: app, omit_extensions: true}\n  - {vault_path: app/}\n";

const TEXT: &str = "a: 1\nbig: 9007199254740992\nf: 1.0\ng: 1e21\nt: true\nn: ~\ns: \"x\\ny ü <\"\nm: {k: v} # c\n\
                    l: [1, [2], x]\nd: 2020-01-02\n---\na: 2\n";

#[test]
fn vault_gets_what_it_gets_of_sops() {
    let scene = Scene::new();
    scene.rules(RULES);
    let files = [
        ("v1.yaml", TEXT, "kv/app/v1.yaml"),
        ("v2.yaml", TEXT, "secret/data/app/v2.yaml"),
        ("bare.conf.env", "A=b\nC=1 \n", "secret/data/app/bare.conf"),
        ("a.ini", "[s]\nk = v\n", "secret/data/app/a.ini"),
        ("a.bin", "text\n", "secret/data/app/a.bin"),
        ("maps in lists.yaml", "l: [{k: v, m: {n: 1}}]\n", "secret/data/app/maps%20in%20lists.yaml"),
    ];
    for (name, text, place) in files {
        scene.sealed(name, text);
        let outcome = scene.publish(Program::Ours, &["-y", name]).expect_code(0);
        assert!(outcome.stdout.is_empty(), "{outcome}");
        let of_ours = values(&scene, place);
        // It writes all but what is the same already in its eyes.
        scene.publish(Program::Sops, &["-y", name]).expect_code(0);
        assert_eq!(of_ours, values(&scene, place), "{name}");
    }
}

#[test]
fn values_are_written_where_there_were_others_or_none() {
    let scene = Scene::new();
    scene.rules(RULES);
    for (name, place) in [("v1.yaml", "kv/app/v1.yaml"), ("v2.yaml", "secret/data/app/v2.yaml")] {
        for text in ["a: 1\nb: x\n", "a: 2\nc: [1.5]\n"] {
            scene.sealed(name, text);
            scene.publish(Program::Own, &["-y", name]).expect_code(0);
        }
        assert_eq!(values(&scene, place), json!({"a": 2, "c": [1.5]}), "{name}");
    }
}

#[test]
fn maps_in_lists_are_maps_under_the_own_name() {
    let scene = Scene::new();
    scene.rules(RULES);
    scene.sealed("a.yaml", "l: [{k: v, m: {n: 1}}]\n");
    scene.publish(Program::Own, &["-y", "a.yaml"]).expect_code(0);
    assert_eq!(values(&scene, "secret/data/app/a.yaml"), json!({"l": [{"k": "v", "m": {"n": 1}}]}));
    scene.publish(Program::Ours, &["-y", "a.yaml"]).expect_code(0);
    let pairs =
        json!({"l": [[{"Key": "k", "Value": "v"}, {"Key": "m", "Value": [{"Key": "n", "Value": 1}]}]]});
    assert_eq!(values(&scene, "secret/data/app/a.yaml"), pairs);
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let scene = Scene::new();
    scene.rules(RULES);
    scene.sealed("a.yaml", TEXT);
    let version = || scene.in_vault("secret/data/app/a.yaml").unwrap()["metadata"]["version"].clone();
    for (program, expected) in
        [(Program::Ours, 1), (Program::Ours, 1), (Program::Own, 1), (Program::Sops, 2), (Program::Ours, 2)]
    {
        scene.publish(program, &["-y", "a.yaml"]).expect_code(0);
        assert_eq!(version(), json!(expected), "{program:?}");
    }
    // Who may not read writes all the same.
    let mut command = scene.command(Program::Own, &["-y", "a.yaml"]);
    let outcome = Outcome::of(command.env("VAULT_TOKEN", scene.said("writer")), b"").expect_code(0);
    assert!(outcome.mentions("does not tell what is there, with status 403"), "{outcome}");
    assert_eq!(version(), json!(3));
}

#[test]
fn names_of_values_are_shown_and_never_values() {
    let scene = Scene::new();
    scene.rules(RULES);
    scene.sealed("a.yaml", &format!("same: 1\ngone: {CANARY}-1\nother: {CANARY}-2\n"));
    scene.publish(Program::Own, &["-y", "a.yaml"]).expect_code(0);
    scene.sealed("a.yaml", &format!("same: 1\nother: {CANARY}-3\nnew: {CANARY}-4\n"));
    let asked = |answer: &str| Outcome::of(&mut scene.command(Program::Own, &["a.yaml"]), answer.as_bytes());
    let outcome = asked("n\n").expect_code(0);
    let question = format!(
        "a.yaml replaces what is at {}/v1/secret/data/app/a.yaml\n+++ new\n--- gone\n~~~ other\nIs this okay? (y/n):",
        scene.said("vault")
    );
    assert_eq!(outcome.text(), question);
    assert!(outcome.mentions("a.yaml was not published") && !outcome.mentions(CANARY), "{outcome}");
    assert_eq!(values(&scene, "secret/data/app/a.yaml")["gone"], json!(format!("{CANARY}-1")));
    asked("").expect_code(1);
    let outcome = asked("what\ny\n").expect_code(0);
    assert!(!outcome.mentions(CANARY), "{outcome}");
    assert_eq!(values(&scene, "secret/data/app/a.yaml").get("gone"), None);
}

#[test]
fn only_a_server_that_proves_who_it_is_gets_values() {
    let scene = Scene::new();
    scene.rules(RULES);
    scene.sealed("a.yaml", TEXT);
    let (ca, chain, key) = (scene.made("ca.pem"), scene.made("client.pem"), scene.made("client.key"));
    let (ca, chain, key) = (path(&ca), path(&chain), path(&key));
    for (server, variables, code, said) in [
        ("secure", &[][..], 1, "the connection is not secure"),
        ("secure", &[("VAULT_CACERT", ca)], 0, "published to"),
        ("secure", &[("SSL_CERT_FILE", ca)], 0, "is up to date"),
        ("secure", &[("VAULT_SKIP_VERIFY", "true".as_ref())], 0, "is up to date"),
        ("mutual", &[("VAULT_CACERT", ca)], 1, "the connection is not secure"),
        ("mutual", &[("VAULT_CACERT", ca), ("VAULT_CLIENT_CERT", chain)], 1, "have to be set both"),
        (
            "mutual",
            &[("VAULT_CACERT", ca), ("VAULT_CLIENT_CERT", chain), ("VAULT_CLIENT_KEY", key)],
            0,
            "is up to date",
        ),
    ] {
        let mut command = scene.command(Program::Own, &["-y", "a.yaml"]);
        command
            .env("VAULT_ADDR", scene.said(server))
            .env("VAULT_TOKEN", "ROOT")
            .envs(variables.iter().copied());
        let outcome = Outcome::of(&mut command, b"").expect_code(code);
        assert!(outcome.mentions(said), "{server} {variables:?}: {outcome}");
    }
}

#[test]
fn the_token_is_found_in_its_file() {
    let scene = Scene::new();
    scene.rules(RULES);
    scene.sealed("a.yaml", TEXT);
    let mut command = scene.command(Program::Own, &["-y", "a.yaml"]);
    let outcome = Outcome::of(command.env_remove("VAULT_TOKEN"), b"").expect_code(1);
    assert!(outcome.mentions("there is no token"), "{outcome}");
    std::fs::write(scene.sandbox.root().join("home/.vault-token"), format!("{}\n", scene.said("root")))
        .unwrap();
    let mut command = scene.command(Program::Own, &["-y", "a.yaml"]);
    Outcome::of(command.env_remove("VAULT_TOKEN"), b"").expect_code(0);
    assert!(scene.in_vault("secret/data/app/a.yaml").is_some());
}

/// The values at a path.
fn values(scene: &Scene, place: &str) -> Value {
    let mut found = scene.in_vault(place).unwrap_or_else(|| panic!("nothing is at {place}"));
    if place.starts_with("kv/") { found } else { found["data"].take() }
}
