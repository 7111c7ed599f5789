//! Facts about tokens, their additional data, and the MAC.

use crate::bench::{BOTH, Bench, Tool, body, part, swap, tokens, types, without_lines};

// A1
#[test]
fn nonces_are_32_bytes() {
    let bench = Bench::new();
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", "a: b\n");
        for token in tokens(&sealed) {
            let nonce = part(token, "iv");
            assert_eq!((nonce.len(), nonce.ends_with('=') && !nonce.ends_with("==")), (44, true), "{token}");
        }
    }
}

// A2
#[test]
fn a_value_is_bound_to_the_keys_above_it_and_not_to_its_place_in_a_list() {
    let bench = Bench::new();
    let text = "a:\n    b: one\nl:\n    - k: two\n    - k: three\n";
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", text);
        bench.both_decrypt("f.yaml", sealed.replace("a:\n", "x:\n"), 25);
        bench.both_decrypt("f.yaml", swap(&sealed, "    b: ", "    x: "), 25);
    }
    let sealed = bench.seal(Tool::Sops, "f.yaml", text);
    bench.both_decrypt("f.yaml", swap(&sealed, "    b: ", "    x: "), 25);
    // The order in a list is only in the MAC.
    let all = tokens(&sealed);
    let swapped = sealed.replace(all[1], "?").replace(all[2], all[1]).replace('?', all[2]);
    bench.both_decrypt("f.yaml", &swapped, 51);
    // One key with a colon has the data of two keys.
    let moved = swap(&sealed, "a:\n    b: ", "\"a:b\": ");
    assert!(bench.open(Tool::Sops, "f.yaml", &moved).starts_with("a:b: one\n"));
    assert!(bench.open(Tool::Ours, "f.yaml", &moved).starts_with("\"a:b\": one\n"));
}

// A3
#[test]
fn a_comment_is_bound_to_the_container_it_stands_in() {
    let bench = Bench::new();
    let text = "# top\na: 1\nm:\n    # inner\n    x: 2\n";
    bench.round("f.yaml", text).same_bytes();
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", text);
        let (top, inner) = (tokens(&sealed)[0], tokens(&sealed)[2]);
        let moved = sealed.replace(inner, top);
        // What does not open stays as it is, with a warning.
        for by in BOTH {
            let outcome = bench.decrypt(by, "f.yaml", &moved).expect_code(0);
            assert!(outcome.text().contains(&format!("#{top}")) && !outcome.stderr.is_empty(), "{outcome}");
        }
    }
}

// A4
#[test]
fn flat_formats_have_a_path_as_well() {
    let bench = Bench::new();
    for (name, text) in [
        ("f.env", "# c\nA=one\nB=two\n"),
        ("f.ini", "top = 1\n\n[s]\nk = v\n"),
        ("f.ini", "[s]\n; c\nk = v\n"),
        ("f.txt", "any text\n"),
    ] {
        bench.round(name, text).same_bytes();
    }
    let sealed = bench.seal(Tool::Ours, "f.env", "A=one\nB=two\n");
    bench.both_decrypt("f.env", swap(&sealed, "\nB=", "\nC="), 25);
    let sealed = bench.seal(Tool::Ours, "f.ini", "top = 1\n[s]\nk = v\n");
    bench.both_decrypt("f.ini", swap(&sealed, "[s]", "[t]"), 25);
}

// A5
#[test]
fn empty_strings_stay_empty_strings() {
    let bench = Bench::new();
    for (name, text) in [
        ("f.yaml", "a: \"\"\nb: x\n"),
        ("f.json", "{\n\t\"a\": \"\",\n\t\"b\": \"x\"\n}\n"),
        ("f.env", "A=\nB=x\n"),
    ] {
        let round = bench.round(name, text).same_bytes();
        assert_eq!(types(&round.ours), ["str"]);
    }
    // An empty string in the place of a token opens without a check.
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: x\nb: \"\"\n");
    bench.both_decrypt("f.yaml", swap(&sealed, "b: \"\"", "b: \"\"\nc: \"\""), 0);
}

// A6
#[test]
fn nulls_and_empty_containers_are_neither_encrypted_nor_in_the_mac() {
    let bench = Bench::new();
    let round = bench.round("f.yaml", "a: x\nn: null\nm: {}\nl: []\n").same_bytes();
    assert_eq!(types(&round.ours), ["str"]);
    let more = swap(&round.ours, "m: {}\n", "m: {}\nmore: [null, {}, []]\n");
    bench.sandbox.write("f.yaml", &more);
    for by in BOTH {
        bench.run(by, &["decrypt", "f.yaml"]).expect_code(0);
    }
    bench.both_decrypt("f.yaml", swap(&round.ours, "n: null\nm: {}\nl: []\n", ""), 0);
}

