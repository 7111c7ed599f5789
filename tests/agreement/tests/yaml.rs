//! Our parser reads what the library inside sops reads, and makes the same of it.

use std::io::Write as _;
use std::path::PathBuf;

use fieldseal_core::testing::yaml_report;
use fieldseal_test_agreement::constructs::LEAST;
use fieldseal_test_agreement::corpus::samples;
use fieldseal_test_agreement::plan::Plan;
use fieldseal_test_agreement::run::{Disagreement, Outcome};
use fieldseal_test_agreement::soup::orders;
use fieldseal_test_support::seed;

/// Texts of each kind, generated and mutated, in a run that asks for no other number.
const TEXTS: usize = 50_000;

/// Every text of this many pieces is compared in a run that asks for no other number.
const PIECES: u32 = 4;

#[test]
fn yaml_is_read_as_sops_reads_it() {
    let count = std::env::var("FIELDSEAL_DOCUMENTS")
        .map_or(TEXTS, |count| count.parse().expect("FIELDSEAL_DOCUMENTS is a number"));
    let pieces = std::env::var("FIELDSEAL_PIECES")
        .map_or(PIECES, |count| count.parse().expect("FIELDSEAL_PIECES is a number"));
    let plan = Plan {
        seed: seed(),
        generated: count,
        mutated: count,
        soups: count,
        pieces,
        walks: count / 16,
        samples: samples(),
        ours: yaml_report,
    };
    say(&format!("FIELDSEAL_SEED={} FIELDSEAL_DOCUMENTS={count}", plan.seed));
    let outcome = plan.run(2);
    say(&format!("constructs of the generated texts\n{}", outcome.counts.table()));
    say(&format!("nodes of the mutated texts and the files\n{}", outcome.shapes.table()));
    say(&format!("files:     {:6}, {:6} read by the library", plan.samples.len(), outcome.samples_read));
    say(&format!("generated: {:6}, {:6} read by the library", plan.generated, outcome.generated_read));
    say(&format!("mutated:   {:6}, {:6} read by the library", plan.mutated, outcome.mutated_read));
    let pieces = plan.soups + orders(plan.pieces);
    say(&format!("of pieces: {pieces:6}, {:6} read by the library", outcome.pieces_read));
    say(&format!(
        "of walks:  {:6}, {:6} read by the library",
        Outcome::steps(plan.walks),
        outcome.steps_read
    ));
    say(&format!("the library crashed over {}", outcome.crashes));
    say(&format!("byte order marks inside a text changed how the library reads {}", outcome.marks));
    outcome.shown.iter().for_each(show);
    keep(&outcome.shown);
    assert_eq!(outcome.disagreements, 0, "texts are read in different ways (FIELDSEAL_SEED={})", plan.seed);
    assert!(
        outcome.mutated_read * 2 >= plan.mutated,
        "too few of the mutated texts are ones that the library reads"
    );
    if count >= TEXTS {
        let rare: Vec<&str> =
            outcome.counts.rare(LEAST).into_iter().map(|construct| construct.name()).collect();
        assert!(rare.is_empty(), "constructs that occur less than {LEAST} times: {rare:#?}");
    }
}

/// Writes the texts into the directory that `FIELDSEAL_KEEP` names, if it names one.
fn keep(disagreements: &[Disagreement]) {
    let Some(directory) = std::env::var_os("FIELDSEAL_KEEP").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&directory).expect("FIELDSEAL_KEEP is a directory");
    for (number, Disagreement { text, theirs, ours, .. }) in disagreements.iter().enumerate() {
        let report = format!("{}\n-- library\n{theirs}-- ours\n{ours}", text.escape_ascii());
        std::fs::write(directory.join(format!("{number}.yaml")), text).expect("FIELDSEAL_KEEP takes files");
        std::fs::write(directory.join(format!("{number}.txt")), report).expect("FIELDSEAL_KEEP takes files");
    }
}

/// Prints a line that is seen even when the test passes.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output takes a line");
}

fn show(disagreement: &Disagreement) {
    say(&format!("== {}: {}", disagreement.origin, disagreement.text.escape_ascii()));
    say(&format!("-- library\n{}-- ours\n{}", disagreement.theirs, disagreement.ours));
}
