//! Replacing files: whatever happens in the middle, the file is the old one or the new one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fieldseal_test_support::{CANARY, IDENTITY, Outcome, RECIPIENT, Random, Sandbox, fieldseal, seed};

/// A file with so many values that writing it takes a while.
fn document(values: usize) -> String {
    (0..values).fold(String::new(), |text, n| text + &format!("key_{n}: {CANARY}-{n}\n"))
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    sandbox
}

/// What is in the work directory besides the configuration.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(sandbox.work())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".sops.yaml")
        .collect();
    names.sort();
    names
}

/// What the file at `name` holds when decrypted, through stdout.
fn decrypted(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    sandbox.fieldseal(["decrypt", name]).expect_code(0).stdout
}

#[test]
fn a_thousand_kills_leave_no_damaged_file() {
    // Several at a time, as most of it is waiting for the disk.
    const WORKERS: u64 = 4;
    const KILLS: u64 = 1000 / WORKERS;
    let counts: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| scope.spawn(move || kill_again_and_again(worker * KILLS..(worker + 1) * KILLS)))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |count: fn(&(u32, u32)) -> u32| counts.iter().map(count).sum::<u32>();
    let (replaced, kept) = (sum(|counts| counts.0), sum(|counts| counts.1));
    // Otherwise nothing was tested.
    assert!(replaced > 0 && kept > 0, "{replaced} replaced, {kept} kept");
}

/// The commands that replace the file: the first one where it is clear, one of the others where it is encrypted.
const REPLACING: [&[&str]; 6] = [
    &["encrypt", "--in-place", "secrets.yaml"],
    &["decrypt", "--in-place", "secrets.yaml"],
    &["rotate", "--in-place", "secrets.yaml"],
    // What is there already: the value stays, and the file is written all the same.
    &["set", "secrets.yaml", "[\"key_0\"]", "\"canary-7f3a91c4-0\""],
    &["groups", "add", "--in-place", "--file", "secrets.yaml", "--age", RECIPIENT],
    &["groups", "delete", "--in-place", "--file", "secrets.yaml", "0"],
];

/// Replaces a file by one command or another and kills each run at some moment. Gives how many files were new
/// afterwards, and how many the old ones.
fn kill_again_and_again(rounds: std::ops::Range<u64>) -> (u32, u32) {
    let sandbox = sandbox();
    let plain = document(40);
    sandbox.write("secrets.yaml", &plain);
    let path = sandbox.path("secrets.yaml");
    let mut now = plain.clone().into_bytes();
    let (mut replaced, mut kept) = (0, 0);
    // About when each command replaces the file, found out on the way: later if a kill came too early, earlier if it
    // came too late. So half of the kills fall on either side of it, however fast the machine is.
    let mut middles = [Duration::from_millis(8); REPLACING.len()];
    for round in rounds {
        let mut random = Random::new(seed(), round);
        let is_plain = now == plain.as_bytes();
        let number = if is_plain { 0 } else { random.between(1, REPLACING.len() - 1) };
        let (becomes_plain, middle) = (number == 1, &mut middles[number]);
        let mut command = sandbox.command(fieldseal());
        command.args(REPLACING[number]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let until = Instant::now() + middle.mul_f64(random.between(700, 1300) as f64 / 1000.0);
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(50));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let after = fs::read(&path).unwrap();
        if after == now {
            kept += 1;
            *middle = middle.mul_f64(1.04);
            continue;
        }
        replaced += 1;
        *middle = middle.mul_f64(0.96);
        if becomes_plain {
            assert!(after == plain.as_bytes(), "{round}: damaged clear text");
        } else {
            // A new encrypted file differs each time; that it is whole shows when it is opened. To save
            // time the end is looked at each time, and the MAC now and then.
            let has = |part: &[u8]| after.windows(part.len()).any(|window| window == part);
            assert!(after.ends_with(b"\n") && has(b"lastmodified") && !has(CANARY.as_bytes()), "{round}");
            if replaced % 16 == 1 {
                assert_eq!(decrypted(&sandbox, "secrets.yaml"), plain.as_bytes(), "{round}");
            }
        }
        now = after;
    }
    // The new file has a name beside the old one only between two system calls, so hardly any is left.
    for name in names(&sandbox) {
        assert!(
            name == "secrets.yaml" || (name.starts_with(".fieldseal-") && name.ends_with(".tmp")),
            "{name}"
        );
    }
    (replaced, kept)
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    let sandbox = sandbox();
    let plain = document(1000);
    sandbox.write("secrets.yaml", &plain);
    let shell = |script: &str| {
        Outcome::of(sandbox.command("sh").args(["-c", script]).env("FIELDSEAL", fieldseal()), b"")
    };
    // The shell's unit is 512 bytes, or 1024: either way not enough for what is written here.
    let outcome = shell("ulimit -f 8; exec \"$FIELDSEAL\" encrypt --in-place secrets.yaml");
    assert!(!outcome.mentions(CANARY));
    let outcome = outcome.expect_code(3);
    assert!(outcome.stderr.contains("secrets.yaml: cannot write the file: "), "{outcome}");
    assert_eq!(sandbox.read("secrets.yaml"), plain.as_bytes());
    assert_eq!(names(&sandbox), ["secrets.yaml"]);

    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    let sealed = sandbox.read("secrets.yaml");
    for arguments in ["--in-place", "--output out.yaml", "--output-dir out"] {
        let script = format!("ulimit -f 8; exec \"$FIELDSEAL\" decrypt {arguments} secrets.yaml");
        let outcome = shell(&script).expect_code(3);
        assert!(!outcome.mentions(CANARY), "{outcome}");
        assert_eq!(sandbox.read("secrets.yaml"), sealed);
    }
    assert!(sandbox.files_with(CANARY).is_empty());
    assert!(!sandbox.path("out.yaml").exists());
}

