#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use age::secrecy::SecretString;
use fieldseal_core::{DataKey, KeyId, Metadata, Random, RandomError, Selection, Timestamp};
use zeroize::Zeroizing;

use super::*;
use crate::environment::{Environment, Platform};
use crate::prompt::{NoPrompt, Prompt};
use crate::{GeneratedIdentity, Settings, WrapKeysError, generate_identity, wrap};

/// Where the keys of the test data lie.
fn testdata(name: &str) -> String {
    format!("{}/../testdata/age/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn ssh_recipient(name: &str) -> String {
    fs::read_to_string(testdata(&format!("{name}.pub"))).unwrap().trim().to_owned()
}

struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(5).wrapping_add(7);
            *byte = self.0;
        }
        Ok(())
    }
}

/// Answers every question for a secret with the same text, and remembers the questions.
#[derive(Default)]
struct Answers {
    secret: Option<&'static str>,
    asked: Mutex<Vec<String>>,
}

impl Answers {
    fn new(secret: &'static str) -> Arc<Self> {
        Arc::new(Self { secret: Some(secret), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Prompt for Answers {
    fn secret(&self, question: &str) -> Option<Zeroizing<String>> {
        self.asked.lock().unwrap().push(question.to_owned());
        self.secret.map(|secret| Zeroizing::new(secret.to_owned()))
    }

    fn public(&self, _: &str) -> Option<String> {
        None
    }

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn tell(&self, _: &str) {}
}

/// A directory as home and for settings, and whatever else a test sets.
struct Machine {
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let variables =
            vec![("HOME".into(), home.path().display().to_string()), ("PATH".into(), "/usr/bin:/bin".into())];
        Self { home, variables }
    }

    fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn keys(&self) -> KeyServices {
        self.asking(Arc::new(NoPrompt))
    }

    fn asking(&self, prompt: Arc<dyn Prompt>) -> KeyServices {
        let environment = Environment::new(self.variables.clone()).on(Platform::Unix);
        KeyServices::new(Settings::new(environment, prompt))
    }
}

const DEFAULT_FILE: &str = ".config/sops/age/keys.txt";

fn data_key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).unwrap()
}

/// Metadata whose groups have these recipients.
fn sealed<const N: usize>(groups: [&[&str]; N], threshold: usize) -> Metadata {
    let groups = groups.map(|group| {
        group.iter().map(|recipient| KeyId::Age { recipient: (*recipient).to_owned() }).collect::<Vec<_>>()
    });
    let keys = Machine::new().keys();
    let (groups, threshold) =
        wrap(&data_key(), &groups, threshold, Timestamp::from_unix(0), &mut Counter(1), &keys).unwrap();
    let mut metadata = Metadata::new(groups, Selection::default(), "3.13.3");
    metadata.shamir_threshold = threshold;
    metadata
}

fn opens(metadata: &Metadata, keys: &KeyServices) -> bool {
    match recover(metadata, keys, &[]) {
        Ok(key) => {
            assert_eq!(key.expose(), data_key().expose());
            true
        }
        Err(error) => {
            // The help for a bad line names the prefix, and nothing else may.
            let text = error.to_string().replace("AGE-SECRET-KEY-1,", "");
            assert!(!text.contains("AGE-SECRET-KEY-1"), "{text}");
            false
        }
    }
}

fn failure(metadata: &Metadata, keys: &KeyServices) -> DataKeyError {
    recover(metadata, keys, &[]).unwrap_err()
}

fn cause_of(metadata: &Metadata, keys: &KeyServices) -> String {
    let DataKeyError::Groups(error) = failure(metadata, keys) else { panic!("no group failed") };
    let GroupOutcome::Failed(keys) = &error.groups[0] else { panic!("the group did not fail") };
    keys[0].causes.concat()
}

#[test]
fn every_source_is_looked_at() {
    let GeneratedIdentity { secret, recipient } = generate_identity();
    let text = format!("# a key\n{}\n", *secret);
    let age = sealed([&[&recipient]], 0);
    assert!(!opens(&age, &Machine::new().keys()));
    assert!(opens(&age, &Machine::new().set("SOPS_AGE_KEY", secret.as_str()).keys()));
    let machine = Machine::new();
    let file = machine.write("file", &text);
    assert!(opens(&age, &machine.set("SOPS_AGE_KEY_FILE", file).keys()));
    let machine = Machine::new();
    machine.write(DEFAULT_FILE, &text);
    // The file that nothing names counts beside those that something names.
    let machine = machine.set("SOPS_AGE_KEY", "").set("SOPS_AGE_KEY_FILE", "/does/not/exist");
    assert!(opens(&age, &machine.keys()));
    let machine = Machine::new();
    machine.write("x/sops/age/keys.txt", &text);
    let settings = machine.path("x").display().to_string();
    assert!(opens(&age, &machine.set("XDG_CONFIG_HOME", settings).keys()));

    for name in ["id_ed25519", "id_rsa"] {
        let ssh = sealed([&[&ssh_recipient(name)]], 0);
        assert!(!opens(&ssh, &Machine::new().keys()));
        let machine = Machine::new().set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", testdata(name));
        assert!(opens(&ssh, &machine.keys()));
        let machine = Machine::new();
        machine.write(&format!(".ssh/{name}"), fs::read(testdata(name)).unwrap());
        assert!(opens(&ssh, &machine.keys()));
    }
}

#[cfg(unix)]
#[test]
fn programs_are_looked_at() {
    let GeneratedIdentity { secret, recipient } = generate_identity();
    let machine = Machine::new();
    let file = machine.write("a file", secret.as_str());
    assert!(opens(
        &sealed([&[&recipient]], 0),
        &machine.set("SOPS_AGE_KEY_CMD", format!("cat '{file}'")).keys()
    ));
    let command = format!("cat '{}'", testdata("id_ed25519"));
    let ssh = sealed([&[&ssh_recipient("id_ed25519")]], 0);
    assert!(opens(&ssh, &Machine::new().set("SOPS_AGE_SSH_PRIVATE_KEY_CMD", command).keys()));
    // One that is locked is refused, without a question.
    let command = format!("cat '{}'", testdata("id_ed25519_encrypted"));
    let machine = Machine::new().set("SOPS_AGE_SSH_PRIVATE_KEY_CMD", command);
    let answers = Answers::new("correct horse");
    let ssh = sealed([&[&ssh_recipient("id_ed25519_encrypted")]], 0);
    let cause = cause_of(&ssh, &machine.asking(answers.clone()));
    assert!(
        cause.contains("SOPS_AGE_SSH_PRIVATE_KEY_CMD: the SSH key that it prints is protected"),
        "{cause}"
    );
    assert!(answers.asked().is_empty());
}

/// How often the program that appends to `log` was run.
fn runs(log: &Path) -> usize {
    fs::read_to_string(log).map_or(0, |text| text.lines().count())
}

#[cfg(unix)]
#[test]
fn programs_run_no_more_than_needed() {
    let (own, other) = (generate_identity(), generate_identity());
    let machine = Machine::new();
    let (file, log) = (machine.write("keys", own.secret.as_str()), machine.path("log"));
    let command = format!("sh -c 'echo run >> {}; cat {file}'", log.display());
    let machine = machine.set("SOPS_AGE_KEY_CMD", command);
    let keys = machine.keys();
    // All keys that it prints are tried on all entries before it is asked again.
    let both = sealed([&[&other.recipient, &own.recipient]], 0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(opens(&both, &keys)));
        }
    });
    assert_eq!(runs(&log), 1);
    // What prints the same for a second recipient is not asked for a third.
    let others: Vec<_> = (0..5).map(|_| generate_identity().recipient).collect();
    let others: Vec<_> = others.iter().map(String::as_str).collect();
    assert!(!opens(&sealed([&others], 0), &keys));
    assert_eq!(runs(&log), 2);
    assert!(!opens(&sealed([&others], 0), &keys));
    assert_eq!(runs(&log), 2);
}

