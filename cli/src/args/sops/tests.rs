//! Command lines and what they come to. What sops 3.13.3 does with each of them was seen by running it.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::*;

/// What becomes of a command line, in a text: `> ` help or candidates, `! ` a failure with its code, `$ ` the
/// command line of the tool's own. Warnings follow. `[F]` stands for a file that is there, `[D]` for a
/// directory, `[N]` for a name in it that is none.
fn told(line: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("f.yaml");
    fs::write(&file, "").unwrap();
    let names = [("[F]", file), ("[N]", place.path().join("n.yaml")), ("[D]", place.path().to_owned())];
    let shown = |path: &Path| path.display().to_string();
    let line = names.iter().fold(line.to_owned(), |line, (name, path)| line.replace(name, &shown(path)));
    let words: Vec<OsString> = shlex::split(&line).unwrap().into_iter().map(OsString::from).collect();
    let mut warnings = Vec::new();
    let mut told = match answer(&words, &mut warnings) {
        Answer::Text(text) => format!("> {}", text.lines().next().unwrap_or_default()),
        Answer::Misuse(text, failure) => {
            format!("> {} ! {} {failure}", text.lines().next().unwrap_or_default(), failure.exit() as u8)
        }
        Answer::Refused(failure) => format!("! {} {failure}", failure.exit() as u8),
        Answer::Line(words) => {
            let words: Vec<_> = words.iter().map(|word| word.display().to_string()).collect();
            format!("$ {}", words.join(" "))
        }
    };
    for warning in warnings {
        told += &format!(" ? {warning}");
    }
    names.iter().fold(told, |told, (name, path)| told.replace(&shown(path), name))
}

fn check(table: &[(&str, &str)]) {
    for (line, expected) in table {
        assert_eq!(told(line), *expected, "{line}");
    }
}

const MANY: &str = "? more than one argument was given; only the first one is used";

#[test]
fn commands() {
    check(&[
        ("sops decrypt [F]", "$ decrypt -- [F]"),
        ("sops decrypt", "$ decrypt"),
        ("sops decrypt -i -- [F]", "$ decrypt --in-place -- [F]"),
        ("sops decrypt [F] --extract '[\"a\"]'", "$ decrypt --extract=[\"a\"] -- [F]"),
        ("sops --config c decrypt [F]", "$ decrypt --config=c -- [F]"),
        ("sops --indent 2 decrypt [F]", "$ decrypt --indent=2 -- [F]"),
        ("sops decrypt --enable-local-keyservice=0 [F]", "$ decrypt --enable-local-keyservice=false -- [F]"),
        ("sops decrypt --ignore-mac=false --output '' [F]", "$ decrypt -- [F]"),
        ("sops decrypt --keyservice a --keyservice b [F]", "$ decrypt --keyservice=a --keyservice=b -- [F]"),
        ("sops encrypt -a x -a y [F]", "$ encrypt --age=y -- [F]"),
        ("sops --mac-only-encrypted encrypt [F]", "$ encrypt --mac-only-encrypted -- [F]"),
        ("sops encrypt --filename-override a.yaml", "$ encrypt --filename-override=a.yaml"),
        ("sops edit -s [N]", "$ edit --show-master-keys -- [N]"),
        ("sops rotate -i --add-age x [F]", "$ rotate --in-place --add-age=x -- [F]"),
        ("sops set [F] '[\"a\"]' -5", "$ set -- [F] [\"a\"] -5"),
        ("sops set --shamir-secret-sharing-threshold 2 [F] '[\"a\"]' 1", "$ set -- [F] [\"a\"] 1"),
        ("sops unset --idempotent=true [F] '[\"a\"]'", "$ unset --idempotent -- [F] [\"a\"]"),
        ("sops updatekeys -y=true [F] [N]", "$ updatekeys --yes -- [F] [N]"),
        ("sops groups add -f [F] --age x --age y -i", "$ groups add --file=[F] --age=x --age=y --in-place"),
        ("sops groups delete --file [F] 0", "$ groups delete --file=[F] -- 0"),
        ("sops filestatus [F] x", "$ filestatus -- [F]"),
        ("sops exec-env --pristine=true [F] 'echo $a'", "$ exec-env --pristine -- [F] echo $a"),
        ("sops exec-file --filename x [F] 'cat {}'", "$ exec-file --filename=x -- [F] cat {}"),
        ("sops keyservice --net unix --addr /x", "$ keyservice --network=unix --address=/x"),
    ]);
    // A flag takes the next argument along, as in sops: the index is then taken for the file.
    assert_eq!(
        told("sops set [F] --value-stdin '[\"a\"]'"),
        "! 2 [\"a\"]: cannot read the file: no such file or directory"
    );
}

