//! Files in buckets.

use fieldseal_test_support::{Outcome, RECIPIENT, testdata};

use crate::scene::{Program, Scene, path, through_proxy};

const TEXT: &str = "password: geheim\nport: 5432\n";

/// A second recipient; its identity is in the test vectors.
const BOB: &str = "age1ys4npv0tz4q9c5lyhskpkf4x8daluu7p6xrlf4vz5ptk55p6zgpqks6adm";

#[test]
fn s3_gets_what_it_gets_of_sops() {
    let scene = Scene::new();
    scene.rules("  - {s3_bucket: one, s3_prefix: 'p/x '}\n");
    for name in ["plain.yaml", "ü+$ &=~.json", "c.env"] {
        let text = if name.ends_with("json") {
            "{\"a\": \"b\"}"
        } else if name.ends_with("env") {
            "A=b\n"
        } else {
            TEXT
        };
        let sealed = scene.sealed(name, text);
        let mut seen = Vec::new();
        for program in [Program::Sops, Program::Ours, Program::Own] {
            let outcome = scene.publish(program, &["-y", name]).expect_code(0);
            assert!(outcome.stdout.is_empty(), "{program:?}: {outcome}");
            seen.push(scene.in_s3("one", &format!("p/x {name}")).unwrap());
            assert_eq!(seen.last().unwrap().0, sealed, "{program:?}: {name}");
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{name}");
    }
}

#[test]
fn gcs_gets_what_it_gets_of_sops() {
    let scene = Scene::new();
    scene.rules("  - {gcs_bucket: two, gcs_prefix: p/}\n");
    let sealed = scene.sealed("a b.yaml", TEXT);
    for program in [Program::Sops, Program::Ours, Program::Own] {
        scene.publish(program, &["-y", "a b.yaml"]).expect_code(0);
        assert_eq!(scene.in_gcs("two", "p%2Fa%20b.yaml").unwrap(), sealed, "{program:?}");
    }
}

#[test]
fn credentials_of_aws_are_found_where_they_are() {
    let scene = Scene::new();
    scene.rules("  - s3_bucket: one\n");
    let home = scene.sandbox.root().join("home/.aws");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(
        home.join("credentials"),
        "[keys]\naws_access_key_id = ACCESS\naws_secret_access_key = SECRET\n",
    )
    .unwrap();
    let printed = r#"{"Version": 1, "AccessKeyId": "ACCESS", "SecretAccessKey": "SECRET"}"#;
    std::fs::write(
        home.join("config"),
        format!(
            "[profile keys]\nregion = eu-central-1\n[profile program]\nregion = eu-central-1\n\
             credential_process = echo '{printed}'\n[profile own]\nservices = own\n[services own]\ns3 =\n  \
             endpoint_url = {}\n",
            scene.said("s3")
        ),
    )
    .unwrap();
    let machine = scene.said("machine");
    let container = format!("{machine}/container");
    for (name, variables) in [
        ("profile", &[("AWS_PROFILE", "keys")][..]),
        ("program", &[("AWS_PROFILE", "program")]),
        (
            "instance",
            &[("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine)],
        ),
        (
            "container",
            &[
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str()),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "CONTAINER"),
            ],
        ),
        (
            "services",
            &[
                ("AWS_PROFILE", "own"),
                ("AWS_ACCESS_KEY_ID", "ACCESS"),
                ("AWS_SECRET_ACCESS_KEY", "SECRET"),
                ("HTTPS_PROXY", ""),
            ],
        ),
    ] {
        let file = format!("{name}.yaml");
        let sealed = scene.sealed(&file, TEXT);
        let mut command = scene.command(Program::Own, &["-y", &file]);
        through_proxy(&mut command, &scene).envs(variables.iter().copied());
        if name == "profile" || name == "program" {
            command.env_remove("AWS_REGION");
        }
        Outcome::of(&mut command, b"").expect_code(0);
        assert_eq!(scene.in_s3("one", &file).unwrap().0, sealed, "{name}");
    }
    scene.sealed("none.yaml", TEXT);
    let mut command = scene.command(Program::Own, &["-y", "none.yaml"]);
    let outcome = Outcome::of(through_proxy(&mut command, &scene), b"").expect_code(1);
    assert!(outcome.mentions("no credentials for AWS"), "{outcome}");
    let mut command = scene.command(Program::Own, &["-y", "none.yaml"]);
    let outcome = Outcome::of(command.env("AWS_SECRET_ACCESS_KEY", "WRONG"), b"").expect_code(1);
    assert!(outcome.mentions("refuses, with status 403"), "{outcome}");
    assert_eq!(scene.in_s3("one", "none.yaml"), None);
}

#[test]
fn a_token_of_an_identity_provider_is_exchanged_for_a_session() {
    let scene = Scene::new();
    scene.rules("  - s3_bucket: one\n");
    scene.sealed("a.yaml", TEXT);
    let published = |program, token| {
        scene.sandbox.write("token", token);
        let mut command = scene.command(program, &["-y", "a.yaml"]);
        through_proxy(&mut command, &scene)
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", "token")
            .env("AWS_ROLE_ARN", "arn:aws:iam::1:role/publisher");
        Outcome::of(&mut command, b"").expect_code(1)
    };
    let outcome = published(Program::Own, "WRONG");
    assert!(outcome.mentions("the role of AWS was refused with status 403"), "{outcome}");
    // The gateway has no sessions, so that it is what refuses, of both programs.
    let outcome = published(Program::Own, "WEB");
    assert!(outcome.mentions("the server refuses, with status 400"), "{outcome}");
    let outcome = published(Program::Sops, "WEB");
    assert!(outcome.mentions("PutObject") && outcome.mentions("StatusCode: 400"), "{outcome}");
}

#[test]
fn sops_reaches_the_same_buckets_under_their_real_names() {
    let scene = Scene::new();
    scene.rules("  - {path_regex: s3, s3_bucket: one}\n  - gcs_bucket: two\n");
    for name in ["s3.yaml", "gcs.yaml"] {
        let sealed = scene.sealed(name, TEXT);
        for program in [Program::Sops, Program::Ours] {
            let mut command = scene.command(program, &["-y", name]);
            through_proxy(&mut command, &scene)
                .env("AWS_ACCESS_KEY_ID", "ACCESS")
                .env("AWS_SECRET_ACCESS_KEY", "SECRET")
                .env("GOOGLE_APPLICATION_CREDENTIALS", path(&scene.made("service-account.json")));
            Outcome::of(&mut command, b"").expect_code(0);
        }
        let there = if name == "s3.yaml" {
            scene.in_s3("one", name).map(|found| found.0)
        } else {
            scene.in_gcs("two", name)
        };
        assert_eq!(there.unwrap(), sealed, "{name}");
    }
}

#[test]
fn credentials_of_google_are_found_where_they_are() {
    let scene = Scene::new();
    scene.rules("  - gcs_bucket: one\n");
    let machine = scene.said("machine").strip_prefix("http://").unwrap();
    let (account, user) = (scene.made("service-account.json"), scene.made("user.json"));
    let (account, user) = (account.to_str().unwrap(), user.to_str().unwrap());
    for (name, variables) in [
        ("account", &[("GOOGLE_APPLICATION_CREDENTIALS", account)][..]),
        ("user", &[("GOOGLE_APPLICATION_CREDENTIALS", user), ("GOOGLE_OAUTH_ACCESS_TOKEN", "WRONG")]),
        ("token", &[("GOOGLE_OAUTH_ACCESS_TOKEN", "TOKEN")]),
        ("machine", &[("GCE_METADATA_HOST", machine)]),
    ] {
        let file = format!("{name}.yaml");
        let sealed = scene.sealed(&file, TEXT);
        let mut command = scene.command(Program::Own, &["-y", &file]);
        Outcome::of(through_proxy(&mut command, &scene).envs(variables.iter().copied()), b"").expect_code(0);
        assert_eq!(scene.in_gcs("one", &file).unwrap(), sealed, "{name}");
    }
    scene.sealed("none.yaml", TEXT);
    let mut command = scene.command(Program::Own, &["-y", "none.yaml"]);
    let command = through_proxy(&mut command, &scene).env("GOOGLE_OAUTH_ACCESS_TOKEN", "WRONG");
    let outcome = Outcome::of(command, b"").expect_code(1);
    assert!(outcome.mentions("refuses, with status 401"), "{outcome}");
    assert_eq!(scene.in_gcs("one", "none.yaml"), None);
}

#[test]
fn a_recreation_rule_counts_with_all_of_its_settings() {
    let scene = Scene::new();
    let recreation = format!("{{age: {BOB}, encrypted_regex: ^password$}}");
    scene.rules(&format!("  - {{s3_bucket: one, recreation_rule: {recreation}}}\n"));
    scene.sealed("a.yaml", "password: geheim # note\nport: 5432\nx_unencrypted: own\n");
    let mut diffs = Vec::new();
    for program in [Program::Sops, Program::Ours, Program::Own] {
        let outcome = scene.publish(program, &["-y", "a.yaml"]).expect_code(0);
        diffs.push(outcome.text().to_owned());
        let (published, _) = scene.in_s3("one", "a.yaml").unwrap();
        let published = String::from_utf8(published).unwrap();
        assert!(!published.contains("geheim") && published.contains(BOB) && !published.contains(RECIPIENT));
        if program == Program::Sops {
            continue;
        }
        assert!(published.contains("port: 5432"), "the setting counts: {published}");
        scene.sandbox.write("published.yaml", &published);
        let mut command = scene.sandbox.command(fieldseal_test_support::tool("sops"));
        command
            .args(["decrypt", "published.yaml"])
            .env("SOPS_AGE_KEY_FILE", testdata("vectors/keys/bob.txt"));
        let opened = Outcome::of(&mut command, b"").expect_code(0);
        assert!(opened.text().contains("password: geheim") && opened.text().contains("x_unencrypted: own"));
    }
    assert!(diffs[0].contains(&format!("+++ {BOB}")) && diffs[0].contains(&format!("--- {RECIPIENT}")));
    assert!(diffs.iter().all(|diff| *diff == diffs[0]), "{diffs:?}");
}