#[cfg(unix)]
#[test]
fn programs_are_told_the_recipient() {
    let made: Vec<_> = (0..3).map(|_| generate_identity()).collect();
    let machine = Machine::new();
    for made in &made {
        machine.write(&made.recipient, made.secret.as_str());
    }
    let command = format!("sh -c 'cat {}/$SOPS_AGE_RECIPIENT'", machine.home.path().display());
    let machine = machine.set("SOPS_AGE_KEY_CMD", command);
    let keys = machine.keys();
    for made in &made {
        assert!(opens(&sealed([&[&made.recipient]], 0), &keys));
    }
    let missing = generate_identity();
    let cause = cause_of(&sealed([&[&missing.recipient]], 0), &keys);
    assert!(cause.contains("SOPS_AGE_KEY_CMD: failed to execute command sh: exit status: 1"), "{cause}");
}

#[test]
fn a_bad_line_makes_its_source_worthless_and_no_other() {
    let GeneratedIdentity { secret, recipient } = generate_identity();
    let age = sealed([&[&recipient]], 0);
    let machine = Machine::new().set("SOPS_AGE_KEY", format!("{}\ncanary-4711", *secret));
    let cause = cause_of(&age, &machine.keys());
    assert!(
        cause.contains("failed to parse 'SOPS_AGE_KEY' age identities: line 2: unknown identity type"),
        "{cause}"
    );
    assert!(!cause.contains("canary-4711"), "{cause}");
    let file = machine.write("file", format!("\u{feff}# only\r\n\r\n{}\r\n", *secret));
    assert!(opens(&age, &machine.set("SOPS_AGE_KEY_FILE", file).keys()));
    // A blank in front of a key is an error in a file, and none in the variable.
    let machine = Machine::new();
    let file = machine.write("file", format!(" {}", *secret));
    assert!(!opens(&age, &machine.set("SOPS_AGE_KEY_FILE", file).keys()));
    assert!(opens(&age, &Machine::new().set("SOPS_AGE_KEY", format!(" {0} {0} ", *secret)).keys()));
}