// A7
#[test]
fn bools_are_encrypted_with_a_capital_and_read_in_many_spellings() {
    let bench = Bench::new();
    let round = bench.round("f.yaml", "t: true\nf: false\nu: TRUE\nw: False\n").same();
    assert_eq!(round.theirs_here, "t: true\nf: false\nu: true\nw: false\n");
    assert_eq!(types(&round.ours), ["bool"; 4]);
    // As text, the same bytes are a bool to whoever relabels them.
    for (text, value) in
        [("True", "true"), ("true", "true"), ("1", "true"), ("F", "false"), ("FALSE", "false")]
    {
        let sealed = bench.seal(Tool::Sops, "f.yaml", format!("a: \"{text}\"\n"));
        let labelled = sealed.replacen("type:str", "type:bool", 1);
        let code = if ["True", "False"].contains(&text) { 0 } else { 51 };
        bench.both_decrypt("f.yaml", &labelled, code);
        let opened = bench.run(Tool::Ours, &["decrypt", "--ignore-mac", "f.yaml"]).expect_code(0);
        assert_eq!(opened.text().to_lowercase(), format!("a: {value}\n"), "{text}");
    }
}

// A8, A9
#[test]
fn floats_have_no_exponent_in_the_mac_and_lose_nothing_here() {
    let bench = Bench::new();
    for (text, sops) in [
        ("1e21", "1e+21"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("1e-7", "1e-07"),
        ("123456789.5", "1.234567895e+08"),
        (".inf", ".inf"),
        ("-.inf", "-.inf"),
        ("1E3", "1000"),
    ] {
        let round = bench.round("f.yaml", &format!("a: {text}\nb_unencrypted: {text}\n")).same();
        assert!(round.ours_there.starts_with(&format!("a: {sops}\n")), "{}", round.ours_there);
        assert_eq!(types(&round.ours), ["float"]);
        let [here, there] =
            [&round.theirs_here, &round.theirs_there].map(|text| bench.extracted("f.yaml", text, "[\"a\"]"));
        assert_eq!(here, there);
    }
}

// A10
#[test]
fn dates_are_timestamps_and_offsets_stay() {
    let bench = Bench::new();
    for (text, sops) in [
        ("2020-01-02", "2020-01-02T00:00:00Z"),
        ("2006-01-02T15:04:05+07:06", "2006-01-02T15:04:05+07:06"),
        ("2020-01-02t03:04:05.500Z", "2020-01-02T03:04:05.5Z"),
        ("2020-1-2 3:4:5", "2020-01-02T03:04:05Z"),
    ] {
        let round = bench.round("f.yaml", &format!("a: {text}\n")).same();
        assert_eq!(types(&round.ours), ["time"]);
        assert_eq!(round.ours_there, format!("a: {sops}\n"));
        assert_eq!(round.theirs_here, format!("a: {sops}\n"));
    }
}

// A11
#[test]
fn the_mac_goes_with_the_date_to_the_second() {
    let bench = Bench::new();
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", "a: b\n---\nc: d\n");
        let opened = bench.both_decrypt("f.yaml", sealed.replace("Z\"\n", ".5Z\"\n"), 0);
        assert_eq!(opened, "a: b\n---\nc: d\n");
        bench.both_decrypt("f.yaml", sealed.replace("lastmodified: \"20", "lastmodified: \"19"), 51);
    }
}

// A11
#[test]
fn the_mac_has_no_separators_and_no_keys() {
    let bench = Bench::new();
    let text = "x_unencrypted: ab\ny_unencrypted: c\n";
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", text);
        let other = swap(&swap(&sealed, "ted: ab", "ted: a"), "ted: c", "ted: bc");
        bench.both_decrypt("f.yaml", other.replace("x_un", "z_un"), 0);
        bench.both_decrypt("f.yaml", swap(&sealed, "ted: ab", "ted: ba"), 51);
    }
}

// A12
#[test]
fn with_mac_only_encrypted_the_rest_may_change() {
    let bench = Bench::with("mac_only_encrypted: true");
    for by in BOTH {
        let sealed = bench.seal(by, "f.yaml", "a: b\nc_unencrypted: d\n");
        assert!(sealed.contains("mac_only_encrypted: true"));
        let opened = bench.both_decrypt("f.yaml", swap(&sealed, "ted: d", "ted: e"), 0);
        assert_eq!(opened, "a: b\nc_unencrypted: e\n");
        bench.both_decrypt("f.yaml", without_lines(&sealed, "mac_only"), 51);
    }
}

// A13, B1
#[test]
fn an_encrypted_comment_in_a_list_is_an_element_that_is_not_in_the_mac() {
    let bench = Bench::new();
    let round = bench.round("f.yaml", "l:\n    # c\n    - a\n    - b\n").same();
    assert!(round.theirs.contains("- ENC[") && types(&round.theirs).contains(&"comment"));
    assert_eq!(round.theirs_here, "l:\n    # c\n    - a\n    - b\n");
    assert_eq!(round.ours_there, "l:\n    # c\n    - a\n    - b\n");
}

