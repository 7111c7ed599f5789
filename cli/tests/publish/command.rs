//! The command itself: which files, what is refused, and questions.

use fieldseal_test_support::{CANARY, Outcome};

use crate::scene::{Program, Scene};

const TEXT: &str = "password: geheim\n";

#[test]
fn of_a_folder_the_encrypted_files_with_a_rule_are_published() {
    let scene = Scene::new();
    scene.rules(
        "  - {path_regex: '^apps/.*\\.(yaml|json)$', s3_bucket: one, s3_prefix: p/, omit_extensions: true}\n",
    );
    for name in ["apps/a.yaml", "apps/sub/b.yaml", "apps/no-rule.env", "elsewhere.yaml"] {
        scene.sealed(name, if name.ends_with("env") { "A=b\n" } else { TEXT });
    }
    scene.sandbox.write("apps/clear.yaml", TEXT);
    let outcome = scene.publish(Program::Own, &["--yes", "apps"]).expect_code(0);
    assert!(outcome.mentions("2 files published"), "{outcome}");
    assert!(scene.in_s3("one", "p/a").is_some() && scene.in_s3("one", "p/sub/b").is_some());
    let outcome = scene.publish(Program::Own, &["--yes", "apps"]).expect_code(0);
    assert!(outcome.mentions("0 files published, 2 already there"), "{outcome}");

    // Two files would be one object.
    scene.sealed("apps/a.json", "{\"a\": 1}");
    let outcome = scene.publish(Program::Own, &["--yes", "apps/a.json", "apps/a.yaml"]);
    assert!(outcome.code != 0 && outcome.mentions("goes as well"), "{outcome}");
}

#[test]
fn recursive_gives_the_names_that_sops_gives() {
    let scene = Scene::new();
    scene.rules("  - {path_regex: ^apps/, s3_bucket: one}\n");
    let names = ["a.yaml", "sub/b.yaml", "sub/c.yaml"];
    for name in names {
        scene.sealed(&format!("apps/{name}"), TEXT);
    }
    for program in [Program::Ours, Program::Sops] {
        scene.publish(program, &["--yes", "--recursive", "apps"]).expect_code(0);
        for name in names {
            let there = scene.in_s3("one", name).unwrap_or_else(|| panic!("{program:?} {name}"));
            assert_eq!(there.0, scene.sandbox.read(&format!("apps/{name}")));
            std::fs::remove_file(scene.made("buckets/one").join(name)).unwrap();
        }
    }
    // The run ends at the first failure.
    scene.sandbox.write("apps/b-clear.yaml", TEXT);
    for program in [Program::Ours, Program::Sops] {
        scene.publish(program, &["--yes", "--recursive", "apps"]).expect_code(1);
        assert!(scene.in_s3("one", "a.yaml").is_some(), "{program:?}");
        assert_eq!(scene.in_s3("one", "sub/b.yaml"), None, "{program:?}");
    }
}

#[test]
fn questions_are_those_of_sops() {
    let scene = Scene::new();
    scene.rules("  - {path_regex: s3, s3_bucket: one}\n  - vault_path: app\n");
    for name in ["s3.yaml", "v.yaml"] {
        scene.sealed(name, TEXT);
        for (answer, code) in [("n\n", 1), ("what\ny\n", 0), ("", 1)] {
            let asked = |program| Outcome::of(&mut scene.command(program, &[name]), answer.as_bytes());
            let (ours, sops) = (asked(Program::Ours), asked(Program::Sops));
            assert_eq!((ours.code, ours.text()), (code, sops.text()), "{name} {answer:?}");
            assert_eq!(sops.code, code, "{name} {answer:?}");
        }
    }
}

#[test]
fn what_was_tampered_with_goes_nowhere() {
    let scene = Scene::new();
    scene.rules(
        "  - {path_regex: raw, s3_bucket: one}\n  - {path_regex: new, s3_bucket: one, recreation_rule: {age: \
         age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm}}\n  - vault_path: app\n",
    );
    let text = format!("password: {CANARY}\nclear_unencrypted: a\n");
    for name in ["raw.yaml", "new.yaml", "v.yaml"] {
        let sealed = String::from_utf8(scene.sealed(name, &text)).unwrap();
        let changed = sealed.replace("clear_unencrypted: a", "clear_unencrypted: b");
        assert_ne!(sealed, changed);
        scene.sandbox.write(name, &changed);
        for program in [Program::Own, Program::Ours, Program::Sops] {
            let outcome = scene.publish(program, &["-y", name]);
            assert!(!outcome.mentions(CANARY), "{outcome}");
            // Under the name sops, what is not decrypted takes no key, as there.
            let passes = name == "raw.yaml" && program != Program::Own;
            assert_eq!(outcome.code, if passes { 0 } else { 51 }, "{program:?} {name}: {outcome}");
        }
        if name != "raw.yaml" {
            assert_eq!(scene.in_s3("one", name), None);
        }
    }
    assert_eq!(scene.in_vault("secret/data/app/v.yaml"), None);
}

#[test]
fn a_value_in_clear_that_should_be_encrypted_goes_nowhere() {
    let scene = Scene::new();
    scene.rules("  - s3_bucket: one\n");
    let sealed = String::from_utf8(scene.sealed("a.yaml", TEXT)).unwrap();
    scene.sandbox.write("a.yaml", format!("added: {CANARY}\n{sealed}"));
    for program in [Program::Own, Program::Ours] {
        let outcome = scene.publish(program, &["-y", "a.yaml"]).expect_code(1);
        assert!(outcome.mentions("a.yaml:1:8: added: this value is in clear text"), "{outcome}");
        assert!(!outcome.mentions(CANARY), "{outcome}");
    }
    assert_eq!(scene.in_s3("one", "a.yaml"), None);
    scene.publish(Program::Sops, &["-y", "a.yaml"]).expect_code(0);
    assert!(scene.in_s3("one", "a.yaml").is_some());
}

#[test]
fn without_a_key_what_is_encrypted_is_published_with_a_warning() {
    let scene = Scene::new();
    scene.rules("  - s3_bucket: one\n");
    let sealed = scene.sealed("a.yaml", TEXT);
    std::fs::remove_dir_all(scene.sandbox.root().join("config/sops")).unwrap();
    let outcome = scene.publish(Program::Own, &["-y", "a.yaml"]).expect_code(0);
    assert!(outcome.mentions("without a look at its MAC"), "{outcome}");
    assert_eq!(scene.in_s3("one", "a.yaml").unwrap().0, sealed);
}

#[test]
fn a_name_that_is_an_extension_stays() {
    let scene = Scene::new();
    scene.rules("  - {s3_bucket: one, s3_prefix: p/, omit_extensions: true}\n");
    scene.sealed("app.env", "A=b\n");
    std::fs::rename(scene.sandbox.path("app.env"), scene.sandbox.path(".env")).unwrap();
    scene.publish(Program::Ours, &["-y", ".env"]).expect_code(0);
    assert!(scene.in_s3("one", "p/.env").is_some());
}