/// A file of identities that `passphrase` protects.
fn locked_file(text: &str, passphrase: &str) -> String {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(2);
    age::encrypt_and_armor(&recipient, text.as_bytes()).unwrap()
}

#[test]
fn a_locked_file_is_opened_once_and_only_when_nothing_else_helps() {
    let (locked, free) = (generate_identity(), generate_identity());
    let machine = Machine::new().set("SOPS_AGE_KEY", free.secret.as_str());
    let location = machine.write(DEFAULT_FILE, locked_file(&locked.secret, "correct horse"));
    let answers = Answers::new("correct horse");
    let keys = machine.asking(answers.clone());
    assert!(opens(&sealed([&[&locked.recipient, &free.recipient]], 0), &keys));
    assert!(answers.asked().is_empty());
    let metadata = sealed([&[&locked.recipient]], 0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(opens(&metadata, &keys)));
        }
    });
    assert_eq!(answers.asked(), [format!("Enter passphrase for identity '{location}':")]);

    // A wrong answer, or none, is not asked for again and again.
    for (answers, part) in [
        (Answers::new("wrong horse"), format!("incorrect passphrase for identity '{location}'")),
        (Arc::new(Answers::default()), format!("could not read passphrase for identity '{location}'")),
    ] {
        let keys = machine.asking(answers.clone());
        let several = sealed([&[&locked.recipient, &generate_identity().recipient]], 0);
        let cause = cause_of(&several, &keys);
        assert!(cause.contains(&part), "{cause}");
        assert!(!cause.contains("horse"), "{cause}");
        assert!(!opens(&several, &keys));
        assert_eq!(answers.asked().len(), 1);
    }
}