// A14
#[test]
fn a_lone_number_sign_in_a_list_comes_back_from_sops_as_an_element() {
    let bench = Bench::new();
    let text = "l:\n    - a\n    #\n    - b\n";
    let theirs = bench.seal(Tool::Sops, "f.yaml", text);
    assert_eq!(bench.both_decrypt("f.yaml", theirs, 0), "l:\n    - a\n    - \"\"\n    - b\n");
    // Here it stays what it is.
    let ours = bench.seal(Tool::Ours, "f.yaml", text);
    assert_eq!(bench.open(Tool::Ours, "f.yaml", &ours), text);
    bench.decrypt(Tool::Sops, "f.yaml", &ours).expect_code(0);
}

// A15
#[test]
fn a_comment_in_clear_is_kept_with_a_warning_and_a_value_in_clear_is_not() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    let commented = format!("# clear\n{sealed}");
    assert_eq!(bench.both_decrypt("f.yaml", &commented, 0), "# clear\na: b\n");
    assert!(bench.run(Tool::Ours, &["decrypt", "f.yaml"]).stderr.contains("warning"));
    for value in ["clear", "5", "true", "ENC[AES256_GCM,data:,iv:,tag:,type:str]"] {
        bench.both_decrypt("f.yaml", format!("z: {value}\n{sealed}"), 25);
    }
}

// A16
#[test]
fn a_token_is_matched_as_a_prefix_and_its_type_runs_to_the_last_bracket() {
    let bench = Bench::new();
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: b\n");
    let token = tokens(&sealed)[0].to_owned();
    assert_eq!(
        bench.both_decrypt("f.yaml", swap(&sealed, &token, &format!("{token} and more")), 0),
        "a: b\n"
    );
    bench.both_decrypt("f.yaml", swap(&sealed, &token, &format!("'{token}]'")), 25);
    bench.both_decrypt("f.yaml", swap(&sealed, &token, &format!("' {token}'")), 25);
}

// A17
#[test]
fn the_label_of_the_type_is_believed() {
    let bench = Bench::new();
    for (text, label, value) in [
        ("'5'", "int", "5"),
        ("'5'", "float", "5"),
        ("'True'", "bool", "true"),
        ("'2020-01-02T00:00:00Z'", "time", "2020-01-02T00:00:00Z"),
        ("5", "str", "\"5\""),
    ] {
        let sealed = bench.seal(Tool::Sops, "f.yaml", format!("a: {text}\n"));
        let token = tokens(&sealed)[0].to_owned();
        let other = token.replace(&format!("type:{}", part(&token, "type")), &format!("type:{label}"));
        let sealed = swap(&sealed, &token, &other);
        let theirs = bench.open(Tool::Sops, "f.yaml", &sealed);
        assert_eq!(theirs, format!("a: {value}\n"));
        let ours = bench.open(Tool::Ours, "f.yaml", &sealed);
        assert_eq!(bench.values("f.yaml", &ours), bench.values("f.yaml", &theirs), "{ours}");
    }
    let sealed = bench.seal(Tool::Sops, "f.yaml", "a: word\n");
    for label in ["int", "float", "bool", "time", "STR", "string"] {
        bench.both_decrypt("f.yaml", sealed.replacen("type:str", &format!("type:{label}"), 1), 25);
    }
}

// A18, B30
#[test]
fn equal_elements_share_a_nonce_after_an_edit_by_sops_and_not_here() {
    let bench = Bench::new();
    for (by, distinct) in [(Tool::Sops, 1), (Tool::Ours, 2)] {
        bench.sandbox.write("f.yaml", bench.seal(Tool::Ours, "f.yaml", "l:\n    - same\n    - same\nx: 1\n"));
        bench.edit(by, "f.yaml", "sed 's/x: 1/x: 2/' \"$1\" > t; cat t > \"$1\"\n").expect_code(0);
        let sealed = String::from_utf8(bench.sandbox.read("f.yaml")).unwrap();
        let mut tokens = tokens(body(&sealed))[..2].to_vec();
        tokens.dedup();
        assert_eq!(tokens.len(), distinct, "{by:?}");
        assert_eq!(bench.both_decrypt("f.yaml", &sealed, 0), "l:\n    - same\n    - same\nx: 2\n");
    }
}

// A19
#[test]
fn a_file_that_sops_rotated_opens() {
    let bench = Bench::new();
    bench.sandbox.write("f.yaml", bench.seal(Tool::Ours, "f.yaml", "# c\na: b\nm: 5\n"));
    bench.run(Tool::Sops, &["rotate", "-i", "f.yaml"]).expect_code(0);
    let rotated = bench.sandbox.read("f.yaml");
    assert_eq!(bench.both_decrypt("f.yaml", rotated, 0), "# c\na: b\nm: 5\n");
}
