//! Kubernetes Secrets.

use std::ops::Range;

use super::{Finding, Kind};
use crate::document::{Kind as NodeKind, Syntax};
use crate::file::{Format, LeafState, each_leaf, state_of};
use crate::span::Lines;
use crate::value::Value;
use crate::walk::Leaf;

/// Whether manifests are written in this format.
pub(super) fn has_format(format: Format) -> bool {
    matches!(format, Format::Yaml | Format::Json)
}

/// Adds a finding for each clear value of a Secret. `covered`: a rule is for the file.
pub(super) fn check<S: Syntax>(
    document: &S,
    leaves: &[Leaf],
    lines: &Lines,
    covered: bool,
    findings: &mut Vec<Finding>,
) {
    let data = secret_data(document);
    if data.is_empty() {
        return;
    }
    let (kind, message) = if covered {
        (Kind::RuleLeavesSecretClear, "a value of a Secret that the rule for this file does not select")
    } else {
        (Kind::ClearSecret, "a value of a Secret in clear text, in a file that no rule covers")
    };
    each_leaf(document, leaves, &mut |index, path| {
        let leaf = &leaves[index];
        let node = &document.nodes()[leaf.node as usize];
        if !leaf.comment && is_in(&data, leaf.node as usize) && is_clear(&document.value(node)) {
            findings.push(Finding::new(kind, message).at(Some(lines.position(node.span.start)), path));
        }
    });
}

/// The nodes of what is under `data` and `stringData` of Secrets, in order. A Secret is any map with `kind: Secret`
/// and `apiVersion: v1`, so that those in lists count too.
pub(super) fn secret_data<S: Syntax>(document: &S) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Vec<Frame> = Vec::new();
    let mut field = Field::Other;
    for (index, node) in document.nodes().iter().enumerate() {
        match node.kind {
            NodeKind::Branch | NodeKind::Map | NodeKind::List => {
                open.push(Frame { start: index, field, ..Frame::default() });
                field = Field::Other;
            }
            NodeKind::End => {
                let Some(frame) = open.pop() else { continue };
                if frame.is_secret && frame.is_v1 {
                    found.extend(frame.data);
                }
                if let (Field::Data, Some(above)) = (frame.field, open.last_mut()) {
                    above.data.push(frame.start..index);
                }
            }
            NodeKind::Key => {
                field = match &*document.key(node) {
                    b"kind" => Field::Kind,
                    b"apiVersion" => Field::Version,
                    b"data" | b"stringData" => Field::Data,
                    _ => Field::Other,
                };
            }
            NodeKind::Scalar(_) => {
                if let (Field::Kind | Field::Version, Some(frame), Value::Str(text)) =
                    (field, open.last_mut(), document.value(node))
                {
                    frame.is_secret |= field == Field::Kind && *text == *b"Secret";
                    frame.is_v1 |= field == Field::Version && *text == *b"v1";
                }
                field = Field::Other;
            }
            NodeKind::Comment { .. } => {}
        }
    }
    found.sort_by_key(|range| range.start);
    found
}

/// Whether the node `index` is in one of `ranges`, which are in order.
pub(super) fn is_in(ranges: &[Range<usize>], index: usize) -> bool {
    let behind = ranges.partition_point(|range| range.start <= index);
    ranges[..behind].last().is_some_and(|range| range.contains(&index))
}

/// Whether a value of a Secret is clear: neither empty, nor a token, nor a place that a program fills in later.
pub(super) fn is_clear(value: &Value<'_>) -> bool {
    match value {
        Value::Str(text) => state_of(value) == LeafState::Clear && !is_placeholder(text),
        _ => state_of(value) == LeafState::Clear,
    }
}

/// Whether all of `text` is a variable, as Flux, Helm and the Vault plugin of Argo CD fill them in.
fn is_placeholder(text: &[u8]) -> bool {
    const FORMS: [(&[u8], &[u8]); 3] = [(b"${", b"}"), (b"{{", b"}}"), (b"<path:", b">")];
    let text = text.trim_ascii();
    FORMS.iter().any(|(start, end)| {
        let inner = text.strip_prefix(*start).and_then(|rest| rest.strip_suffix(*end));
        inner.is_some_and(|inner| !inner.contains(&end[0]) && !inner.windows(2).any(|two| two == b":="))
    })
}

/// Which field of a map a value is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Field {
    Kind,
    Version,
    Data,
    #[default]
    Other,
}

/// An open collection.
#[derive(Default)]
struct Frame {
    /// Its node.
    start: usize,
    /// Which field of the map above it is.
    field: Field,
    is_secret: bool,
    is_v1: bool,
    data: Vec<Range<usize>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_no_value() {
        for text in ["${PASSWORD}", " {{ .Values.password }}\n", "<path:secret/data/x#key>"] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        for text in ["hunter2", "${A}${B}", "x${A}", "{{ a }} and {{ b }}", "${A:=hunter2}", "<b>", "$A"] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }
}
