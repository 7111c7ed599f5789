//! Workflow commands of GitHub Actions: a line makes an annotation.

use fieldseal_core::check::Severity;

use crate::check::Found;

/// The findings.
pub(super) fn render(findings: &[Found]) -> String {
    findings.iter().map(line).collect()
}

fn line(found: &Found) -> String {
    let kind = found.finding.kind;
    let command = match kind.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!(
        "::{command} file={},line={},col={},title={}::{}\n",
        property(&found.file),
        found.line(),
        found.column(),
        property(kind.title()),
        data(&format!("{} [{}]\n{}", found.message(), kind.id(), kind.remedy()))
    )
}

/// The text of a command. The runner takes these escapes back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, in which two more characters have a meaning.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_a_command() {
        assert_eq!(property("a,b:c\n::error::x%"), "a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax%25");
        assert_eq!(data("a: b, c\r\n"), "a: b, c%0D%0A");
    }
}
