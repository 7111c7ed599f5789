//! Whether one pattern matches wherever another does, as far as that can be seen from literal text and anchors.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::Pattern;

/// How many alternatives of a pattern are told apart.
const MOST: usize = 64;

/// How deep groups are looked into.
const DEEPEST: usize = 50;

/// A piece of an alternative.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    /// The beginning of the text.
    Start,
    /// The end of the text.
    End,
    /// This text.
    Literal(Vec<u8>),
    /// Any text without a line break.
    Anything,
    /// Something else.
    Other,
}

/// The alternatives of a pattern.
pub(crate) struct Shape(Vec<Vec<Piece>>);

impl Pattern {
    /// What of the pattern can be compared with another.
    pub(crate) fn shape(&self) -> Shape {
        let hir = regex_syntax::parse(self.regex.as_str());
        let mut alternatives = match hir {
            Ok(hir) => alternatives(&hir, 0),
            Err(_) => vec![vec![Piece::Other]],
        };
        for pieces in &mut alternatives {
            join(pieces);
        }
        Shape(alternatives)
    }
}

impl Shape {
    /// Whether every text without a line break that this pattern is in has one of `others` in it as well. `false` may
    /// mean that it is not known.
    pub(crate) fn is_covered_by(&self, others: &[Shape]) -> bool {
        let covered =
            |own: &Vec<Piece>| others.iter().any(|other| other.0.iter().any(|other| covers(other, own)));
        self.0.iter().all(covered)
    }
}

/// Whether whatever has `own` in it has `other` in it.
fn covers(other: &[Piece], own: &[Piece]) -> bool {
    // At either end anything is as good as no anchor.
    let other = match other {
        [Piece::Start, Piece::Anything, rest @ ..] | [Piece::Anything, rest @ ..] => rest,
        other => other,
    };
    let other = match other {
        [rest @ .., Piece::Anything, Piece::End] | [rest @ .., Piece::Anything] => rest,
        other => other,
    };
    match other {
        [] | [Piece::Start] | [Piece::End] => true,
        [Piece::Literal(text)] => own.iter().any(|piece| match piece {
            Piece::Literal(own) => memchr::memmem::find(own, text).is_some(),
            _ => false,
        }),
        [Piece::Start, Piece::Literal(text)] => match own {
            [Piece::Start, Piece::Literal(own), ..] => own.starts_with(text),
            _ => false,
        },
        [Piece::Literal(text), Piece::End] => match own {
            [.., Piece::Literal(own), Piece::End] => own.ends_with(text),
            _ => false,
        },
        other => other == own && !own.contains(&Piece::Other),
    }
}

/// The alternatives of `hir`, in pieces.
fn alternatives(hir: &Hir, depth: usize) -> Vec<Vec<Piece>> {
    let one = |piece| vec![vec![piece]];
    if depth > DEEPEST {
        return one(Piece::Other);
    }
    match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(literal) => one(Piece::Literal(literal.0.to_vec())),
        HirKind::Look(Look::Start) => one(Piece::Start),
        HirKind::Look(Look::End) => one(Piece::End),
        HirKind::Capture(capture) => alternatives(&capture.sub, depth + 1),
        HirKind::Repetition(repetition)
            if repetition.min == 0 && repetition.max.is_none() && is_any_character(&repetition.sub) =>
        {
            one(Piece::Anything)
        }
        HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => one(Piece::Other),
        HirKind::Alternation(parts) => {
            let all: Vec<_> = parts.iter().flat_map(|part| alternatives(part, depth + 1)).collect();
            if all.len() > MOST { one(Piece::Other) } else { all }
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let next = alternatives(part, depth + 1);
                if all.len() * next.len() > MOST {
                    return one(Piece::Other);
                }
                let ahead = |before: &Vec<Piece>| {
                    next.iter().map(|pieces| [before.as_slice(), pieces].concat()).collect::<Vec<_>>()
                };
                all = all.iter().flat_map(ahead).collect();
            }
            all
        }
    }
}

/// Whether `hir` is one character of any kind but a line break.
fn is_any_character(hir: &Hir) -> bool {
    let HirKind::Class(Class::Unicode(class)) = hir.kind() else { return false };
    let count: u32 = class.iter().map(|range| u32::from(range.end()) - u32::from(range.start()) + 1).sum();
    // The range over the surrogates counts them, though they are no characters.
    let all = u32::from(char::MAX) + 1;
    count >= all - 1 - 0x800
}

/// Joins literals that stand beside each other.
fn join(pieces: &mut Vec<Piece>) {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces.drain(..) {
        match (joined.last_mut(), piece) {
            (Some(Piece::Literal(text)), Piece::Literal(more)) => text.extend(more),
            (_, piece) => joined.push(piece),
        }
    }
    *pieces = joined;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn covered(own: &str, others: &[&str]) -> bool {
        let shape = |text: &str| Pattern::compile(text).unwrap().shape();
        let others: Vec<_> = others.iter().map(|other| shape(other)).collect();
        shape(own).is_covered_by(&others)
    }

    #[test]
    fn what_is_seen() {
        for (own, others) in [
            ("^secrets/a", &["^secrets/"][..]),
            ("^secrets/a\\.yaml$", &["\\.yaml$"]),
            ("^secrets/.*\\.yaml$", &["^secrets/.*$"]),
            ("^secrets/[^/]*$", &["secrets"]),
            ("a", &[".*"]),
            ("a", &["^.*$"]),
            ("", &["^"]),
            ("^(dev|test)/x", &["^dev/", "^test/"]),
            ("^dev/", &["^(dev|test)/"]),
            ("^a$", &["^a$"]),
            ("^a.*b$", &["^a.*b$"]),
        ] {
            assert!(covered(own, others), "{own}");
        }
    }

    #[test]
    fn nothing_is_seen_that_is_not_so() {
        for (own, others) in [
            ("^secrets/", &["^secrets/a"][..]),
            ("secrets/", &["^secrets/"]),
            ("^secrets", &["secrets/"]),
            ("\\.ya?ml$", &["\\.yaml$"]),
            ("^(dev|test)/", &["^dev/"]),
            ("^a[bc]$", &["^a[cd]$"]),
            ("^A", &["(?i)^b"]),
            ("a", &[]),
            ("^a", &["a$"]),
            ("a+", &["a+"]),
            (".", &["^.+$"]),
        ] {
            assert!(!covered(own, others), "{own}");
        }
    }
}
