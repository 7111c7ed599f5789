//! The values of a file as variables of an environment.

use super::{Document, Opened};
use crate::document::text::write_as_text;
use crate::document::{DocumentError, Kind, Syntax};
use crate::secret::Plaintext;
use crate::value::Value;

/// A variable of an environment.
#[derive(Debug)]
pub struct Variable {
    /// The name: the bytes of a key.
    pub name: Vec<u8>,
    /// The value.
    pub value: Plaintext,
}

/// Why the values of a file cannot be variables. The name in a message is that of the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VariablesError {
    /// A value that is a map or a list.
    #[error("cannot use complex value in environment; offending key {0}")]
    Complex(String),
    /// A key that is empty, or holds `=` or a zero byte.
    #[error(
        "cannot use the key {0:?} in environment: names are not empty and hold neither = nor a zero byte"
    )]
    Name(String),
    /// A value with a zero byte, which ends a variable.
    #[error("cannot use the value of {0} in environment: it holds a zero byte")]
    Zero(String),
    /// The text cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Opened {
    /// The top level of the first document as variables, in its order; comments are no part of it. Strings are taken
    /// verbatim. Whole numbers are decimal, other numbers are written as Go's `%G` with at least one digit behind the
    /// point, truth values as `true` and `false`, timestamps as RFC 3339 in whole seconds. Null is empty.
    ///
    /// # Errors
    /// A value is a map or a list, or a key is no name of a variable.
    pub fn variables(&self) -> Result<Vec<Variable>, VariablesError> {
        of_document(&self.plain_document()?)
    }
}

fn of_document(document: &Document) -> Result<Vec<Variable>, VariablesError> {
    match document {
        Document::Yaml(document) => variables(document),
        Document::Json(document) => variables(document),
        Document::Dotenv(document) => variables(document),
        Document::Ini(document) => variables(document),
        Document::Binary(document) => variables(document),
    }
}

fn variables<S: Syntax>(document: &S) -> Result<Vec<Variable>, VariablesError> {
    let mut variables = Vec::new();
    // The first node opens the first document.
    let mut nodes = document.nodes().iter().skip(1);
    while let Some(node) = nodes.next() {
        match node.kind {
            Kind::End => break,
            Kind::Key => {}
            _ => continue,
        }
        let name = document.key(node).into_owned();
        let shown = || String::from_utf8_lossy(&name).into_owned();
        let Some(value) = nodes.next().filter(|value| matches!(value.kind, Kind::Scalar(_))) else {
            return Err(VariablesError::Complex(shown()));
        };
        if name.is_empty() || name.iter().any(|byte| matches!(byte, b'=' | 0)) {
            return Err(VariablesError::Name(shown()));
        }
        let text = match document.value(value) {
            Value::Null => Vec::new(),
            Value::Str(text) => text.into_owned(),
            other => {
                // Longer than any number or time, so that it does not grow.
                let mut text = Vec::with_capacity(400);
                write_as_text(&other, &mut text);
                text
            }
        };
        let value = Plaintext::new(text);
        if value.as_bytes().contains(&0) {
            return Err(VariablesError::Zero(shown()));
        }
        variables.push(Variable { name, value });
    }
    Ok(variables)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::file::format::Format;

    fn of(text: &str, format: Format) -> Result<String, String> {
        let source = Cow::Borrowed(text.as_bytes());
        let variables = of_document(&Document::read(source, format).unwrap());
        let text = |variable: &Variable| {
            let name = String::from_utf8_lossy(&variable.name).into_owned();
            format!("{name}={}|", String::from_utf8_lossy(variable.value.as_bytes()))
        };
        variables.map(|found| found.iter().map(text).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_written_as_sops_does_but_null_is_empty() {
        // What `sops exec-env FILE env` of sops 3.13.3 showed, but for the null.
        let text = "s: a b\nm: |\n  x\n  y\ni: 0x1F\nf: 1.0\ng: 123456789.5\nh: 1e6\nj: 0.00001\nt: true\n# c\n\
                    d: 2020-01-02\nw: 2020-01-02T03:04:05.5+01:00\nn: null\ne: ''\n---\nlater: 1\n";
        assert_eq!(
            of(text, Format::Yaml).unwrap(),
            "s=a b|m=x\ny\n|i=31|f=1.0|g=1.234567895E+08|h=1E+06|j=1E-05|t=true|d=2020-01-02T00:00:00Z|\
             w=2020-01-02T03:04:05+01:00|n=|e=|"
        );
        assert_eq!(of("{\"a\": 1.5, \"b\": null, \"c\": 7}", Format::Json).unwrap(), "a=1.5|b=|c=7|");
        assert_eq!(of("# c\nA=\"x\"\nB=1\\n2\n", Format::Dotenv).unwrap(), "A=\"x\"|B=1\n2|");
        assert_eq!(of("{}", Format::Json).unwrap(), "");
    }

    #[test]
    fn what_no_variable_can_hold() {
        let complex = "cannot use complex value in environment; offending key ";
        assert_eq!(of("a: 1\nm: {b: 2}\n", Format::Yaml).unwrap_err(), format!("{complex}m"));
        assert_eq!(of("l: []\n", Format::Yaml).unwrap_err(), format!("{complex}l"));
        assert_eq!(of("[s]\na = 1\n", Format::Ini).unwrap_err(), format!("{complex}DEFAULT"));
        assert!(of("a=b: 1\n", Format::Yaml).unwrap_err().contains("the key \"a=b\""));
        assert!(of("'': 1\n", Format::Yaml).unwrap_err().contains("the key \"\""));
        assert!(of("a: \"x\\0y\"\n", Format::Yaml).unwrap_err().contains("the value of a in"));
    }
}
