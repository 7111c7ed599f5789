//! JUnit XML, as Jenkins and GitLab read it: a test for each file, which fails if something was found in it.

use std::collections::BTreeMap;

use super::Summary;
use crate::check::Found;

/// The findings, and the files without any.
pub(super) fn render(findings: &[Found], summary: &Summary) -> String {
    let mut files: BTreeMap<&str, Vec<&Found>> =
        summary.files.iter().map(|(file, _)| (file.as_str(), Vec::new())).collect();
    for found in findings {
        files.entry(&found.file).or_default().push(found);
    }
    let failures = files.values().filter(|findings| !findings.is_empty()).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", files.len());
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    xml += &format!("<testsuites name=\"fieldseal check\" {counts}>\n");
    xml += &format!("  <testsuite name=\"fieldseal check\" {counts} skipped=\"0\" time=\"0\">\n");
    for (file, findings) in files {
        xml +=
            &format!("    <testcase name=\"{0}\" classname=\"{0}\" file=\"{0}\" time=\"0\"", escaped(file));
        if findings.is_empty() {
            xml += "/>\n";
            continue;
        }
        // Readers expect one failure in a test.
        let kind = findings[0].finding.kind.id();
        let message = match findings.as_slice() {
            [one] => one.message(),
            more => format!("{} findings", more.len()),
        };
        xml += &format!(">\n      <failure type=\"{kind}\" message=\"{}\">", escaped(&message));
        for found in findings {
            let kind = found.finding.kind;
            let line = format!(
                "{}:{}:{}: {} [{}]\n{}\n",
                file,
                found.line(),
                found.column(),
                found.message(),
                kind.id(),
                kind.remedy()
            );
            xml += &escaped(&line);
        }
        xml += "</failure>\n    </testcase>\n";
    }
    xml += "  </testsuite>\n</testsuites>\n";
    xml
}

/// `text` for an attribute or an element. What XML has no place for is replaced.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml += "&amp;",
            '<' => xml += "&lt;",
            '>' => xml += "&gt;",
            '"' => xml += "&quot;",
            '\n' => xml += "&#10;",
            '\t' => xml += "&#9;",
            '\r' => xml += "&#13;",
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            character => xml.push(character),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_has_no_place_for_is_escaped() {
        assert_eq!(escaped("a<b>&\"c\"\n\u{1b}\u{0}ü"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}\u{fffd}ü");
    }
}