#[test]
fn a_full_standard_output_is_an_error() {
    let sandbox = sandbox();
    sandbox.write("secrets.yaml", document(3));
    if Path::new("/dev/full").exists() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = sandbox.command(fieldseal());
        let child = command.args(["encrypt", "secrets.yaml"]).stdout(full).stderr(Stdio::piped()).spawn();
        let output = child.unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = sandbox();
    sandbox.write("secrets.yaml", document(5_000));
    let mut command = sandbox.command(fieldseal());
    command.args(["encrypt", "secrets.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Closed at once: the text is larger than what a pipe holds.
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

/// Makes `command` run as somebody for whom the modes of files count.
fn as_nobody(command: &mut Command) {
    if is_root() {
        command.uid(65534).gid(65534);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").map_or_else(|_| false, |found| found.uid() == 0)
}

#[test]
fn what_must_not_be_written_is_left_alone() {
    let sandbox = sandbox();
    let plain = document(3);
    // Where somebody else can start it. A copy would be open for writing in what another test starts meanwhile, and
    // such a file cannot be run.
    let program = sandbox.root().join("fieldseal");
    if fs::hard_link(fieldseal(), &program).is_err() {
        fs::copy(fieldseal(), &program).unwrap();
    }
    let locked = sandbox.path("locked");
    fs::create_dir(&locked).unwrap();
    let (file, inside) = (sandbox.write("file.yaml", &plain), sandbox.write("locked/inside.yaml", &plain));
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for path in [sandbox.root().to_owned(), sandbox.work()] {
        mode(&path, 0o777);
    }
    mode(&file, 0o444);
    mode(&inside, 0o666);
    mode(&locked, 0o555);
    let command = |arguments: &[&str]| {
        let mut command = sandbox.command(&program);
        command.args(arguments);
        as_nobody(&mut command);
        command
    };
    if !command(&["--version"]).stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        // Nobody else can be had here, and for the system administrator everything is writable.
        return;
    }
    let run = |name: &str| Outcome::of(&mut command(&["encrypt", "--in-place", name]), b"").expect_code(3);
    let outcome = run("file.yaml");
    assert!(outcome.stderr.starts_with("error: file.yaml: the file is read-only\n"), "{outcome}");
    let outcome = run("locked/inside.yaml");
    assert!(outcome.stderr.starts_with("error: locked/inside.yaml: cannot write the file: "), "{outcome}");
    assert_eq!(fs::read(&file).unwrap(), plain.as_bytes());
    assert_eq!(fs::read(&inside).unwrap(), plain.as_bytes());
    mode(&locked, 0o755);
    assert_eq!(fs::read_dir(&locked).unwrap().count(), 1);
    assert_eq!(names(&sandbox), ["file.yaml", "locked"]);
}

#[test]
fn mode_and_links_stay() {
    let sandbox = sandbox();
    let real = sandbox.write("real/secrets.yaml", document(3));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/secrets.yaml", sandbox.path("link.yaml")).unwrap();
    symlink("link.yaml", sandbox.path("second.yaml")).unwrap();
    for command in ["encrypt", "decrypt"] {
        sandbox.fieldseal([command, "--in-place", "second.yaml"]).expect_code(0);
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o7777, 0o640);
        for link in ["link.yaml", "second.yaml"] {
            assert!(fs::symlink_metadata(sandbox.path(link)).unwrap().is_symlink());
        }
    }
    assert_eq!(fs::read(&real).unwrap(), document(3).as_bytes());
}

#[test]
fn the_owner_stays() {
    if !is_root() {
        // Only the system administrator can make files of others to look at.
        return;
    }
    let sandbox = sandbox();
    let file = sandbox.write("secrets.yaml", document(3));
    if std::os::unix::fs::chown(&file, Some(1234), Some(4321)).is_err() {
        return;
    }
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    let found = fs::metadata(&file).unwrap();
    assert_eq!((found.uid(), found.gid()), (1234, 4321));
}

#[test]
fn new_clear_text_is_for_its_owner_only() {
    let sandbox = sandbox();
    sandbox.write("a/secrets.yaml", document(3));
    sandbox.fieldseal(["encrypt", "--in-place", "a/secrets.yaml"]).expect_code(0);
    sandbox.fieldseal(["decrypt", "--output", "new.yaml", "a/secrets.yaml"]).expect_code(0);
    sandbox.fieldseal(["decrypt", "--output-dir", "out", "a/secrets.yaml"]).expect_code(0);
    let old = sandbox.write("old.yaml", "");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o604)).unwrap();
    sandbox.fieldseal(["decrypt", "--output", "old.yaml", "a/secrets.yaml"]).expect_code(0);
    for (name, mode) in
        [("new.yaml", 0o600), ("out/a/secrets.yaml", 0o600), ("out/a", 0o700), ("old.yaml", 0o604)]
    {
        let found = fs::metadata(sandbox.path(name)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, mode, "{name}");
        assert!(found.is_dir() || sandbox.read(name) == document(3).as_bytes());
    }
}

