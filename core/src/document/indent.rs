//! How deep a text that is printed as a whole is indented, as `--indent` and the `stores` of a configuration say.

use super::{DocumentCase, DocumentError};

/// How texts are indented that are printed anew: where a format changes, or there is no text yet. A file that is there keeps
/// its own indentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stores {
    /// Blanks of one level of YAML; 0 for the default, which is 4.
    pub yaml_indent: i64,
    /// Blanks of one level of JSON; -1 for one tab.
    pub json_indent: i64,
    /// The same for the JSON that holds a binary file.
    pub json_binary_indent: i64,
}

impl Default for Stores {
    fn default() -> Self {
        Self { yaml_indent: 0, json_indent: -1, json_binary_indent: -1 }
    }
}

/// The indentation of YAML by default.
const YAML: usize = 4;
/// What the emitter inside sops takes for any number that it has no use for.
const YAML_OTHERWISE: usize = 2;
/// The widest indentation of JSON. sops has no limit, and a text grows with each blank.
const WIDEST: usize = 1024;

/// The blanks of one level of YAML.
///
/// # Errors
/// The number is negative.
pub(crate) fn yaml(stores: &Stores) -> Result<usize, DocumentError> {
    match stores.yaml_indent {
        0 => Ok(YAML),
        // The emitter inside sops knows 2 to 9.
        indent @ 2..=9 => Ok(indent as usize),
        ..0 => {
            Err(unwritable("YAML cannot be indented by a negative number; check --indent and stores.yaml"))
        }
        _ => Ok(YAML_OTHERWISE),
    }
}

/// What one level of JSON is indented by: blanks, or one tab for -1.
///
/// # Errors
/// The number is below -1 or above 1024.
pub(crate) fn json(indent: i64) -> Result<Vec<u8>, DocumentError> {
    match usize::try_from(indent) {
        Ok(indent @ ..=WIDEST) => Ok(vec![b' '; indent]),
        Err(_) if indent == -1 => Ok(vec![b'\t']),
        Ok(_) => Err(unwritable("JSON is indented by 1024 blanks at most; check --indent and stores")),
        Err(_) => Err(unwritable("JSON cannot be indented by a number below -1; check --indent and stores")),
    }
}

/// The JSON text `wrapper`, printed with tabs, with each of them replaced by `unit`. Strings hold no line breaks, so
/// that tabs at the beginning of lines are never part of one.
pub(crate) fn replace_tabs(wrapper: &[u8], unit: &[u8]) -> Vec<u8> {
    let mut to = Vec::with_capacity(wrapper.len() + wrapper.len() / 8);
    for line in wrapper.split_inclusive(|&byte| byte == b'\n') {
        let level = line.iter().take_while(|&&byte| byte == b'\t').count();
        (0..level).for_each(|_| to.extend_from_slice(unit));
        to.extend_from_slice(&line[level..]);
    }
    to
}

fn unwritable(problem: &'static str) -> DocumentError {
    DocumentError { problem: problem.into(), position: None, case: DocumentCase::Unwritable }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_they_mean_to_sops() {
        let of = |yaml_indent| yaml(&Stores { yaml_indent, ..Stores::default() }).ok();
        assert_eq!([0, 1, 2, 3, 9, 10].map(of), [Some(4), Some(2), Some(2), Some(3), Some(9), Some(2)]);
        assert_eq!([-1, i64::MIN, i64::MAX].map(of), [None, None, Some(2)]);
        assert_eq!(json(-1).unwrap(), b"\t");
        assert_eq!(json(0).unwrap(), b"");
        assert_eq!(json(3).unwrap(), b"   ");
        assert!([-2, 1025, i64::MAX, i64::MIN].into_iter().all(|indent| json(indent).is_err()));
    }

    #[test]
    fn only_tabs_at_the_beginning_of_lines_are_indentation() {
        assert_eq!(
            replace_tabs(b"{\n\t\"a\": [\n\t\t\"\tx\"\n\t]\n}\n", b"  "),
            b"{\n  \"a\": [\n    \"\tx\"\n  ]\n}\n"
        );
        assert_eq!(replace_tabs(b"{\n\t\"a\": 1\n}", b""), b"{\n\"a\": 1\n}");
    }
}
