//! Made-up documents of all formats: what we encrypt sops opens, with the values that it sees in the clear text and
//! with the same ones encrypted; what sops encrypts we open, with the values that sops gets; and what we encrypt we
//! decrypt to the same bytes.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use std::collections::BTreeMap;

use fieldseal_test_interop::{Differences, Observed, Run, Sops, Vault, format_name, generate, report};

/// How many documents a run has; `FIELDSEAL_DOCUMENTS` asks for another number.
const DOCUMENTS: u64 = 20_000;

/// The formats of them that are looked at; `FIELDSEAL_FORMATS` asks for others, by name and with commas between.
const FORMATS: &str = "yaml,json,dotenv,ini,binary";

/// How many of them are worked on at once.
const BATCH: u64 = 200;

/// What became of the documents.
#[derive(Default)]
struct Tally {
    /// For each format: how many both sides encrypted, and how many both refused.
    formats: BTreeMap<&'static str, (u64, u64)>,
    /// How often each known difference was met.
    known: BTreeMap<String, u64>,
    /// Leaves that were encrypted, and leaves that were left.
    leaves: (u64, u64),
    /// Everything else, by what differs: the length of the document and the report.
    differences: Differences,
}

#[test]
fn made_up_documents_mean_the_same_to_both_sides() {
    let run = Run::of(DOCUMENTS);
    // Panics are caught and told with their document.
    std::panic::set_hook(Box::new(|_| {}));
    let wanted = std::env::var("FIELDSEAL_FORMATS").unwrap_or_else(|_| FORMATS.to_owned());
    let wanted: Vec<&str> = wanted.split(',').collect();
    let vault = Vault::new(run.seed);
    let half = |odd: u64| {
        let (mut sops, mut tally) = (Sops::start(), Tally::default());
        let cases: Vec<u64> = run.cases().filter(|case| case % 2 == odd).collect();
        for batch in cases.chunks(BATCH as usize) {
            let mut documents: Vec<_> = batch.iter().map(|&case| (case, generate(run.seed, case))).collect();
            documents.retain(|(_, document)| wanted.contains(&format_name(document.format)));
            let cases: Vec<u64> = documents.iter().map(|(case, _)| *case).collect();
            for (case, observed) in cases.iter().zip(Observed::all(documents, &vault, &mut sops)) {
                tally.add(*case, &observed);
                if run.count == 1 {
                    println!("{}", observed.show());
                }
            }
        }
        tally
    };
    let (mut tally, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        (half(0), other.join())
    });
    let _ = std::panic::take_hook();
    tally.merge(other.expect("the other half ends"));
    let Tally { formats, known, leaves, differences } = tally;
    println!("encrypted by both, refused by both: {formats:?}");
    println!("leaves encrypted {}, left clear {}", leaves.0, leaves.1);
    println!("known differences: {known:#?}");
    assert!(differences.is_empty(), "{}", report(differences));
    // The agreement means something only if most documents were encrypted, and some were not.
    let (encrypted, refused) = formats.values().fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    let looked_at = encrypted + refused;
    assert!(formats.len() == wanted.len() && looked_at * 10 > run.count, "{formats:?}");
    assert!(encrypted * 4 > looked_at * 3 && refused > 0, "{formats:?}");
    assert!(leaves.0 > looked_at && leaves.1 > looked_at / 2, "{leaves:?}");
}

impl Tally {
    fn add(&mut self, case: u64, observed: &Observed) {
        let format = format_name(observed.document.format);
        let counts = self.formats.entry(format).or_default();
        counts.0 += u64::from(observed.sops_seals.is_ok() && observed.we_seal.is_ok());
        counts.1 += u64::from(observed.sops_seals.is_err() && observed.we_seal.is_err());
        if let Ok(read) = &observed.sops_seals {
            let encrypted = read.leaves.iter().filter(|leaf| leaf.selected).count() as u64;
            self.leaves.0 += encrypted;
            self.leaves.1 += read.leaves.len() as u64 - encrypted;
        }
        for difference in observed.judge() {
            if let Some(known) = difference.known {
                if std::env::var("FIELDSEAL_SHOW").is_ok_and(|shown| shown == format!("{known:?}")) {
                    println!("{known:?}: case {case}: {}\n{}\n", difference.detail, observed.show());
                }
                *self.known.entry(format!("{known:?}")).or_default() += 1;
                continue;
            }
            let selection = &observed.document.selection;
            let text = &observed.document.text;
            let report = format!(
                "case {case}, {}: {}, mac_only_encrypted {}\n{}\n{}",
                selection.name(),
                selection.text(),
                observed.document.mac_only_encrypted,
                difference.detail,
                String::from_utf8_lossy(text),
            );
            // Paths and positions are told apart by the last part of a refusal only.
            let why = difference.detail.rsplit(": ").next().unwrap_or_default();
            let why = if difference.check.ends_with("refuse") { format!(": {why}") } else { String::new() };
            let kind = format!("{format}, {}{why}", difference.check);
            self.differences.entry(kind).or_default().push((text.len(), report));
        }
    }

    fn merge(&mut self, other: Self) {
        for (format, counts) in other.formats {
            let sum = self.formats.entry(format).or_default();
            *sum = (sum.0 + counts.0, sum.1 + counts.1);
        }
        for (known, count) in other.known {
            *self.known.entry(known).or_default() += count;
        }
        self.leaves = (self.leaves.0 + other.leaves.0, self.leaves.1 + other.leaves.1);
        for (kind, reports) in other.differences {
            self.differences.entry(kind).or_default().extend(reports);
        }
    }
}