#[test]
fn the_older_style() {
    let several = "? more than one of --encrypt, --decrypt, --rotate and --set is given; only the last one of these is done";
    check(&[
        ("sops [F]", "$ edit -- [F]"),
        ("sops [N]", "$ edit -- [N]"),
        ("sops -s [F]", "$ edit --show-master-keys -- [F]"),
        ("sops -i --output x -e=false [F]", "! 8 cannot operate on both --output and --in-place"),
        ("sops -d [F]", "$ decrypt -- [F]"),
        ("sops -d -i [F]", "$ decrypt --in-place -- [F]"),
        ("sops -d --age x --input-type json [F]", "$ decrypt --input-type=json -- [F]"),
        ("sops --extract '[\"a\"]' -d [F]", "$ decrypt --extract=[\"a\"] -- [F]"),
        ("sops --indent 2 -d [F]", "$ decrypt --indent=2 -- [F]"),
        ("sops --config c -e [F]", "$ encrypt --config=c -- [F]"),
        (
            "sops -e --encrypted-comment-regex x --mac-only-encrypted [F]",
            "$ encrypt --encrypted-comment-regex=x --mac-only-encrypted -- [F]",
        ),
        ("sops -r -i --rm-age x [F]", "$ rotate --in-place --rm-age=x -- [F]"),
        ("sops --set '[\"a\"] \"x y\"' [F]", "$ set -- [F] [\"a\"] \"x y\""),
        ("sops --set '[\"a\"]1' [F]", "! 7 invalid --set format"),
        ("sops --set '' -d [F]", "$ decrypt -- [F]"),
        ("sops", "! 100 no file specified"),
        ("sops -d", "! 100 no file specified"),
        ("sops ''", "! 2 .: cannot read the file: is a directory"),
        ("sops -d [D]", "! 2 [D]: cannot read the file: is a directory"),
        ("sops -d [N]", "! 100 cannot operate on non-existent file \"[N]\""),
        ("sops -r [N]", "! 100 cannot operate on non-existent file \"[N]\""),
        ("sops -r --rm-pgp x [N]", "! 49 cannot add or remove keys on non-existent file \"[N]\""),
        ("sops --set '[\"a\"] 1' [N]", "! 2 [N]: cannot read the file: no such file or directory"),
    ]);
    assert_eq!(told("sops -d [F] -i"), format!("$ decrypt -- [F] {MANY}"));
    assert_eq!(told("sops -d [F] [N]"), format!("$ decrypt -- [F] {MANY}"));
    assert_eq!(told("sops -e -d [F]"), format!("$ decrypt -- [F] {several}"));
    assert_eq!(told("sops --set '[\"a\"] 1' -e [F]"), format!("$ set -- [F] [\"a\"] 1 {several}"));
}

#[test]
fn what_sops_refuses() {
    check(&[
        ("sops decrypt [N]", "! 100 cannot operate on non-existent file \"[N]\""),
        ("sops decrypt [D]", "! 2 [D]: cannot read the file: is a directory"),
        ("sops decrypt -i", "! 8 cannot use --in-place when reading from stdin"),
        ("sops encrypt", "! 8 must specify --filename-override when reading from stdin"),
        ("sops encrypt -i --output x [F]", "! 8 cannot operate on both --output and --in-place"),
        ("sops edit", "! 100 no file specified"),
        ("sops rotate", "! 100 no file specified"),
        ("sops rotate [N]", "! 2 [N]: cannot read the file: no such file or directory"),
        ("sops rotate --add-age x [N]", "! 49 cannot add or remove keys on non-existent file \"[N]\""),
        ("sops set [F] x", "! 100 the file, the index or the value is missing, or too much is given"),
        (
            "sops set --value-stdin=true [F] x y",
            "! 100 the file, the index or the value is missing, or too much is given",
        ),
        (
            "sops set --value-stdin=true --value-file=true [F] x",
            "! 1 cannot use both --value-file and --value-stdin",
        ),
        ("sops unset [F]", "! 100 the file or the index is missing, or too much is given"),
        ("sops unset [N] x", "! 2 [N]: cannot read the file: no such file or directory"),
        ("sops updatekeys", "! 100 no file specified"),
        ("sops filestatus", "! 100 no file specified"),
        ("sops filestatus [N]", "! 1 [N]: cannot read the file: no such file or directory"),
        ("sops exec-env [F]", "! 1 missing file to decrypt, or command to run"),
        ("sops exec-env [F] x y", "! 1 missing file to decrypt, or command to run"),
        ("sops exec-env [N] x", "! 2 [N]: cannot read the file: no such file or directory"),
        (
            "sops exec-env --background --same-process=true [F] x",
            "! 8 --same-process cannot be used with --background",
        ),
        ("sops groups add x", "! 1 no positional arguments allowed"),
        ("sops groups delete", "! 1 exactly one argument is needed, the index of the group"),
    ]);
}

