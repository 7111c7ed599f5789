//! Plugins of age are programs in `PATH`, which cannot be changed for a part of a process. So the test here runs this
//! program again, with a `PATH` of its own and the name of the part that does the work.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use fieldseal_core::{DataKey, KeyId, Metadata, Random, RandomError, Selection, Timestamp};
use fieldseal_keys::{Environment, KeyServices, NoPrompt, Settings, recover, wrap};

/// The variable that says which part is to do its work.
const PART: &str = "FIELDSEAL_TEST_PART";
const RECIPIENT: &str = "age1fake1ddjhj089nv5";
const IDENTITY: &str = "AGE-PLUGIN-FAKE-1DDJHJP969VF";

/// A plugin that wraps a file key by writing it down.
const PLUGIN: &str = r#"#!/bin/sh
key=
while read -r line; do
    case "$line" in
        "-> add-recipient age1fake1ddjhj089nv5" | "-> add-identity AGE-PLUGIN-FAKE-1DDJHJP969VF") known=yes ;;
        "-> wrap-file-key" | "-> recipient-stanza 0 fake") read -r key ;;
        "-> done") read -r line; break ;;
    esac
done
if [ -n "$known" ] && [ -n "$key" ]; then
    case "$1" in
        --age-plugin=recipient-v1) printf -- '-> recipient-stanza 0 fake\n%s\n' "$key" ;;
        --age-plugin=identity-v1) printf -- '-> file-key 0\n%s\n' "$key" ;;
    esac
    read -r line
    read -r line
fi
printf -- '-> done\n\n'
"#;

struct Zeros;

impl Random for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.fill(0);
        Ok(())
    }
}

/// Runs this program again for `part`, with the plugin in its `PATH` or without.
fn run(part: &str, with_plugin: bool) {
    let directory = tempfile::tempdir().unwrap();
    if with_plugin {
        let path = directory.path().join("age-plugin-fake");
        fs::write(&path, PLUGIN).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "plugins"])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", directory.path().display()))
        .env(PART, part)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// One test, so that no other thread starts a program while the plugin is being written.
#[test]
fn plugins() {
    match std::env::var(PART).as_deref() {
        Ok("wrap and unwrap") => wrap_and_unwrap(),
        Ok("missing") => missing(),
        _ => {
            run("wrap and unwrap", true);
            run("missing", false);
        }
    }
}

fn keys(text: &str) -> KeyServices {
    let path = std::env::var("PATH").unwrap();
    let environment = Environment::new([("SOPS_AGE_KEY", text), ("PATH", path.as_str())]);
    KeyServices::new(Settings::new(environment, Arc::new(NoPrompt)))
}

fn wrapped() -> Result<Metadata, String> {
    let key = DataKey::from_bytes(&[7; 32]).unwrap();
    let groups = [vec![KeyId::Age { recipient: RECIPIENT.into() }]];
    let (groups, _) = wrap(&key, &groups, 0, Timestamp::from_unix(0), &mut Zeros, &keys(""))
        .map_err(|error| error.to_string())?;
    Ok(Metadata::new(groups, Selection::default(), "3.13.3"))
}

fn wrap_and_unwrap() {
    let metadata = wrapped().unwrap();
    assert_eq!(metadata.groups[0].keys()[0].id.to_string(), RECIPIENT);
    let key = recover(&metadata, &keys(IDENTITY), &[]).unwrap();
    assert_eq!(key.expose(), [7; 32]);
    // The plugin of another identity cannot help, and that it is missing is said.
    let error = recover(&metadata, &keys("AGE-PLUGIN-MISSING-1DDJHJ8E0VVM"), &[]).unwrap_err();
    assert!(error.to_string().contains("age-plugin-missing"), "{error}");
}

fn missing() {
    let error = wrapped().unwrap_err();
    assert!(error.ends_with("the age plugin age-plugin-fake is not in PATH"), "{error}");
}