#[test]
fn what_is_in_a_locked_file_may_be_damaged() {
    let machine = Machine::new();
    let location = machine.write(DEFAULT_FILE, locked_file("nonsense canary-4711", "correct horse"));
    let metadata = sealed([&[&generate_identity().recipient]], 0);
    let cause = cause_of(&metadata, &machine.asking(Answers::new("correct horse")));
    assert!(
        cause.contains(&format!("failed to read '{location}': line 1: unknown identity type")),
        "{cause}"
    );
    assert!(!cause.contains("canary"), "{cause}");
    let whole = locked_file("x", "y");
    machine.write(DEFAULT_FILE, &whole[..whole.len() / 2]);
    let cause = cause_of(&metadata, &machine.keys());
    assert!(cause.contains(&format!("failed to read '{location}': ")), "{cause}");
}

#[test]
fn a_locked_ssh_key_is_asked_for_only_where_it_fits() {
    for name in ["id_ed25519_encrypted", "id_rsa_encrypted"] {
        let machine = Machine::new().set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", testdata(name));
        let answers = Answers::new("correct horse");
        let keys = machine.asking(answers.clone());
        let other = name.trim_end_matches("_encrypted");
        assert!(!opens(&sealed([&[&ssh_recipient(other), &generate_identity().recipient]], 0), &keys));
        assert!(answers.asked().is_empty());
        let metadata = sealed([&[&ssh_recipient(name)]], 0);
        assert!(opens(&metadata, &keys) && opens(&metadata, &keys));
        assert_eq!(answers.asked(), [format!("Enter passphrase for \"{}\":", testdata(name))]);
        let cause = cause_of(&metadata, &machine.asking(Answers::new("wrong horse")));
        assert!(cause.contains(&format!("incorrect passphrase for \"{}\"", testdata(name))), "{cause}");
    }
}

#[test]
fn enough_shares_tell_the_others() {
    let made: Vec<_> = (0..3).map(|_| generate_identity()).collect();
    let groups = made.each_ref_recipients();
    let metadata = sealed([&[groups[0]], &[groups[1]], &[groups[2]]], 2);
    let keys = Machine::new()
        .set("SOPS_AGE_KEY", format!("{} {}", made[2].secret.as_str(), made[0].secret.as_str()));
    let recovered =
        recover_with_shares(&metadata, &keys.keys(), &[]).unwrap_or_else(|error| panic!("{error}"));
    let shares: Vec<_> = (0..3).map(|group| recovered.share(group).unwrap()).collect();
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
        let combined = shamir::combine(&[shares[one].as_slice(), shares[other].as_slice()]).unwrap();
        assert_eq!(*combined, data_key().expose(), "{one} {other}");
    }
    let single = sealed([&[groups[0]]], 0);
    let recovered = recover_with_shares(&single, &keys.keys(), &[]).unwrap_or_else(|error| panic!("{error}"));
    assert!(recovered.share(0).is_none());
}

#[test]
fn unusable_ssh_keys_are_named() {
    let machine = Machine::new();
    let path = machine.write("key", "canary-4711");
    let metadata = sealed([&[&generate_identity().recipient]], 0);
    let cause = cause_of(&metadata, &machine.set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", &path).keys());
    assert!(cause.contains(&format!("malformed SSH identity in \"{path}\"")), "{cause}");
    assert!(!cause.contains("canary"), "{cause}");
    let cause = cause_of(&metadata, &Machine::new().set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "").keys());
    assert!(cause.contains("failed to open file: "), "{cause}");
}

