//! What is compared.

use std::collections::BTreeSet;

use crate::generate::Document;
use crate::known::Known;
use crate::ours::{Outcome, Vault, format_name};
use crate::sops::{self, Answer, Leaf, Read, Refusal, Sops};

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

    /// The text that sops encrypted to.
    fn sealed_by_sops(&self) -> &[u8] {
        self.sops_seals.as_ref().map(|read| &*read.text).unwrap_or_default()
    }

    /// Compares the two sides.
    pub fn judge(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |check: &'static str, detail: String, known: Option<Known>| {
            differences.push(Difference { check, detail, known });
        };
        match (&self.sops_seals, &self.we_seal) {
            (Ok(_), Err(error)) => differ("we refuse", error.clone(), Known::of_our_refusal(self, error)),
            (Err(Refusal { step, message }), Ok(_)) => {
                differ("sops refuses", format!("{step}: {message}"), Known::of_their_refusal(self, step));
            }
            _ => {}
        }
        match &self.we_open_ours {
            Some(Err(error)) => differ("we open ours", error.clone(), None),
            Some(Ok(text)) if *text != self.document.text => {
                differ("decrypt(encrypt(f)) is f", String::from_utf8_lossy(text).into_owned(), None);
            }
            _ => {}
        }
        match (&self.sops_seals, &self.sops_opens_ours) {
            (_, Some(Err(Refusal { step, message }))) if self.sops_seals.is_ok() => {
                differ("sops opens ours", format!("{step}: {message}"), None);
            }
            (Ok(plain), Some(Ok(opened))) => {
                let found = Comparison { observed: self, theirs: false, selection: true };
                let (detail, known) = found.compare(&plain.leaves, &opened.leaves, &[&self.document.text]);
                known.into_iter().for_each(|known| differ("ours", String::new(), Some(known)));
                detail.into_iter().for_each(|detail| differ("sops reads the same in ours", detail, None));
            }
            _ => {}
        }
        match (&self.sops_opens_theirs, &self.we_open_theirs, &self.sops_reads_back) {
            (Some(Ok(_)), Some(Err(error)), _) => {
                differ("we open theirs", error.clone(), Known::of_mark(self, [self.sealed_by_sops()]));
            }
            (Some(Ok(_)), Some(Ok(text)), Some(Err(Refusal { step, message }))) => {
                differ(
                    "sops reads what we decrypted",
                    format!("{step}: {message}"),
                    Known::of_mark(self, [self.sealed_by_sops(), text]),
                );
            }
            (Some(Ok(opened)), Some(Ok(text)), Some(Ok(read))) => {
                let found = Comparison { observed: self, theirs: true, selection: false };
                let texts = [self.sealed_by_sops(), text];
                let (detail, known) = found.compare(&opened.leaves, &read.leaves, &texts);
                known.into_iter().for_each(|known| differ("theirs", String::new(), Some(known)));
                detail.into_iter().for_each(|detail| differ("we read the same in theirs", detail, None));
            }
            _ => {}
        }
        differences
    }
}

/// Compares the leaves of two readings of a document.
struct Comparison<'o> {
    observed: &'o Observed,
    /// Whether what sops encrypted is read.
    theirs: bool,
    /// Whether the same leaves have to be encrypted.
    selection: bool,
}

impl Comparison<'_> {
    /// What differs, if anything does that is not known, and the known differences that were met. `texts` are those
    /// that sops read.
    fn compare(
        &self,
        expected: &[Leaf],
        found: &[Leaf],
        texts: &[&[u8]],
    ) -> (Option<String>, BTreeSet<Known>) {
        let mut known = BTreeSet::new();
        let mark = || Known::of_mark(self.observed, texts.iter().copied());
        let (mut expected, mut found) = (expected.to_vec(), found.to_vec());
        // In files of sops it is the other way round: sops makes an element, and we keep the comment.
        let (comments, elements) =
            if self.theirs { (&mut found, &mut expected) } else { (&mut expected, &mut found) };
        for at in 0..comments.len().min(elements.len()) {
            if is_empty_element(&comments[at], &elements[at]) {
                make_element(&mut comments[at..], &elements[at].place);
                known.insert(Known::EmptyCommentInList);
            }
        }
        let (expected, found) = (&expected, &found);
        let moved = || Known::of_moved_comments(self.observed, expected, found).filter(|_| self.theirs);
        for at in 0..expected.len().max(found.len()) {
            let (expected, found) = (expected.get(at), found.get(at));
            let reason = match (expected, found) {
                (Some(one), Some(other)) if one == other => continue,
                (Some(one), Some(other)) => {
                    if one.without_mark() != other.without_mark() {
                        Known::of_values(self.observed, self.theirs, one, other)
                    } else if self.selection {
                        Known::of_selection(self.observed, one, other)
                    } else {
                        continue;
                    }
                }
                _ => None,
            };
            match reason {
                Some(reason) => drop(known.insert(reason)),
                None => {
                    let whole = Known::of_documents(self.observed, self.theirs);
                    return match whole.or_else(mark).or_else(moved) {
                        Some(known) => (None, BTreeSet::from([known])),
                        None => (Some(format!("expected {}, found {}", tell(expected), tell(found))), known),
                    };
                }
            }
        }
        (None, known)
    }
}

/// Whether `comment` is an empty comment in a list, and `element` the empty string that sops makes of it.
fn is_empty_element(comment: &Leaf, element: &Leaf) -> bool {
    let list =
        comment.place.strip_suffix("]#").filter(|_| comment.kind == "comment" && comment.value.is_empty());
    list.is_some_and(|list| element.place.starts_with(list))
        && element.kind == "str"
        && element.value.is_empty()
}

/// Makes an element at `place` of the first of `leaves`, a comment in a list, and moves the elements behind it.
fn make_element(leaves: &mut [Leaf], place: &str) {
    let [comment, behind @ ..] = leaves else { return };
    let list = comment.place.trim_end_matches("]#").to_owned();
    place.clone_into(&mut comment.place);
    "str".clone_into(&mut comment.kind);
    for leaf in behind {
        let parts = leaf.place.strip_prefix(&list).and_then(|rest| rest.split_once(']'));
        if let Some((index, rest)) = parts
            && let Ok(index) = index.parse::<usize>()
        {
            leaf.place = format!("{list}{}]{rest}", index + 1);
        }
    }
}

fn tell(leaf: Option<&Leaf>) -> String {
    leaf.map_or_else(
        || "nothing more".to_owned(),
        |Leaf { selected, place, kind, value }| {
            format!("{place} {kind} {value}{}", if *selected { " (encrypted)" } else { "" })
        },
    )
}
