//! What is compared.

use crate::generate::Document;
use crate::known::Known;
use crate::ours::{Outcome, Vault, format_name};
use crate::sops::{self, Answer, Leaf, Read, Sops};

/// A document, and what both sides did with it.
pub struct Observed {
    /// The document.
    pub document: Document,
    /// sops encrypts it: the leaves that it sees in the clear text, and the encrypted text.
    pub sops_seals: Answer,
    /// We encrypt it.
    pub we_seal: Outcome<Vec<u8>>,
    /// We decrypt what we encrypted.
    pub we_open_ours: Option<Outcome<Vec<u8>>>,
    /// sops decrypts what we encrypted.
    pub sops_opens_ours: Option<Answer>,
    /// We decrypt what sops encrypted.
    pub we_open_theirs: Option<Outcome<Vec<u8>>>,
    /// sops decrypts what it encrypted itself.
    pub sops_opens_theirs: Option<Answer>,
    /// What sops sees in the clear text that we decrypted from what it encrypted.
    pub sops_reads_back: Option<Answer>,
}

/// Something in which the two sides differ.
#[derive(Debug)]
pub struct Difference {
    /// What was compared.
    pub check: &'static str,
    /// How it differs.
    pub detail: String,
    /// Which of the known differences it is.
    pub known: Option<Known>,
}

impl Observed {
    /// Lets both sides work on `documents`, each with the number of its case.
    pub fn all(documents: Vec<(u64, Document)>, vault: &Vault, sops: &mut Sops) -> Vec<Self> {
        let questions: Vec<Vec<u8>> =
            documents.iter().map(|(_, document)| sops::seal(document, vault)).collect();
        let mut all: Vec<Self> = sops
            .ask(&questions)
            .into_iter()
            .zip(documents)
            .map(|(sops_seals, (case, document))| Self::ours(sops_seals, case, document, vault))
            .collect();
        let mut questions = Vec::new();
        for observed in &all {
            let format = format_name(observed.document.format);
            if let Ok(sealed) = &observed.we_seal {
                questions.push(sops::open(format, sealed, vault));
            }
            if let Ok(Read { text, .. }) = &observed.sops_seals {
                questions.push(sops::open(format, text, vault));
            }
            if let Some(Ok(text)) = &observed.we_open_theirs {
                questions.push(sops::plain(format, text));
            }
        }
        let mut answers = sops.ask(&questions).into_iter();
        for observed in &mut all {
            observed.sops_opens_ours = observed.we_seal.is_ok().then(|| answers.next()).flatten();
            observed.sops_opens_theirs = observed.sops_seals.is_ok().then(|| answers.next()).flatten();
            let opened = matches!(observed.we_open_theirs, Some(Ok(_)));
            observed.sops_reads_back = opened.then(|| answers.next()).flatten();
        }
        all
    }

    fn ours(sops_seals: Answer, case: u64, document: Document, vault: &Vault) -> Self {
        let we_seal = vault.seal(&document, case);
        let we_open_ours = we_seal.as_ref().ok().map(|sealed| vault.open(document.format, sealed));
        let theirs = sops_seals.as_ref().ok();
        let we_open_theirs = theirs.map(|theirs| vault.open(document.format, &theirs.text));
        Self {
            document,
            sops_seals,
            we_seal,
            we_open_ours,
            sops_opens_ours: None,
            we_open_theirs,
            sops_opens_theirs: None,
            sops_reads_back: None,
        }
    }