#[test]
fn groups_are_tried_until_there_are_enough() {
    let made: Vec<_> = (0..3).map(|_| generate_identity()).collect();
    let groups = made.each_ref_recipients();
    let metadata = sealed([&[groups[0]], &[groups[1]], &[groups[2]]], 2);
    assert_eq!(metadata.shamir_threshold, 2);
    let with = |indices: &[usize]| {
        let keys: Vec<_> = indices.iter().map(|index| made[*index].secret.as_str()).collect();
        Machine::new().set("SOPS_AGE_KEY", keys.join(" "))
    };
    for indices in [&[0, 1][..], &[0, 2], &[1, 2], &[0, 1, 2]] {
        assert!(opens(&metadata, &with(indices).keys()), "{indices:?}");
    }
    let DataKeyError::Groups(error) = failure(&metadata, &with(&[1]).keys()) else { panic!("groups failed") };
    assert!(matches!(
        error.groups.as_slice(),
        [GroupOutcome::Failed(_), GroupOutcome::Recovered, GroupOutcome::Failed(_)]
    ));
    // The third group is behind a passphrase that nobody has to give.
    let machine = with(&[0, 1]);
    machine.write(DEFAULT_FILE, locked_file(&made[2].secret, "correct horse"));
    let answers = Answers::new("correct horse");
    assert!(opens(&metadata, &machine.asking(answers.clone())));
    assert!(answers.asked().is_empty());
    // So it is with the first one.
    let machine = with(&[1, 2]);
    machine.write(DEFAULT_FILE, locked_file(&made[0].secret, "correct horse"));
    let answers = Answers::new("correct horse");
    assert!(opens(&metadata, &machine.asking(answers.clone())));
    assert!(answers.asked().is_empty());
    // No threshold at all: all of them.
    let mut unsaid = sealed([&[groups[0]], &[groups[1]]], 0);
    assert_eq!(unsaid.shamir_threshold, 2);
    unsaid.shamir_threshold = 0;
    assert!(opens(&unsaid, &with(&[0, 1]).keys()));
    let error = failure(&unsaid, &with(&[0]).keys());
    assert!(matches!(error, DataKeyError::Combine(_)), "{error}");
}

trait Recipients {
    fn each_ref_recipients(&self) -> Vec<&str>;
}

impl Recipients for Vec<GeneratedIdentity> {
    fn each_ref_recipients(&self) -> Vec<&str> {
        self.iter().map(|made| made.recipient.as_str()).collect()
    }
}

#[test]
fn the_message_of_sops() {
    const OWN: &str = "age1j0w49enflpgekldxtstytr08qwt55sxg5x8aj5wm4yl990t6x3ps0vzy95";
    const SECRET: &str = "AGE-SECRET-KEY-1WYJ2N4FMSS3ZXWTKP9VAD3JS4HWR47LKKZ2DCHPFX6J2S0ESVD8S9CZ0H8";
    const OTHER: &str = "age1v5p8ng5hylq5343l94wgh7xxnfq6h2y6z44nal3xrd9w60875pvswx35kn";
    let mut metadata = sealed([&[OWN], &[OTHER]], 0);
    let now = Timestamp::from_unix(0);
    metadata.groups[1].push(MasterKey::new(KeyId::GcpKms { resource_id: "85D7".into() }, "x".into(), now));
    let machine = Machine::new().set("SOPS_AGE_KEY", SECRET).set("SOPS_AGE_KEY_FILE", "");
    let home = machine.home.path().display().to_string();
    let error = failure(&metadata, &machine.keys());
    let DataKeyError::Groups(groups) = &error else { panic!("a group failed") };
    let GroupOutcome::Failed(keys) = &groups.groups[1] else { panic!("the second failed") };
    assert!(
        keys[0].causes[0].starts_with(
            "failed to create reader for decrypting sops data key with age: identity did not match any of the \
             recipients. Errors while loading age identities: failed to open SOPS_AGE_KEY_FILE file: open : "
        ),
        "{}",
        keys[0].causes[0]
    );
    assert!(
        keys[0].causes[0].ends_with(&format!(
            ". Did not find keys in locations 'SOPS_AGE_SSH_PRIVATE_KEY_FILE', 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', \
             '{home}/.ssh/id_ed25519', '{home}/.ssh/id_rsa', and 'SOPS_AGE_KEY_CMD'."
        )),
        "{}",
        keys[0].causes[0]
    );
    assert!(!keys[0].causes[0].contains("os error"), "{}", keys[0].causes[0]);
    let text = error.to_string();
    assert!(
        text.starts_with(
            "Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: SUCCESS\n\nGroup 1: FAILED\n  \
             age1v5p8ng5hylq5343l94wgh7xxnfq6h2y6z44nal3xrd9w60875pvswx35kn: FAILED\n    - | failed to create reader for \
             decrypting sops data key with\n      | age: identity did not match any of the recipients. Errors\n      | while"
        ),
        "{text}"
    );
    assert!(
        text.ends_with(
            "\n  \n  85D7: FAILED\n    - | keys of GCP KMS cannot be used on this machine, only through\n      | a key service\n\nRecovery failed because the \
             file was encrypted with a Shamir threshold of\n2, but only 1 part(s) were successfully recovered, one for \
             each successful\nkey group. In order for SOPS to recover the file, at least 2 groups have to\nbe \
             successful. In order for a group to be successful, decryption has to\nsucceed with any of the keys in that \
             key group."
        ),
        "{text}"
    );
    assert!(groups.render(true).contains("Group 0: \x1b[32mSUCCESS\x1b[0m"));
    assert_eq!(
        error.hint(),
        format!(
            "the identities at hand belong to {OWN}; let someone who can open the file add one of these and run \
             `updatekeys`; or 85D7 can be used through a key service that has access, such as `sops keyservice`: name it \
             with --keyservice"
        )
    );
}