#[test]
fn of_two_writers_none_loses_its_write() {
    // Both add a key to the file through an editor. One of them has to wait for the other.
    let sandbox = sandbox();
    sandbox.write("secrets.yaml", "start: 1\n");
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    const WRITERS: usize = 6;
    let children: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let mut command = sandbox.command(fieldseal());
            command.args(["edit", "secrets.yaml"]).stdin(Stdio::null()).stderr(Stdio::piped());
            command.env("EDITOR", format!("sh -c 'echo writer_{writer}: 1 >> \"$1\"' sh"));
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(decrypted(&sandbox, "secrets.yaml")).unwrap();
    for writer in 0..WRITERS {
        assert!(text.contains(&format!("writer_{writer}: 1\n")), "{text}");
    }
    assert_eq!(names(&sandbox), ["secrets.yaml"]);
}

#[test]
fn a_write_of_another_program_is_not_overwritten() {
    // The editor stands for the other program: it changes the file itself while it is being edited.
    let sandbox = sandbox();
    let file = sandbox.write("secrets.yaml", "start: 1\n");
    sandbox.fieldseal(["encrypt", "--in-place", "secrets.yaml"]).expect_code(0);
    let editor = PathBuf::from("editor.sh");
    sandbox.write("editor.sh", format!("echo more: {CANARY} >> \"$1\"\necho theirs > secrets.yaml\n"));
    let mut command = sandbox.command(fieldseal());
    command.args(["edit", "secrets.yaml"]).env("EDITOR", format!("sh {}", editor.display()));
    let outcome = Outcome::of(&mut command, b"").expect_code(3);
    assert!(outcome.stderr.contains("another program changed the file meanwhile"), "{outcome}");
    assert!(!outcome.mentions(CANARY), "{outcome}");
    assert_eq!(fs::read(&file).unwrap(), b"theirs\n");
}
