//! What has to change in a clear text before it is encrypted, because sops would lose it or publish it.

use super::Ini;
use super::parse::{line_start, whole_line};
use super::scan::trim_end;
use crate::document::{DocumentCase, DocumentError, Kind, Node, Syntax};
use crate::edits::Edits;
use crate::span::Span;

/// A replacement that is not yet made.
type Change = (Span, Vec<u8>);

impl Ini {
    /// The edits for [`Syntax::prepare`]:
    ///
    /// * Comments that the library drops go, where comments or values are encrypted.
    /// * Of a key that stands more than once, the values that do not count go if the one that counts is
    ///   encrypted, which takes the place of the first.
    /// * A comment that is to be encrypted moves from behind a header above it, because the last bracket of the line,
    ///   which then would be that of the token, ends the name of the section.
    /// * Lines at the beginning of a comment that hold nothing go if the comment stays clear: sops crashes when
    ///   it writes them.
    /// * Three quotes as the last value of the text get quotes around them: they are a value only as long as nothing
    ///   follows.
    pub(super) fn prepared(&self, selected: &dyn Fn(usize) -> bool) -> Result<Edits, DocumentError> {
        let mut changes = Vec::new();
        self.drop_lost(selected, &mut changes);
        self.tidy_comments(selected, &mut changes);
        self.close_end(&mut changes);
        changes.sort_by_key(|(span, _)| span.start);
        let mut edits = Edits::default();
        let mut gone = Vec::new();
        for repeated in &self.parsed.repeated {
            let comment = repeated.value as usize + 1;
            let has_comment = matches!(self.parsed.nodes[comment].kind, Kind::Comment { .. });
            let is_encrypted = selected(repeated.value as usize) || (has_comment && selected(comment));
            if !is_encrypted {
                continue;
            }
            let key = &self.parsed.nodes[repeated.value as usize - 1];
            if self.key(key).starts_with(b"#") {
                return Err(DocumentError::at(
                    DocumentCase::Unsupported,
                    &self.text,
                    repeated.last.start as usize,
                    "the key is there twice, by its name and as the key - that gets a number; rename one",
                ));
            }
            for (index, span) in repeated.superseded.iter().enumerate() {
                if index == 0 {
                    edits.push_with(*span, |to| self.write_changed(repeated.last, &changes, to));
                } else {
                    edits.push(*span, b"");
                }
                gone.push(*span);
            }
            edits.push(repeated.last, b"");
            gone.push(repeated.last);
        }
        gone.sort_unstable();
        for (span, bytes) in &changes {
            let index = gone.partition_point(|gone| gone.start <= span.start);
            if index == 0 || gone[index - 1].end <= span.start {
                edits.push(*span, bytes);
            }
        }
        Ok(edits)
    }

    fn close_end(&self, changes: &mut Vec<Change>) {
        let text: &[u8] = &self.text;
        let at_end =
            |node: &&Node| node.span.end as usize == text.len() && matches!(node.kind, Kind::Scalar(_));
        let last = self.parsed.nodes.iter().rev().find(at_end);
        if let Some(node) = last.filter(|node| node.span.of(text) == b"\"\"\"") {
            changes.push((node.span, b"'\"\"\"'".to_vec()));
        }
    }

    fn drop_lost(&self, selected: &dyn Fn(usize) -> bool, changes: &mut Vec<Change>) {
        for lost in &self.parsed.lost {
            let is_secret = match lost.section {
                Some(section) => selected(section as usize),
                None => true,
            };
            if is_secret || lost.behind.is_some_and(|value| selected(value as usize)) {
                // Its character stays behind a value: the value may end in a backslash, which must not come last.
                let kept = if lost.is_behind_value { &lost.span.of(&self.text)[..1] } else { b"" };
                changes.push((lost.span, kept.to_vec()));
            }
        }
    }

    fn tidy_comments(&self, selected: &dyn Fn(usize) -> bool, changes: &mut Vec<Change>) {
        if self.parsed.comments.is_empty() {
            return;
        }
        for (index, node) in self.parsed.nodes.iter().enumerate() {
            if !matches!(node.kind, Kind::Comment { .. }) {
                continue;
            }
            let lines = self.comment_lines(node);
            if let [piece] = lines.pieces()
                && self.parsed.nodes[index - 1].kind == Kind::Map
                && whole_line(&self.text, *piece) == *piece
                && selected(index)
            {
                let line = [piece.of(&self.text), self.line_break()].concat();
                changes.push((Span::empty(line_start(&self.text, piece.start as usize)), line));
                let start = trim_end(&self.text[..piece.start as usize]).len();
                changes.push((Span::new(start, piece.end as usize), Vec::new()));
                continue;
            }
            let skipped = lines.skipped();
            if skipped > 0 && (!selected(index) || lines.value().is_empty()) {
                let bare = lines.pieces()[..skipped].iter();
                changes.extend(bare.map(|piece| (whole_line(&self.text, *piece), Vec::new())));
            }
        }
    }

    /// Appends the lines `lines` to `to`, with those of the sorted `changes` made that are in them.
    fn write_changed(&self, lines: Span, changes: &[Change], to: &mut Vec<u8>) {
        let mut at = lines.start as usize;
        let first = changes.partition_point(|(span, _)| span.start < lines.start);
        for (span, bytes) in changes[first..].iter().take_while(|(span, _)| span.start < lines.end) {
            to.extend_from_slice(&self.text[at..at.max(span.start as usize)]);
            to.extend_from_slice(bytes);
            at = at.max(span.end as usize);
        }
        to.extend_from_slice(&self.text[at..lines.end as usize]);
        if !to.ends_with(b"\n") {
            to.extend_from_slice(self.line_break());
        }
        // At the end of the text a backslash continues nothing; here it must not either.
        if lines.end as usize == self.text.len() && trim_end(to).ends_with(b"\\") {
            to.extend_from_slice(self.line_break());
        }
    }
}