    /// All texts of the document, for people.
    pub fn show(&self) -> String {
        let mut shown = String::new();
        let mut show = |title: &str, text: &[u8]| {
            shown.push_str(&format!("==== {title}\n{}\n", String::from_utf8_lossy(text)));
        };
        let answer = |answer: &Answer| match answer {
            Err(refusal) => format!("{}: {}", refusal.step, refusal.message).into_bytes(),
            Ok(Read { leaves, text }) => {
                let lines = leaves.iter().map(|Leaf { selected, place, kind, value }| {
                    format!("{} {place} {kind} {value}\n", if *selected { '*' } else { '-' })
                });
                [lines.collect::<String>().as_bytes(), b"----\n", text].concat()
            }
        };
        let outcome = |outcome: &Outcome<Vec<u8>>| match outcome {
            Err(error) => error.clone().into_bytes(),
            Ok(text) => text.clone(),
        };
        show("document", &self.document.text);
        show("sops seals", &answer(&self.sops_seals));
        show("we seal", &outcome(&self.we_seal));
        let outcomes = [("we open ours", &self.we_open_ours), ("we open theirs", &self.we_open_theirs)];
        outcomes
            .into_iter()
            .for_each(|(title, done)| done.iter().for_each(|done| show(title, &outcome(done))));
        let answers = [
            ("sops opens ours", &self.sops_opens_ours),
            ("sops opens theirs", &self.sops_opens_theirs),
            ("sops reads back what we opened of theirs", &self.sops_reads_back),
        ];
        answers.into_iter().for_each(|(title, done)| done.iter().for_each(|done| show(title, &answer(done))));
        shown
    }

    /// Compares the two sides.
    pub fn judge(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |check: &'static str, detail: String| {
            differences.push(Difference { check, detail, known: Known::recognise(self, check) });
        };
        match (&self.sops_seals, &self.we_seal) {
            (Ok(_), Err(error)) => differ("we refuse", error.clone()),
            (Err(refusal), Ok(_)) => differ("sops refuses", format!("{}: {}", refusal.step, refusal.message)),
            _ => {}
        }
        match &self.we_open_ours {
            Some(Err(error)) => differ("we open ours", error.clone()),
            Some(Ok(text)) if *text != self.document.text => {
                differ("decrypt(encrypt(f)) is f", String::from_utf8_lossy(text).into_owned());
            }
            _ => {}
        }
        if let (Some(opened), Ok(plain)) = (&self.sops_opens_ours, &self.sops_seals) {
            match opened {
                Err(refusal) => differ("sops opens ours", format!("{}: {}", refusal.step, refusal.message)),
                Ok(opened) => {
                    if let Some(detail) = first_difference(&plain.leaves, &opened.leaves, same_value) {
                        differ("sops reads the same in ours", detail);
                    } else if let Some(detail) =
                        first_difference(&plain.leaves, &opened.leaves, PartialEq::eq)
                    {
                        differ("the same is selected", detail);
                    }
                }
            }
        }
        match (&self.sops_opens_theirs, &self.we_open_theirs) {
            (Some(Ok(_)), Some(Err(error))) => differ("we open theirs", error.clone()),
            (Some(Ok(opened)), Some(Ok(_))) => match &self.sops_reads_back {
                Some(Ok(read)) => {
                    if let Some(detail) = first_difference(&opened.leaves, &read.leaves, same_value) {
                        differ("we read the same in theirs", detail);
                    }
                }
                Some(Err(refusal)) => differ("sops reads what we decrypted", refusal.message.clone()),
                None => {}
            },
            _ => {}
        }
        differences
    }
}

/// Whether two leaves are the same but for being encrypted.
fn same_value(a: &Leaf, b: &Leaf) -> bool {
    a.place == b.place && a.kind == b.kind && a.value == b.value
}

/// The first leaf in which two lists differ.
fn first_difference(
    expected: &[Leaf],
    found: &[Leaf],
    same: impl Fn(&Leaf, &Leaf) -> bool,
) -> Option<String> {
    let at = expected.iter().zip(found).position(|(a, b)| !same(a, b));
    let at = at.or_else(|| (expected.len() != found.len()).then(|| expected.len().min(found.len())))?;
    let mut detail = String::new();
    for (name, leaves) in [("expected", expected), ("found", found)] {
        match leaves.get(at) {
            None => detail.push_str(&format!("{name} no leaf {at}; ")),
            Some(Leaf { selected, place, kind, value }) => {
                let encrypted = if *selected { " (encrypted)" } else { "" };
                detail.push_str(&format!("{name} {place} {kind} {value}{encrypted}; "));
            }
        }
    }
    Some(detail)
}
