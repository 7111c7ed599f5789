//! Servers, and a place to publish from.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use fieldseal_test_support::{IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, tool};

/// Which program publishes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Program {
    /// Ours, under its own name.
    Own,
    /// Ours, under the name `sops`.
    Ours,
    /// The real sops.
    Sops,
}

/// A folder with an identity and with files, and servers.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    servers: Servers,
}

/// Programs that serve until they are dropped, and what they said of themselves.
struct Servers {
    children: Vec<(Child, Option<ChildStdin>)>,
    said: HashMap<String, String>,
}

impl Scene {
    /// With all servers. The buckets `one` and `two` are there.
    pub(crate) fn new() -> Self {
        let scene = Self::without_servers();
        let mut servers = Servers { children: Vec::new(), said: HashMap::new() };
        let folder = scene.sandbox.root().join("clouds");
        std::fs::create_dir(&folder).unwrap();
        servers.start(scene.sandbox.command(tool("clouds")).arg(&folder).args(["one", "two"]));
        if let Some(vault) = std::env::var_os("FIELDSEAL_VAULT") {
            servers.start(&mut scene.sandbox.command(vault));
        }
        Self { servers, ..scene }
    }

    /// Without any.
    pub(crate) fn without_servers() -> Self {
        let sandbox = Sandbox::new();
        sandbox.install_identity(IDENTITY);
        symlink(fieldseal(), sandbox.root().join("sops")).unwrap();
        Self { sandbox, servers: Servers { children: Vec::new(), said: HashMap::new() } }
    }

    /// What a server said of itself: an address or a token.
    pub(crate) fn said(&self, name: &str) -> &str {
        &self.servers.said[name]
    }

    /// The configuration: the given destination rules.
    pub(crate) fn rules(&self, rules: &str) {
        let text = format!("creation_rules: [{{age: {RECIPIENT}}}]\ndestination_rules:\n{rules}");
        self.sandbox.write(".sops.yaml", text);
    }

    /// An encrypted file.
    pub(crate) fn sealed(&self, name: &str, text: &str) -> Vec<u8> {
        self.sandbox.write(name, text);
        self.sandbox.fieldseal(["encrypt", "-i", name]).expect_code(0);
        self.sandbox.read(name)
    }

    /// A command that reaches all servers.
    pub(crate) fn command(&self, program: Program, arguments: &[&str]) -> Command {
        let mut command = match program {
            Program::Own => self.sandbox.command(fieldseal()),
            Program::Ours => self.sandbox.command(self.sandbox.root().join("sops")),
            Program::Sops => self.sandbox.command(tool("sops")),
        };
        command.arg("publish").args(arguments);
        for (name, server) in [
            ("AWS_ENDPOINT_URL", "s3"),
            ("STORAGE_EMULATOR_HOST", "gcs"),
            ("VAULT_ADDR", "vault"),
            ("VAULT_TOKEN", "root"),
        ] {
            if let Some(said) = self.servers.said.get(server) {
                command.env(name, said);
            }
        }
        command.env("AWS_REGION", "eu-central-1").env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ACCESS_KEY_ID", "ACCESS").env("AWS_SECRET_ACCESS_KEY", "SECRET");
        command
    }

    /// Runs it.
    pub(crate) fn publish(&self, program: Program, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(program, arguments), b"")
    }

    /// The object in a bucket of S3, with its type.
    pub(crate) fn in_s3(&self, bucket: &str, key: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let folder = self.sandbox.root().join("clouds");
        let content = std::fs::read(folder.join("buckets").join(bucket).join(key)).ok()?;
        let kind = folder.join("meta").join(bucket).join(key).join("meta/content-type");
        Some((content, std::fs::read(kind).unwrap()))
    }

    /// The object in a bucket of Google Cloud Storage; `name` is encoded.
    pub(crate) fn in_gcs(&self, bucket: &str, name: &str) -> Option<Vec<u8>> {
        get(self.said("gcs"), &format!("/storage/v1/b/{bucket}/o/{name}?alt=media"), &[])
    }

    /// What Vault holds at a path.
    pub(crate) fn in_vault(&self, path: &str) -> Option<serde_json::Value> {
        let headers = [("X-Vault-Token", self.said("root")), ("X-Vault-Request", "true")];
        let body = get(self.said("vault"), &format!("/v1/{path}"), &headers)?;
        let mut answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        Some(answer["data"].take())
    }

    /// A file that the servers made.
    pub(crate) fn made(&self, name: &str) -> std::path::PathBuf {
        self.sandbox.root().join("clouds").join(name)
    }
}

/// Has `command` see clouds under their real names, behind the proxy of the servers.
pub(crate) fn through_proxy<'c>(command: &'c mut Command, scene: &Scene) -> &'c mut Command {
    for name in ["AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        command.env_remove(name);
    }
    command.env("HTTPS_PROXY", scene.said("proxy")).env("SSL_CERT_FILE", scene.made("ca.pem"))
}

impl Servers {
    /// Starts a program, and waits until it has said what there is to know.
    fn start(&mut self, command: &mut Command) {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let stdin = child.stdin.take();
        self.children.push((child, stdin));
        let mut lines = BufReader::new(stdout).lines();
        let ended = loop {
            let Some(line) = lines.next() else { break true };
            let line = line.unwrap();
            let Some((name, value)) = line.split_once(' ') else { break false };
            self.said.insert(name.to_owned(), value.to_owned());
        };
        assert!(!ended, "a server ended before it served; what it said is above");
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (child, stdin) in &mut self.children {
            drop(stdin.take());
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The body of the answer to a `GET`, if it is one with status 200.
fn get(server: &str, path: &str, headers: &[(&str, &str)]) -> Option<Vec<u8>> {
    let host = server.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let mut request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n");
    headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).unwrap().to_owned();
    (status == "200").then(|| answer[end + 4..].to_vec())
}

/// The value of a variable that is a path.
pub(crate) fn path(path: &Path) -> &OsStr {
    path.as_os_str()
}
