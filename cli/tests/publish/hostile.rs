//! Servers that mean no good, or none at all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use fieldseal_test_support::{CANARY, Outcome};

use crate::scene::{Program, Scene};

/// A server that answers every request with `answer`, to which it adds what was sent. It keeps what it saw.
fn server(head: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut request, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                request += &line;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            log.lock().unwrap().push(request.clone());
            let echo = format!("{request}{}", String::from_utf8_lossy(&body));
            let answer = format!(
                "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{echo}",
                echo.len()
            );
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    (address, seen)
}

#[test]
fn nothing_that_a_server_says_is_shown() {
    let scene = Scene::without_servers();
    scene.rules("  - vault_path: app\n");
    scene.sealed("a.yaml", &format!("password: {CANARY}\n"));
    for head in
        ["500 Oops", "400 Bad", "403 No", "200 OK", "204 Fine", "307 There\r\nLocation: http://127.0.0.1:1/x"]
    {
        for program in [Program::Own, Program::Ours] {
            let (address, seen) = server(head);
            let mut command = scene.command(program, &["-y", "a.yaml"]);
            command.env("VAULT_ADDR", &address).env("VAULT_TOKEN", "token-of-the-canary");
            let outcome = Outcome::of(&mut command, b"");
            assert_eq!(outcome.code, i32::from(!head.starts_with('2')), "{head}: {outcome}");
            for secret in [CANARY, "token-of-the-canary"] {
                assert!(!outcome.mentions(secret), "{head}: {outcome}");
                assert!(scene.sandbox.files_with(secret).is_empty(), "{head}");
            }
            assert!(!seen.lock().unwrap().is_empty(), "{head}");
        }
    }
}

#[test]
fn a_redirection_is_not_followed() {
    let scene = Scene::without_servers();
    scene.rules(
        "  - {path_regex: s3, s3_bucket: one}\n  - {path_regex: gcs, gcs_bucket: one}\n  - vault_path: app\n",
    );
    for name in ["s3.yaml", "gcs.yaml", "v.yaml"] {
        scene.sealed(name, "a: b\n");
        let (other, seen_there) = server("200 OK");
        let head: &'static str = Box::leak(format!("307 There\r\nLocation: {other}/x").into_boxed_str());
        let (address, seen) = server(head);
        let mut command = scene.command(Program::Own, &["-y", name]);
        for variable in ["VAULT_ADDR", "AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST"] {
            command.env(variable, &address);
        }
        let outcome = Outcome::of(&mut command, b"").expect_code(1);
        assert!(outcome.mentions("names another place, which is not followed"), "{outcome}");
        assert!(!seen.lock().unwrap().is_empty(), "{name}");
        assert!(seen_there.lock().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn a_vault_that_is_read_on_the_way_is_warned_of() {
    let scene = Scene::without_servers();
    scene.rules("  - {vault_path: app, vault_address: 'http://vault.invalid:8200'}\n");
    scene.sealed("a.yaml", "a: b\n");
    let outcome = Outcome::of(&mut scene.command(Program::Own, &["-y", "a.yaml"]), b"").expect_code(1);
    assert!(outcome.mentions("go to Vault without encryption"), "{outcome}");
    assert!(!outcome.mentions("another server of Vault"), "{outcome}");
    for (address, warns) in [("http://vault.invalid:8200/", false), ("https://vault.invalid:8200", true)] {
        let mut command = scene.command(Program::Own, &["-y", "a.yaml"]);
        let outcome = Outcome::of(command.env("VAULT_ADDR", address), b"").expect_code(1);
        assert_eq!(outcome.mentions("another server of Vault"), warns, "{outcome}");
    }
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let scene = Scene::without_servers();
    scene.rules(
        "  - {path_regex: s3, s3_bucket: one}\n  - {path_regex: gcs, gcs_bucket: one}\n  - vault_path: app\n",
    );
    for (name, variable, value, said) in [
        ("v.yaml", "VAULT_ADDR", "https://u:geheim@x", "the address of Vault: a user name has no place"),
        ("v.yaml", "VAULT_SKIP_VERIFY", "perhaps", "VAULT_SKIP_VERIFY is no truth value"),
        ("v.yaml", "VAULT_CACERT", "missing.pem", "missing.pem: there is no such file"),
        ("s3.yaml", "AWS_PROFILE", "none", "the profile that AWS_PROFILE names is in none"),
        ("s3.yaml", "AWS_REGION", "a/b", "the region of AWS that is set is none"),
        ("s3.yaml", "AWS_ENDPOINT_URL", "geheim", "AWS_ENDPOINT_URL: expected http"),
        ("gcs.yaml", "GOOGLE_APPLICATION_CREDENTIALS", "missing.json", "missing.json: there is no such file"),
        ("gcs.yaml", "GOOGLE_APPLICATION_CREDENTIALS", ".sops.yaml", ".sops.yaml: this is no JSON"),
    ] {
        if !scene.sandbox.path(name).exists() {
            scene.sealed(name, "a: b\n");
        }
        let outcome =
            Outcome::of(scene.command(Program::Own, &["-y", name]).env(variable, value), b"").expect_code(1);
        assert!(outcome.mentions(said) && !outcome.mentions("geheim"), "{variable}: {outcome}");
    }
}
