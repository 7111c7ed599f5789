//! Made-up documents through the programs themselves, in both directions: sops encrypts and the built tool decrypts, the
//! tool encrypts and sops decrypts. What has to come out is known from the libraries, which the other suite of
//! this package holds against each other.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use fieldseal_core::Format;
use fieldseal_test_interop::{Document, Observed, Sops, Vault, format_name, generate};
use fieldseal_test_support::{IDENTITY, Outcome, RECIPIENT, Sandbox, fieldseal, seed, tool};

/// How many documents go through the programs.
const DOCUMENTS: usize = 500;

/// The first case: behind those of the other suite.
const FIRST: u64 = 1_000_000;

/// How many cases are made to have so many in which the two sides do not differ.
const CASES: u64 = 1_000;

/// How every token begins.
const TOKEN: &[u8] = b"ENC[AES256_GCM,";

#[test]
fn the_programs_open_each_others_files() {
    let seed = seed();
    println!("FIELDSEAL_SEED={seed}");
    let vault = Vault::new(seed);
    let documents = (FIRST..FIRST + CASES).map(|case| (case, generate(seed, case))).collect();
    let mut observed = Observed::all(documents, &vault, &mut Sops::start());
    observed.retain(is_plain);
    observed.truncate(DOCUMENTS);
    assert_eq!(observed.len(), DOCUMENTS, "too few of the cases are encrypted by both sides");
    for format in ["yaml", "json", "dotenv", "ini", "binary"] {
        let count = observed.iter().filter(|one| format_name(one.document.format) == format).count();
        println!("{format}: {count}");
        assert!(count > 10, "{count} documents of {format}");
    }
    let (one, other) = observed.split_at(DOCUMENTS / 2);
    let problems = std::thread::scope(|scope| {
        let other = scope.spawn(|| problems(other));
        [problems(one), other.join().expect("the other half ends")].concat()
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Whether both sides encrypt the document, open what comes out, and differ in nothing, not even where that is meant;
/// and whether a command line can be given.
fn is_plain(observed: &Observed) -> bool {
    // Where a mark stands depends on the length of the wrapped key.
    let marked = observed.document.text.windows(3).any(|bytes| bytes == b"\xEF\xBB\xBF");
    // What sops moved to where it cannot decrypt it stays a token, which is another one each time.
    let lost = |text: &[u8]| text.windows(TOKEN.len()).any(|bytes| bytes == TOKEN);
    let lost = observed.we_open_theirs.iter().flatten().any(|text| lost(text));
    let opened = |answer: &Option<_>| matches!(answer, Some(Ok(_)));
    let theirs = opened(&observed.sops_opens_theirs) && opened(&observed.sops_opens_ours);
    !marked && !lost && theirs && observed.judge().is_empty()
}

/// What is not as it should be.
fn problems(all: &[Observed]) -> Vec<String> {
    let sandbox = Sandbox::new();
    sandbox.install_identity(IDENTITY);
    all.iter().filter_map(|observed| problem(observed, &sandbox)).collect()
}

fn problem(observed: &Observed, sandbox: &Sandbox) -> Option<String> {
    let document = &observed.document;
    let end = match document.format {
        Format::Dotenv => "env",
        Format::Binary => "bin",
        format => format_name(format),
    };
    let name = |stem: &str| format!("{stem}.{end}");
    sandbox.write(&name("plain"), &document.text);
    let run = |theirs: bool, arguments: &[String]| {
        let program = if theirs { tool("sops") } else { fieldseal() };
        Outcome::of(sandbox.command(program).args(arguments), b"")
    };
    sandbox.write(".sops.yaml", configuration(document));
    let encrypt = ["encrypt".to_owned(), name("plain")];
    let decrypt = |stem: &str| ["decrypt".to_owned(), name(stem)];
    let report = |what: &str, outcome: &Outcome| {
        let text = String::from_utf8_lossy(&document.text);
        Some(format!("==== {what}: {}\n{outcome}\n---- document\n{text}", configuration(document)))
    };
    for (theirs, stem) in [(true, "theirs"), (false, "ours")] {
        let sealed = run(theirs, &encrypt);
        if sealed.code != 0 {
            return report(&format!("{stem} is not written"), &sealed);
        }
        sandbox.write(&name(stem), &sealed.stdout);
    }
    let printed =
        observed.sops_opens_ours.as_ref().and_then(|answer| answer.as_ref().ok()).map(|read| &read.text);
    let opened = observed.we_open_theirs.as_ref().and_then(|text| text.as_ref().ok());
    let expected =
        [(false, "ours", Some(&document.text)), (true, "ours", printed), (false, "theirs", opened)];
    for (by_sops, stem, text) in expected {
        let outcome = run(by_sops, &decrypt(stem));
        if outcome.code != 0 || Some(&outcome.stdout) != text {
            let who = if by_sops { "sops" } else { "the tool" };
            return report(&format!("{who} does not give the text of {stem}"), &outcome);
        }
    }
    None
}

/// A configuration with the rule of a document: sops has no flags for some of them.
fn configuration(document: &Document) -> String {
    let mut rule = serde_json::json!({ "age": RECIPIENT, "mac_only_encrypted": document.mac_only_encrypted });
    if document.format != Format::Binary {
        rule[document.selection.name()] = document.selection.text().into();
    }
    serde_json::json!({ "creation_rules": [rule] }).to_string()
}