#[test]
fn hints_name_what_is_needed() {
    let recipients: Vec<_> = (0..5).map(|_| generate_identity()).collect();
    let names = recipients.each_ref_recipients();
    let machine = Machine::new();
    let metadata = sealed([&names[..]], 0);
    let error = failure(&metadata, &machine.keys());
    assert!(error.to_string().ends_with(
        "\n\nRecovery failed because no master key was able to decrypt the file. In\norder for SOPS to recover the file, \
         at least one key has to be successful,\nbut none were."
    ));
    let usual = machine.path(DEFAULT_FILE).display().to_string();
    assert_eq!(
        error.hint(),
        format!(
            "no age identity was found: put it into {usual}, or name its file in SOPS_AGE_KEY_FILE; needed is that of \
             {} or {} or {} or 2 others",
            names[0], names[1], names[2]
        )
    );
    // Where nothing else is found, the usual file is named as well.
    let DataKeyError::Groups(groups) = &error else { panic!("a group failed") };
    let GroupOutcome::Failed(keys) = &groups.groups[0] else { panic!("it failed") };
    assert!(keys[0].causes[0].starts_with("failed to load age identities. Did not find keys in locations"));
    assert!(keys[0].causes[0].ends_with(&format!(", and '{usual}'.")), "{}", keys[0].causes[0]);

    // A locked file does not say what it is for.
    let locked = Machine::new();
    locked.write(DEFAULT_FILE, locked_file("", "correct horse"));
    let hint = failure(&metadata, &locked.keys()).hint();
    assert!(
        hint.starts_with("none of the identities that were found opens the file; needed is that"),
        "{hint}"
    );

    // What the other kinds need.
    let keys = [KeyId::Pgp { fingerprint: "F".into() }, KeyId::GcpKms { resource_id: "G".into() }]
        .map(|id| MasterKey::new(id, "x".into(), Timestamp::from_unix(0)));
    let metadata = Metadata::new(vec![KeyGroup::new(keys.to_vec())], Selection::default(), "3.13.3");
    assert_eq!(
        failure(&metadata, &machine.keys()).hint(),
        "gpg needs the secret key of F: `gpg --list-secret-keys` shows those that it has; or G can be used through a key \
         service that has access, such as `sops keyservice`: name it with --keyservice"
    );
}

#[test]
fn the_order_of_kinds_is_that_of_the_message() {
    assert_eq!(parse_order("pgp,age,nonsense, kms"), [Service::Pgp, Service::Age]);
    let mut metadata = sealed([&[&generate_identity().recipient]], 0);
    for id in [KeyId::Pgp { fingerprint: "F".into() }, KeyId::GcpKms { resource_id: "G".into() }] {
        metadata.groups[0].push(MasterKey::new(id, "x".into(), Timestamp::from_unix(0)));
    }
    let kinds = |order: &[Service]| {
        let Err(DataKeyError::Groups(error)) = recover(&metadata, &Machine::new().keys(), order) else {
            panic!("nothing can be recovered")
        };
        let GroupOutcome::Failed(keys) = &error.groups[0] else { panic!("it failed") };
        keys.iter().map(|key| key.service).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&[]), [Service::Age, Service::Pgp, Service::GcpKms]);
    assert_eq!(kinds(&[Service::GcpKms]), [Service::GcpKms, Service::Pgp, Service::Age]);
    assert_eq!(kinds(&[Service::Pgp]), [Service::Pgp, Service::GcpKms, Service::Age]);
}

