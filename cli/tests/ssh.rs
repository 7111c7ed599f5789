//! SSH private keys in every format that the real sops opens. Those with a passphrase need a terminal: see `terminal.rs`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use fieldseal_test_support::{CANARY, Outcome, Sandbox, fieldseal, testdata, tool};

fn key(name: &str) -> PathBuf {
    testdata("age").join(name)
}

/// A sandbox with a file that sops encrypted for the public key `name`.
fn sealed_for(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("secrets.yaml", format!("password: {CANARY}\n"));
    let recipient = fs::read_to_string(key(name)).unwrap();
    let sealed = sandbox.sops(["encrypt", "--age", recipient.trim(), "secrets.yaml"]).expect_code(0);
    sandbox.write("secrets.yaml", sealed.stdout);
    sandbox
}

#[test]
fn every_format_without_a_passphrase() {
    for (name, public) in [
        ("id_rsa", "id_rsa.pub"),
        ("id_ed25519", "id_ed25519.pub"),
        ("id_rsa_pem", "id_rsa_pem.pub"),
        ("id_rsa_pkcs8", "id_rsa_pem.pub"),
        ("id_ed25519_pkcs8", "id_ed25519_pkcs8.pub"),
    ] {
        let sandbox = sealed_for(public);
        let path = key(name).display().to_string();
        let print = format!("cat '{path}'");
        for program in [fieldseal(), tool("sops")] {
            for (variable, value) in
                [("SOPS_AGE_SSH_PRIVATE_KEY_FILE", &path), ("SOPS_AGE_SSH_PRIVATE_KEY_CMD", &print)]
            {
                let mut command = sandbox.command(&program);
                command.args(["decrypt", "secrets.yaml"]).env(variable, value);
                let opened = Outcome::of(&mut command, b"").expect_code(0);
                assert_eq!(opened.text(), format!("password: {CANARY}\n"), "{name} {variable}");
            }
        }
        // Where ssh keeps its keys, among notes and with the ends of lines of Windows.
        for file in ["id_ed25519", "id_rsa"] {
            let folder = sandbox.root().join("home/.ssh");
            fs::create_dir_all(&folder).unwrap();
            let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
            fs::write(folder.join(file), format!("My key:\r\n{text}the end\r\n")).unwrap();
            for opened in
                [sandbox.fieldseal(["decrypt", "secrets.yaml"]), sandbox.sops(["decrypt", "secrets.yaml"])]
            {
                assert_eq!(opened.expect_code(0).text(), format!("password: {CANARY}\n"), "{name}");
            }
            fs::remove_file(folder.join(file)).unwrap();
        }
    }
}

#[test]
fn what_sops_does_not_open_is_refused_with_a_remedy() {
    let sandbox = sealed_for("id_rsa_pem.pub");
    let alone = sandbox.write("alone", fs::read(key("id_rsa_pem_aes128")).unwrap());
    let damaged =
        sandbox.write("damaged", fs::read_to_string(key("id_rsa_pkcs8")).unwrap().replacen("MII", "AAA", 1));
    for (path, part) in [
        (key("id_rsa_pkcs8_encrypted"), "convert it with ssh-keygen -p"),
        (key("id_ec_pem"), "use ed25519 or RSA"),
        (alone, "make it with ssh-keygen -y"),
        (damaged, "it is damaged"),
    ] {
        for program in [fieldseal(), tool("sops")] {
            let mut command = sandbox.command(&program);
            command.args(["decrypt", "secrets.yaml"]).env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", &path);
            let failed = Outcome::of(&mut command, b"").expect_code(128);
            assert!(failed.stdout.is_empty());
            if program == fieldseal() {
                // The message is wrapped.
                let words: Vec<_> =
                    failed.stderr.split(['|', '\n', ' ']).filter(|word| !word.is_empty()).collect();
                assert!(words.join(" ").contains(part), "{failed}");
            }
        }
    }
    // Nobody is asked for the passphrase of a key that a program prints.
    let print = format!("cat '{}'", key("id_rsa_pem_aes128").display());
    let mut command = sandbox.command(fieldseal());
    command.args(["decrypt", "secrets.yaml"]).env("SOPS_AGE_SSH_PRIVATE_KEY_CMD", print);
    let failed = Outcome::of(&mut command, b"").expect_code(128);
    assert!(failed.stderr.contains("protected by a"), "{failed}");
}
