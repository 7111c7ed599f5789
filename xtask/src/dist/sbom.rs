//! The list of all that goes into the program, in SPDX 2.3.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::run::{self, Result};
use crate::workspace;

/// Lists the packages that the program is linked from, as the lock file pins them.
///
/// # Errors
///
/// When cargo or Git do not tell what they are asked for.
pub(super) fn sbom() -> Result<String> {
    let metadata = run::read(workspace::cargo().args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let root = packages
        .iter()
        .find_map(|(id, package)| (package["name"] == "fieldseal").then_some(*id))
        .ok_or("the workspace has no package fieldseal")?;

    let mut reached = BTreeSet::from([root]);
    let mut open = vec![root];
    let mut relations = vec![json!({
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": reference(packages[root]),
    })];
    while let Some(id) = open.pop() {
        for needed in list(&nodes[id]["deps"]).filter(|needed| is_linked(needed)) {
            let other = needed["pkg"].as_str().ok_or("a dependency has no package")?;
            relations.push(json!({
                "spdxElementId": reference(packages[id]),
                "relationshipType": "DEPENDS_ON",
                "relatedSpdxElement": reference(packages[other]),
            }));
            if reached.insert(other) {
                open.push(other);
            }
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    let commit = run::read(Command::new("git").current_dir(workspace::root()).args(["rev-parse", "HEAD"]))?;
    let mut date = Command::new("git");
    date.current_dir(workspace::root()).env("TZ", "UTC");
    date.args(["log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"]);
    let document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": format!("fieldseal-{version}"),
        "documentNamespace": format!("urn:fieldseal:{version}:{commit}"),
        "creationInfo": { "created": run::read(&mut date)?, "creators": ["Tool: cargo xtask dist"] },
        "packages": reached.iter().map(|id| described(packages[id])).collect::<Vec<_>>(),
        "relationships": relations,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// Whether a dependency becomes part of the program, and is not only for its tests or its build.
fn is_linked(needed: &Value) -> bool {
    list(&needed["dep_kinds"]).any(|kind| kind["kind"].is_null())
}

/// The entry of a package.
fn described(package: &Value) -> Value {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let published = package["source"].as_str().is_some_and(|source| source.starts_with("registry+"));
    let license = text(&package["license"]).replace('/', " OR ");
    let mut entry = json!({
        "SPDXID": reference(package),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseDeclared": if license.is_empty() { "NOASSERTION" } else { &license },
        "licenseConcluded": "NOASSERTION",
        "copyrightText": "NOASSERTION",
    });
    if published {
        entry["externalRefs"] = json!([{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": format!("pkg:cargo/{name}@{version}"),
        }]);
    }
    entry
}

/// The name of a package within the document.
fn reference(package: &Value) -> String {
    let name = format!("{}-{}", text(&package["name"]), text(&package["version"]));
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    format!("SPDXRef-{}", name.chars().map(plain).collect::<String>())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