#[test]
fn help_and_versions() {
    check(&[
        ("sops --version", "> sops 3.13.3"),
        ("sops -v", "> sops 3.13.3"),
        ("sops --version --disable-version-check", "> sops 3.13.3"),
        ("sops --check-for-updates -version decrypt [N]", "> sops 3.13.3"),
        ("sops --help", "> NAME:"),
        ("sops --help decrypt", "> NAME:"),
        ("sops help", "> NAME:"),
        ("sops h", "> NAME:"),
        ("sops help decrypt x", "> NAME:"),
        ("sops help x", "! 3 No help topic for 'x'"),
        ("sops decrypt -h [N]", "> NAME:"),
        ("sops groups", "> NAME:"),
        ("sops groups -h", "> NAME:"),
        ("sops groups help add", "> NAME:"),
        ("sops groups add --help", "> NAME:"),
        ("sops groups x", "! 3 No help topic for 'x'"),
        ("sops groups help x", "! 3 No help topic for 'x'"),
        ("sops completion", "> NAME:"),
        ("sops completion fish", "> "),
        ("sops completion powershell", "> "),
        ("sops completion tcsh", "! 3 No help topic for 'tcsh'"),
        (
            "sops -di [F]",
            "> Incorrect Usage. flag provided but not defined: -di ! 1 flag provided but not defined: -di",
        ),
        (
            "sops decrypt -x [F]",
            "> Incorrect Usage: flag provided but not defined: -x ! 1 flag provided but not defined: -x",
        ),
        ("sops decrypt [F] ---i", "> Incorrect Usage: bad flag syntax: ---i ! 1 bad flag syntax: ---i"),
        (
            "sops groups --version",
            "> Incorrect Usage. flag provided but not defined: -version ! 1 flag provided but not defined: -version",
        ),
        (
            "sops help --foo",
            "> Incorrect Usage: flag provided but not defined: -foo ! 1 flag provided but not defined: -foo",
        ),
        (
            "sops -d --decrypt [F]",
            "> Cannot use two forms of the same flag: d decrypt ! 1 Cannot use two forms of the same flag: d decrypt",
        ),
        (
            "sops decrypt -i --in-place [F]",
            "> Incorrect Usage: Cannot use two forms of the same flag: i in-place ! 1 Cannot use two forms of the same flag: i in-place",
        ),
    ]);
    let of = |line: &str| match answer(
        &line.split(' ').map(OsString::from).collect::<Vec<_>>(),
        &mut Vec::new(),
    ) {
        Answer::Text(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(of("sops help groups").contains("sops groups - "));
    assert!(of("sops groups help delete").contains("sops groups delete [command options] [index]"));
}

#[test]
fn what_shells_ask_for() {
    let asked = |line: &str| {
        let words: Vec<OsString> =
            format!("{line} --generate-bash-completion").split(' ').map(OsString::from).collect();
        match answer(&words, &mut Vec::new()) {
            Answer::Text(text) => text.replace('\n', " "),
            other => panic!("{other:?}"),
        }
    };
    let commands = "completion exec-env exec-file publish keyservice filestatus groups updatekeys decrypt encrypt \
                    rotate edit set unset help h ";
    for line in ["sops", "sops foo", "sops --unknown foo"] {
        assert_eq!(asked(line), commands, "{line}");
    }
    assert_eq!(asked("sops --i"), "--in-place --input-type --ignore-mac --indent ");
    assert_eq!(asked("sops decrypt"), "");
    assert_eq!(asked("sops decrypt --output --o"), "--output-type ");
    assert_eq!(asked("sops groups"), "add delete help h ");
    assert_eq!(asked("sops groups add --ag"), "--age ");
    assert_eq!(asked("sops completion"), "bash zsh fish powershell help h ");
}

#[test]
fn flags_before_a_command_that_do_nothing_are_told() {
    assert_eq!(
        told("sops --ignore-mac --verbose rotate [F]"),
        "$ rotate -- [F] ? --ignore-mac has no effect before a command"
    );
    assert_eq!(told("sops --verbose decrypt --ignore-mac=1 [F]"), "$ decrypt --ignore-mac -- [F]");
}

#[test]
fn every_command_line_of_sops_is_one_of_the_tool() {
    let mut own = super::super::command(crate::role::Role::Sops);
    own.build();
    for command in tables::COMMANDS.iter().filter(|command| !matches!(command.name, "help" | "completion")) {
        let below: Vec<_> = match command.commands {
            [] => vec![(command, own.find_subcommand(command.name))],
            commands => commands
                .iter()
                .map(|below| {
                    let found = own.find_subcommand(command.name);
                    (below, found.and_then(|found| found.find_subcommand(below.name)))
                })
                .collect(),
        };
        for (command, found) in below {
            // Commands that are not there yet are refused as unknown.
            let Some(found) = found else { continue };
            let unused = |name: &str| {
                matches!(name, "help" | "verbose")
                    || matches!(command.name, "set" | "unset") && name == "shamir-secret-sharing-threshold"
            };
            for flag in command.flags.iter().copied().flatten().filter(|flag| !unused(flag.name())) {
                let known = found.get_arguments().any(|argument| argument.get_long() == Some(flag.name()));
                assert!(known, "{} --{}", command.name, flag.name());
            }
        }
    }
}
