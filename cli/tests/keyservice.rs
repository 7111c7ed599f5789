//! Key services: ours for a stock sops, that of a stock sops for us, and one that knows a key of a cloud.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, tool};

/// A machine without keys of its own, on which the commands run, and one with keys, on which the service runs.
struct Scene {
    here: Sandbox,
    there: Sandbox,
}

/// A key service that ends with its scene.
struct Service {
    child: Child,
    uri: String,
}

impl Scene {
    fn new() -> Self {
        let (here, there) = (Sandbox::new(), Sandbox::new());
        here.write("secrets.yaml", format!("password: {CANARY}\n"));
        there.install_identity(IDENTITY);
        Self { here, there }
    }

    fn socket(&self) -> String {
        self.there.path("socket").display().to_string()
    }

    /// Our service, which says where it listens.
    fn ours(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Service {
        // Whatever signals the tests themselves were told to ignore.
        const RESET: &str = "$SIG{$_} = 'DEFAULT' for qw(INT QUIT HUP TERM); exec { $ARGV[0] } @ARGV";
        let mut command = self.there.command("perl");
        command.args(["-e", RESET]).arg(fieldseal());
        command.arg("keyservice").args(arguments).envs(variables.iter().copied());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let uri = line.strip_prefix("Listening on ").unwrap_or_else(|| panic!("{line}")).trim().to_owned();
        // What it says later is lost; but it must not find the pipe closed.
        thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Service { child, uri }
    }

    fn ours_at_a_socket(&self) -> Service {
        self.ours(&["--network", "unix", "--address", &self.socket()], &[])
    }

    /// That of a stock sops, which says nothing: it listens when it can be connected to.
    fn of_sops(&self, variables: &[(&str, &str)]) -> Service {
        let socket = self.socket();
        let mut command = self.there.command(tool("sops"));
        command.args(["keyservice", "--network", "unix", "--address", &socket]);
        let child = command
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..6000 {
            if UnixStream::connect(&socket).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        Service { child, uri: format!("unix://{socket}") }
    }

    /// Runs a program on the machine without keys, with this service and no other keys.
    fn run(&self, program: &Path, command: &str, service: &str, arguments: &[&str]) -> Outcome {
        let mut process = self.here.command(program);
        process.args([command, "--enable-local-keyservice=false", "--keyservice", service]);
        Outcome::of(process.args(arguments), b"")
    }

    /// A file that a service encrypts is decrypted through a service, with both programs.
    fn goes_round(&self, service: &Service, keys: &[&str]) {
        let programs = [fieldseal(), tool("sops")];
        for encrypts in &programs {
            let arguments: Vec<_> = keys.iter().copied().chain(["secrets.yaml"]).collect();
            let sealed = self.run(encrypts, "encrypt", &service.uri, &arguments).expect_code(0);
            assert!(!sealed.mentions(CANARY));
            self.here.write("sealed.yaml", &sealed.stdout);
            for decrypts in &programs {
                let opened = self.run(decrypts, "decrypt", &service.uri, &["sealed.yaml"]).expect_code(0);
                assert_eq!(opened.text(), format!("password: {CANARY}\n"));
            }
        }
        self.here.fieldseal(["decrypt", "sealed.yaml"]).expect_code(128);
    }

    /// A key of PGP on the machine with keys, by its fingerprint.
    fn pgp(&self) -> String {
        let gpg =
            |arguments: &[&str]| Outcome::of(self.there.command("gpg").args(arguments), b"").expect_code(0);
        gpg(&["--batch", "--passphrase", "", "--quick-generate-key", "there", "default", "default"]);
        let list = gpg(&["--batch", "--with-colons", "--list-keys"]);
        let line = list.text().lines().find_map(|line| line.strip_prefix("fpr:")).unwrap();
        line.replace(':', "")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for sandbox in [&self.here, &self.there] {
            let mut command = sandbox.command("gpgconf");
            let _ = command.args(["--kill", "all"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

impl Service {
    /// Ends it with the usual signal and gives its exit code.
    fn terminate(self) -> Option<i32> {
        self.end_by("TERM")
    }

    /// Ends it with the signal of this name and gives its exit code, if it has one.
    fn end_by(mut self, signal: &str) -> Option<i32> {
        Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.child.id())]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_stock_sops_uses_our_service() {
    let scene = Scene::new();
    let fingerprint = scene.pgp();
    let service = scene.ours_at_a_socket();
    scene.goes_round(&service, &["--age", RECIPIENT]);
    scene.goes_round(&service, &["--pgp", &fingerprint]);
    // What it cannot do is told to both.
    for program in [fieldseal(), tool("sops")] {
        let key = "arn:aws:kms:eu-west-1:1:key/x";
        let failed =
            scene.run(&program, "encrypt", &service.uri, &["--kms", key, "secrets.yaml"]).expect_code(1);
        assert!(failed.stderr.contains("keys of AWS KMS cannot be used on this machine"), "{failed}");
    }
}

#[test]
fn we_use_the_service_of_a_stock_sops() {
    let scene = Scene::new();
    let fingerprint = scene.pgp();
    let service = scene.of_sops(&[]);
    scene.goes_round(&service, &["--age", RECIPIENT]);
    scene.goes_round(&service, &["--pgp", &fingerprint]);
}

#[test]
fn a_service_listens_on_the_network_too() {
    let scene = Scene::new();
    let service = scene.ours(&["--address", "127.0.0.1:0"], &[]);
    assert!(service.uri.starts_with("tcp://127.0.0.1:"), "{}", service.uri);
    // Somebody who speaks something else is no harm.
    let mut stranger = TcpStream::connect(service.uri.strip_prefix("tcp://").unwrap()).unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let _ = stranger.read_to_end(&mut Vec::new());
    scene.goes_round(&service, &["--age", RECIPIENT]);
}

#[test]
fn a_service_ends_without_an_error_and_leaves_nothing() {
    let scene = Scene::new();
    let service = scene.ours_at_a_socket();
    let socket = scene.socket();
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    // A second one does not take its place.
    let mut second = scene.there.command(fieldseal());
    second.args(["keyservice", "--network", "unix", "--address", &socket]);
    let failed = Outcome::of(&mut second, b"").expect_code(1);
    assert!(failed.stderr.contains(&format!("cannot listen on unix://{socket}: address already in use")));
    assert!(fs::metadata(&socket).is_ok());
    assert_eq!(service.terminate(), Some(0));
    assert!(fs::metadata(&socket).is_err());
    // Ctrl+C is its usual end as well; what else ends it is no success. Nothing is left by any of them.
    for (signal, code) in [("INT", Some(0)), ("TERM", Some(0)), ("HUP", None), ("QUIT", None)] {
        for network in ["unix", "tcp"] {
            let address = if network == "unix" { socket.as_str() } else { "127.0.0.1:0" };
            let service = scene.ours(&["--network", network, "--address", address], &[]);
            assert_eq!(service.end_by(signal), code, "{signal}");
            assert!(fs::metadata(&socket).is_err(), "{signal}");
        }
    }
}

#[test]
fn a_person_is_asked_before_anything_is_done() {
    let scene = Scene::new();
    let fingerprint = scene.pgp();
    let program = scene.there.write("gpg-program", "#!/bin/sh\necho run >> runs\nexec gpg \"$@\"\n");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let (socket, program) = (scene.socket(), program.display().to_string());
    let arguments = ["--network", "unix", "--address", &socket, "--prompt"];
    let mut service = scene.ours(&arguments, &[("SOPS_GPG_EXEC", &program)]);
    let mut answers = service.child.stdin.take().unwrap();
    let questions = service.child.stdout.take().unwrap();

    answers.write_all(b"perhaps\ny\ny\nn\n").unwrap();
    let keys = ["--pgp", &fingerprint, "--age", RECIPIENT, "secrets.yaml"];
    let sealed = scene.run(&fieldseal(), "encrypt", &service.uri, &keys).expect_code(0);
    scene.here.write("sealed.yaml", &sealed.stdout);
    let runs = || String::from_utf8(scene.there.read("runs")).unwrap().lines().count();
    assert_eq!(runs(), 1);
    drop(answers);
    let pgp_first = ["--decryption-order", "pgp,age", "sealed.yaml"];
    let failed = scene.run(&fieldseal(), "decrypt", &service.uri, &pgp_first).expect_code(128);
    // Once the answer is no, then nobody answers any more.
    assert_eq!(failed.stderr.matches("Request rejected by user").count(), 2, "{failed}");
    assert_eq!(runs(), 1);

    let _ = service.terminate();
    let mut said = String::new();
    BufReader::new(questions).read_to_string(&mut said).unwrap();
    let pgp = format!(
        "\nReceived encrypt request using PGP key with fingerprint {fingerprint}. Respond to request? (y/n): "
    );
    let age = format!(
        "\nReceived encrypt request using age key with recipient {RECIPIENT}. Respond to request? (y/n): "
    );
    let decrypt = |text: &str| text.replace("encrypt", "decrypt");
    assert_eq!(said, format!("{pgp}{pgp}{age}{}{}", decrypt(&pgp), decrypt(&age)));
}

#[test]
fn services_are_asked_in_their_order_and_only_if_need_be() {
    let scene = Scene::new();
    let service = scene.ours_at_a_socket();
    let sealed = scene.here.fieldseal(["encrypt", "--age", RECIPIENT, "secrets.yaml"]).expect_code(0);
    scene.here.write("sealed.yaml", &sealed.stdout);
    let missing = "unix:///does/not/exist";
    // The second helps where the first cannot, whoever names them.
    let arguments = ["decrypt", "--keyservice", missing, "--keyservice", &service.uri, "sealed.yaml"];
    scene.here.fieldseal(arguments).expect_code(0);
    let both = format!("{missing}, {}", service.uri);
    let mut command = scene.here.command(fieldseal());
    command.args(["decrypt", "sealed.yaml"]).env("SOPS_KEYSERVICE", both);
    assert_eq!(Outcome::of(&mut command, b"").expect_code(0).text(), format!("password: {CANARY}\n"));
    // Each that was asked is in the report.
    let failed = scene.here.fieldseal(["decrypt", "--keyservice", missing, "sealed.yaml"]).expect_code(128);
    for part in [
        "    - | failed to load age identities",
        "    - | key service unix:///does/not/exist: cannot connect: no",
    ] {
        assert!(failed.stderr.contains(part), "{failed}");
    }
    assert!(!failed.mentions(CANARY));

    // With the keys at hand nobody is asked, though the one at the door would never answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("tcp://{}", silent.local_addr().unwrap());
    let groups = format!(
        "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - hc_vault: [\"https://vault/v1/transit/keys/k\"]\n      \
         - age: [{RECIPIENT}]\n      - age: [{RECIPIENT}]\n"
    );
    let (vault, vault_uri) = vault();
    drop(service);
    fs::remove_file(scene.socket()).unwrap();
    let service = scene.of_sops(&[("VAULT_TOKEN", "t")]);
    scene.here.write(".sops.yaml", groups.replace("https://vault", &vault_uri));
    scene.here.fieldseal(["encrypt", "-i", "--keyservice", &service.uri, "secrets.yaml"]).expect_code(0);
    let opened = Outcome::of(
        scene
            .here
            .command(fieldseal())
            .args(["decrypt", "--keyservice", &silent, "secrets.yaml"])
            .env("SOPS_AGE_KEY", IDENTITY),
        b"",
    );
    assert_eq!(opened.expect_code(0).text(), format!("password: {CANARY}\n"));
    drop(vault);
}

#[test]
fn files_for_a_key_of_a_cloud_go_through_a_service() {
    let scene = Scene::new();
    let (_vault, address) = vault();
    let service = scene.of_sops(&[("VAULT_TOKEN", "t")]);
    let key = format!("{address}/v1/transit/keys/k");
    scene.goes_round(&service, &["--hc-vault-transit", &key]);

    // Without one, the error names the key and what helps; nothing is written.
    let failed =
        scene.here.fieldseal(["encrypt", "-i", "--hc-vault-transit", &key, "secrets.yaml"]).expect_code(1);
    for part in [&format!("master key \"{key}\""), "--keyservice"] {
        assert!(failed.stderr.contains(part), "{failed}");
    }
    assert_eq!(scene.here.read("secrets.yaml"), format!("password: {CANARY}\n").into_bytes());
    let failed = scene.here.fieldseal(["decrypt", "sealed.yaml"]).expect_code(128);
    let hint = format!(
        "hint: {key} can be used through a key service that has access, such as `sops keyservice`: name it with --keyservice"
    );
    assert!(failed.stderr.contains(&hint), "{failed}");
}

#[test]
fn an_address_that_is_none_is_an_error() {
    let scene = Scene::new();
    for address in ["nowhere", "tcp://127.0.0.1", "http://127.0.0.1:5000", "unix://relative"] {
        for program in ["fieldseal", "sops"] {
            // Under both names, and though the keys of this machine would do.
            let link = scene.here.path(program);
            if fs::symlink_metadata(&link).is_err() {
                std::os::unix::fs::symlink(fieldseal(), &link).unwrap();
            }
            let mut command = scene.here.command(link);
            command.args(["encrypt", "--age", RECIPIENT, "--keyservice", address, "secrets.yaml"]);
            let failed = Outcome::of(&mut command, b"").expect_code(1);
            assert!(
                failed.stderr.contains(&format!("--keyservice: \"{address}\" is no address")),
                "{failed}"
            );
            assert!(failed.stdout.is_empty());
        }
    }
}

/// A server that does what Vault's transit engine does for these tests: the ciphertext holds the plaintext. Gives its
/// address as well.
fn vault() -> (thread::JoinHandle<()>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || answer(stream));
        }
    });
    (thread, address)
}

fn answer(stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let value = body.split('"').nth(3).unwrap_or_default();
        let data = match head.contains("/v1/transit/encrypt/k ") {
            true => format!("\"ciphertext\":\"vault:v1:{value}\""),
            false => format!("\"plaintext\":\"{}\"", value.trim_start_matches("vault:v1:")),
        };
        let text = format!("{{\"data\":{{{data}}}}}");
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        if writer.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}