#[test]
fn parts_that_are_no_key_are_refused() {
    let GeneratedIdentity { secret, recipient } = generate_identity();
    let id = KeyId::Age { recipient };
    let key = crate::wrap_part(&[7; 33], &id, Timestamp::from_unix(0), &Machine::new().keys()).unwrap();
    let metadata = Metadata::new(vec![KeyGroup::new(vec![key])], Selection::default(), "3.13.3");
    let machine = Machine::new().set("SOPS_AGE_KEY", secret.as_str());
    assert!(matches!(failure(&metadata, &machine.keys()), DataKeyError::Length(_)));
}

#[test]
fn nothing_is_wrapped_for_half_of_the_keys() {
    let keys = Machine::new().keys();
    let age = |recipient: &str| KeyId::Age { recipient: recipient.to_owned() };
    let own = age(&generate_identity().recipient);
    let wrap = |groups: &[Vec<KeyId>], threshold| {
        wrap(&data_key(), groups, threshold, Timestamp::from_unix(0), &mut Counter(1), &keys)
            .map(|(groups, threshold)| (groups.len(), threshold))
    };
    assert_eq!(wrap(&[vec![own.clone()]], 1).unwrap(), (1, 1));
    assert_eq!(wrap(&[vec![own.clone()], vec![own.clone()]], 0).unwrap(), (2, 2));
    for (groups, threshold, part) in [
        (vec![], 0, "empty key group provided"),
        (vec![vec![own.clone()], vec![]], 0, "empty key group provided"),
        (vec![vec![own.clone()], vec![own.clone()]], 3, "parts cannot be less than threshold"),
        (vec![vec![own.clone()], vec![own.clone()]], 1, "threshold must be at least 2"),
        (vec![vec![own.clone(), age("foo")]], 0, "unknown recipient type: \"foo\""),
        (
            vec![vec![own.clone(), KeyId::HcKms { key_id: "eu:1".into() }]],
            0,
            "failed to encrypt new data key with master key \"eu:1\": keys of HuaweiCloud KMS cannot be used on this \
             machine, only through a key service",
        ),
        (vec![vec![age("age1missing1ddjhjwvwhku")]], 0, "the age plugin age-plugin-missing is not in PATH"),
    ] {
        let message = wrap(&groups, threshold).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    assert!(matches!(wrap(&[], 0), Err(WrapKeysError::NoKey)));
}

#[test]
fn own_recipients_are_listed_without_questions() {
    let made = generate_identity();
    let machine = Machine::new()
        .set("SOPS_AGE_KEY", made.secret.as_str())
        .set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", testdata("id_ed25519_encrypted"))
        .set("SOPS_AGE_KEY_CMD", "does-not-exist-4711");
    machine.write(DEFAULT_FILE, fs::read(testdata("hybrid.txt")).unwrap());
    let ssh = ssh_recipient("id_ed25519_encrypted");
    let recipients = machine.keys().identities().unwrap().recipients();
    assert_eq!(recipients.len(), 3);
    assert!(ssh.starts_with(&recipients[0]));
    assert_eq!(recipients[1], made.recipient);
    assert!(recipients[2].starts_with("age1pq1"));
}

#[test]
fn identities_are_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let keys = Machine::new().keys();
    shared(&keys);
    let identities = keys.identities().unwrap();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| COUNT.fetch_add(identities.recipients().len(), Ordering::Relaxed));
        }
    });
    assert_eq!(COUNT.load(Ordering::Relaxed), 0);
}
