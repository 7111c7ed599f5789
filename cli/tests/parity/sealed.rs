//! Encrypted texts, as far as they are the same in each run.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// A token, its type in the group.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"ENC\[AES256_GCM,data:[^,\]]*,iv:[^,\]]*,tag:[^,\]]*,type:(\w+)\]").unwrap()
});

/// A line of the metadata that differs between runs, or that only the tool writes.
static RANDOM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"^(sops_)?([a-z_]+__)?([a-z0-9_]*__)*(lastmodified|mac|(map_)?created_at|(map_)?enc|version|fieldseal_layout)"?\s*[:=]"#,
    )
    .unwrap()
});

/// An encrypted text, taken apart.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Sealed {
    /// Its type, as a word for `--input-type`.
    pub(crate) kind: &'static str,
    /// The metadata, without what differs between runs.
    pub(crate) metadata: Vec<String>,
    /// The types of the encrypted values in their order, without comments.
    pub(crate) types: Vec<String>,
}

impl Sealed {
    /// Takes a text apart if it is an encrypted one.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if text.starts_with('{') {
            return Self::json(text);
        }
        let lines: Vec<_> = text.lines().collect();
        let last = |is: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| is(line));
        let (kind, at) = if let Some(at) = last(&|line| line == "sops:") {
            ("yaml", at)
        } else if let Some(at) = last(&|line| line == "[sops]") {
            ("ini", at)
        } else if lines.iter().any(|line| line.starts_with("sops_mac=")) {
            ("dotenv", lines.iter().position(|line| line.starts_with("sops_"))?)
        } else {
            return None;
        };
        Some(Self { kind, metadata: metadata(&lines[at..]), types: types(&lines[..at].join("\n")) })
    }

    /// JSON may be written in one line or in many.
    fn json(text: &str) -> Option<Self> {
        let tree: Value = serde_json::from_str(text).ok()?;
        let block = tree.get("sops").filter(|block| block.is_object())?;
        let binary = tree.as_object()?.len() == 2 && tree.get("data").is_some_and(Value::is_string);
        let mut metadata = Vec::new();
        leaves("", block, &mut metadata);
        Some(Self {
            kind: if binary { "binary" } else { "json" },
            metadata,
            types: types(&text[..text.rfind("\"sops\"")?]),
        })
    }
}

/// The types of the tokens of a text, without comments.
fn types(text: &str) -> Vec<String> {
    let types = TOKEN.captures_iter(text).map(|found| found[1].to_owned());
    types.filter(|name| name != "comment").collect()
}

/// The values of the metadata that do not differ between runs, each with its path.
fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries.iter().filter(|(name, _)| !RANDOM.is_match(&format!("{name}="))) {
                leaves(&format!("{path}/{name}"), value, found);
            }
        }
        Value::Array(elements) => {
            elements.iter().for_each(|value| leaves(&format!("{path}/-"), value, found));
        }
        _ => found.push(format!("{path} {value}")),
    }
}

fn metadata(lines: &[&str]) -> Vec<String> {
    let mut armored = false;
    let mut kept = Vec::new();
    for line in lines {
        let line = line.trim().trim_start_matches("- ").trim_start_matches('"').trim_end_matches(',');
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let inside = armored || line.starts_with("-----BEGIN");
        armored = inside && !line.contains("-----END");
        if !inside && !line.is_empty() && !RANDOM.is_match(&line) {
            kept.push(line);
        }
    }
    kept
}

/// `text` with tokens that hide what differs between runs.
pub(crate) fn masked(text: &str) -> String {
    TOKEN.replace_all(text, "ENC[$1]").into_owned()
}
