//! Made-up documents in every other format: we print what sops prints, byte for byte. Where we print something else,
//! the text of sops does not mean the document any more, and ours does.
#![allow(clippy::print_stdout, reason = "a suite says what it did")]

use std::collections::BTreeMap;

use fieldseal_core::{Format, Stores, convert};
use fieldseal_test_interop::{
    Answer, Differences, Document, Leaf, Run, Sops, convert as ask_convert, format_name, generate, look,
    report,
};

/// How many documents a run has; `FIELDSEAL_DOCUMENTS` asks for another number.
const DOCUMENTS: u64 = 4_000;

/// How many of them are worked on at once.
const BATCH: u64 = 200;

const FORMATS: [Format; 5] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

/// Why we refuse what sops takes.
const STRICTER: [&str; 8] = [
    "the offset of the timestamp",
    "the document is not a map",
    "there is text behind the object",
    "a key that the mapping has already",
    "a value that its tag does not allow",
    "the key is not a string",
    "the number is above 9223372036854775807",
    "INI has no maps and lists in sections",
];

#[derive(Default)]
struct Tally {
    same: u64,
    refused: u64,
    /// We print something else, or refuse, because the text of sops means something else.
    defects: BTreeMap<String, u64>,
    differences: Differences,
}

#[test]
fn documents_are_printed_as_sops_prints_them() {
    let run = Run::of(DOCUMENTS);
    let mut sops = Sops::start();
    let mut tally = Tally::default();
    for batch in run.batches(BATCH) {
        let cases: Vec<(u64, Document, Format)> = batch
            .map(|case| (case, generate(run.seed, case)))
            .flat_map(|(case, document)| FORMATS.map(|to| (case, document.clone(), to)))
            .collect();
        let questions: Vec<_> =
            cases.iter().map(|(_, document, to)| ask_convert(document.format, &document.text, *to)).collect();
        let answers = sops.ask(&questions);
        for ((case, document, to), answer) in cases.iter().zip(&answers) {
            tally.add(*case, document, *to, answer, &mut sops);
        }
    }
    println!("the same {}, refused by both {}, better {:#?}", tally.same, tally.refused, tally.defects);
    assert!(tally.differences.is_empty(), "{}", report(tally.differences));
    assert!(tally.same > run.count && tally.refused > run.count / 10, "most of it was compared");
}

impl Tally {
    fn add(&mut self, case: u64, document: &Document, to: Format, sops_prints: &Answer, sops: &mut Sops) {
        let from = document.format;
        if from == to {
            return;
        }
        let ours = convert(&document.text, from, to, &Stores::default()).map_err(|error| error.to_string());
        let kind = format!("{} to {}", format_name(from), format_name(to));
        let mut differ = |what: &str, detail: String| {
            let text = String::from_utf8_lossy(&document.text);
            self.differences
                .entry(format!("{kind}: {what}"))
                .or_default()
                .push((document.text.len(), format!("case {case}\n{text}\n---- {detail}")));
        };
        let known = |ours: &[u8], theirs: &[u8]| {
            // Other line breaks than line feeds glue comments to what follows, or move what is in quotes.
            // Behind a byte order mark sops escapes every character.
            let breaks = ["\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"];
            let odd = breaks.iter().any(|sign| {
                let found = |text: &[u8]| text.windows(sign.len()).any(|window| window == sign.as_bytes());
                found(&document.text) || found(theirs)
            });
            // Comments of several lines, where the first ones are empty, lose those.
            odd || (from == Format::Ini && without_comments(ours) == without_comments(theirs))
                || normal(ours) == normal(theirs)
        };
        match (ours, sops_prints) {
            (Ok(ours), Ok(theirs)) if ours.text() == theirs.text => self.same += 1,
            (Err(_), Err(_)) => self.refused += 1,
            (Ok(ours), Ok(theirs)) => {
                let detail = format!(
                    "ours\n{}\n---- sops\n{}\nlosses {:?}",
                    String::from_utf8_lossy(ours.text()),
                    String::from_utf8_lossy(&theirs.text),
                    ours.losses()
                );
                let read = sops.ask(&[look(to, ours.text()), look(to, &theirs.text)]);
                let [ours_read, theirs_read] = [&read[0], &read[1]].map(|answer| match answer {
                    Ok(read) => values(&read.leaves),
                    Err(_) => vec!["nothing".to_owned()],
                });
                if known(ours.text(), &theirs.text) {
                    *self.defects.entry(format!("{kind}: line breaks")).or_default() += 1;
                } else if ours_read == theirs_read {
                    differ("another text that means the same", detail);
                } else {
                    *self.defects.entry(kind).or_default() += 1;
                    if std::env::var_os("FIELDSEAL_SHOW").is_some() {
                        println!("better, case {case}\n{detail}\n");
                    }
                }
            }
            // What docs/yaml-disagreements.md lists.
            (Ok(_), Err(refusal)) if from == Format::Yaml && refusal.step == "load" => {
                *self.defects.entry(format!("{kind}: dialect")).or_default() += 1;
            }
            (Ok(ours), Err(refusal)) => differ(
                &format!(
                    "only sops refuses: {} {}",
                    refusal.step,
                    refusal.message.chars().take(60).collect::<String>()
                ),
                format!("{}\n{:?}", String::from_utf8_lossy(ours.text()), ours.losses()),
            ),
            // Said once for all in docs/differences-from-sops.md: what sops takes silently and drops or garbles.
            (Err(problem), Ok(_)) if STRICTER.iter().any(|known| problem.contains(known)) => {
                *self.defects.entry(format!("{kind}: refused")).or_default() += 1;
            }
            (Err(problem), Ok(theirs)) => {
                differ(
                    &format!("only we refuse: {}", problem.rsplit(": ").next().unwrap_or_default()),
                    String::from_utf8_lossy(&theirs.text).into_owned(),
                );
            }
        }
    }
}

fn values(leaves: &[Leaf]) -> Vec<String> {
    leaves
        .iter()
        .filter(|leaf| leaf.kind != "comment")
        .map(|leaf| format!("{} {} {}", leaf.place, leaf.kind, leaf.value))
        .collect()
}

/// The text with what we write on purpose in another way as sops writes it: how deep a block in a list is indented
/// (sops says 4 and indents by 2), and a negative zero that stays one.
fn normal(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).replace("-0.0", "-0");
    ["|2", "|4"].iter().fold(text, |text, header| text.replace(header, "|"))
}

fn without_comments(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii_start().starts_with(b"#")).collect()
}
