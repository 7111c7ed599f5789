//! `explain`: which rule is for a file, what it does and why, and who can open the file. Nothing here shows a value.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fieldseal_core::check::{Explained, Reason, explain};
use fieldseal_core::{
    Config, CreationRule, Destination, DestinationRule, Format, KeyId, LeafState, Metadata, MetadataError,
    OpenError, RulesError, Sealed, Selection, Service, path_in_rules,
};
use fieldseal_keys::{Place, PlaceContent};

use crate::check::nearest_config;
use crate::context::Context;
use crate::engine::{absolute, places};
use crate::exit::Exit;
use crate::io;
use crate::report::{Failure, harmless, shown};

/// What is to be explained.
pub(crate) struct Plan {
    /// The file; it need not be there.
    pub(crate) file: PathBuf,
    /// The only part of it that is of interest, as `a.b[0]`.
    pub(crate) path: Option<String>,
}

/// Explains the file of the plan on stdout.
///
/// # Errors
/// The configuration or the file cannot be read.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let mut text = String::new();
    let named = context.config.clone();
    let rule = rules(&mut text, &plan.file, named)?;
    let source = match std::fs::symlink_metadata(&plan.file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        _ => Some(io::read_file(&plan.file)?),
    };
    let format = Format::of_name(&plan.file.to_string_lossy());
    let sealed = match &source {
        Some(source) => metadata_of(source, format)?,
        None => None,
    };
    file(&mut text, &plan.file, source.is_some(), format, sealed.as_ref());
    // What is in the file counts for the file; the rule, for what is encrypted anew.
    let selection = match (&sealed, &rule) {
        (Some(metadata), _) => Some(metadata.selection.clone()),
        (None, Some(rule)) => Some(rule.selection.clone().unwrap_or_default()),
        (None, None) => None,
    };
    if let (Some(metadata), Some(rule)) = (&sealed, &rule) {
        let wanted = rule.selection.clone().unwrap_or_default();
        if wanted != metadata.selection && format != Format::Binary {
            let _ = writeln!(text, "  the rule would select by {}", setting(&wanted));
        }
    }
    if let (Some(source), Some(selection)) = (&source, &selection) {
        leaves(&mut text, source, format, selection, plan.path.as_deref())?;
    }
    recipients(&mut text, sealed.as_ref(), rule.as_ref());
    io::write_stdout(text.as_bytes())?;
    Ok(Exit::Success)
}

/// Tells the configuration and its rules up to the one that is for `file`, and gives that.
fn rules(text: &mut String, file: &Path, named: Option<PathBuf>) -> Result<Option<CreationRule>, Failure> {
    let whole = absolute(file)?;
    let how = if named.is_some() { "named by --config or SOPS_CONFIG" } else { "the nearest upwards" };
    let config = match named {
        Some(named) => Some(absolute(&named)?),
        None => whole.parent().and_then(nearest_config),
    };
    let Some(path) = config else {
        let _ = writeln!(text, "config: none; there is no .sops.yaml in the directories upwards");
        return Ok(None);
    };
    let _ = writeln!(text, "config: {} ({how})", shown(&path));
    let source = io::read_file(&path).map_err(|failure| failure.code(Exit::Other))?;
    let broken = |error: &RulesError| {
        Failure::new(Exit::Other, error.problem.to_string())
            .tree(&*error.path)
            .position(error.position)
            .file(&path)
    };
    let config = Config::parse(&source).map_err(|error| broken(&error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let separator = std::path::MAIN_SEPARATOR as u8;
    let (folder, whole) = (folder.as_os_str().as_encoded_bytes(), whole.as_os_str().as_encoded_bytes());
    let in_rules = path_in_rules(folder, whole, separator);
    let _ = writeln!(text, "path in the rules: {}", harmless(&String::from_utf8_lossy(in_rules)));
    if let Some(rule) = config.destination_for(in_rules).map_err(|error| broken(&error))? {
        let _ = writeln!(text, "destination: {}", harmless(&destination(rule)));
    }
    for outline in config.creation_rules() {
        let (index, position) = (outline.index, outline.position);
        let regex = harmless(outline.path_regex());
        if outline.matches(in_rules).map_err(|error| broken(&error))? {
            let why = match regex.as_str() {
                "" => "has no path_regex, so it is for every file".to_owned(),
                regex => format!("path_regex matches: {regex}"),
            };
            let _ = writeln!(text, "rule: creation_rules[{index}] at {position}: {why}");
            let rule = outline.rule().map_err(|error| broken(&error))?;
            return Ok(Some(rule.clone()));
        }
        let _ =
            writeln!(text, "  not creation_rules[{index}] at {position}: path_regex does not match: {regex}");
    }
    let _ = writeln!(text, "rule: none is for this path");
    Ok(None)
}

/// Where `publish` sends files of a rule, and what of them.
fn destination(rule: &DestinationRule) -> String {
    let anew = rule.recreation_rule.key_groups.iter().any(|group| !group.is_empty());
    let how = if anew { "encrypted anew" } else { "as it is" };
    match &rule.destination {
        None => "none: its rule names no place".to_owned(),
        Some(Destination::S3 { bucket, prefix }) => format!("s3://{bucket}/{prefix}, {how}"),
        Some(Destination::Gcs { bucket, prefix }) => format!("gcs://{bucket}/{prefix}, {how}"),
        Some(Destination::Vault { address, mount, path, version }) => {
            let address = if address.is_empty() { "the Vault of the environment" } else { address };
            format!("{mount}{path} at {address}, the values in clear, to version {version} of the engine")
        }
    }
}

/// The metadata of an encrypted file; `None` for a clear one.
fn metadata_of(source: &[u8], format: Format) -> Result<Option<Metadata>, Failure> {
    match Sealed::read(source, format) {
        Ok(sealed) => Ok(Some(sealed.metadata().clone())),
        Err(OpenError::Metadata(MetadataError::NotFound) | OpenError::Document(_)) => Ok(None),
        Err(error) => Err(Failure::new(Exit::Other, error.to_string())),
    }
}

fn file(text: &mut String, path: &Path, there: bool, format: Format, sealed: Option<&Metadata>) {
    let state = match (there, sealed) {
        (false, _) => "not there yet".to_owned(),
        (true, None) => "in clear text".to_owned(),
        (true, Some(_)) if format == Format::Binary => "encrypted as a whole".to_owned(),
        (true, Some(metadata)) => format!("encrypted, by {}", setting(&metadata.selection)),
    };
    let _ = writeln!(text, "file: {}, {}, {state}", shown(path), format.name());
}

fn setting(selection: &Selection) -> String {
    match selection.text() {
        "" => "no setting: everything".to_owned(),
        text => format!("{}: {}", selection.name(), harmless(text)),
    }
}

/// Tells of each leaf at or below `below` whether it is encrypted, and why.
fn leaves(
    text: &mut String,
    source: &[u8],
    format: Format,
    selection: &Selection,
    below: Option<&str>,
) -> Result<(), Failure> {
    let selection = if format == Format::Binary { &Selection::default() } else { selection };
    let mut lines = Vec::new();
    let (mut all, mut selected) = (0_usize, 0_usize);
    let mut visit = |leaf: &Explained<'_>| {
        if !below.is_none_or(|below| is_below(leaf.path, below)) || leaf.state == LeafState::Empty {
            return;
        }
        all += 1;
        selected += usize::from(leaf.selected);
        let what = match (leaf.selected, leaf.state) {
            (true, LeafState::Clear) => "to be encrypted",
            (true, LeafState::Damaged(_)) => "encrypted, but damaged",
            (true, _) => "encrypted",
            (false, LeafState::Token) => "encrypted, but not selected",
            (false, _) => "clear",
        };
        let why = match &leaf.reason {
            Reason::Everything => "everything is".to_owned(),
            Reason::Key(key) => format!("the key {} matches {}", harmless(key), selection.name()),
            Reason::NoKey => format!("no key on the way matches {}", selection.name()),
            Reason::Comments => format!("by {} and the comments above", selection.name()),
        };
        let place = match (leaf.path, leaf.comment) {
            ("", true) => "a comment".to_owned(),
            (path, true) => format!("a comment in {}", harmless(path)),
            (path, false) => harmless(path),
        };
        lines.push(format!("  {} {place}: {what}: {why}\n", leaf.position));
    };
    let explained = explain(source, format, selection, &mut visit);
    explained.map_err(|error| Failure::new(Exit::Unreadable, error.to_string()))?;
    if let Some(below) = below.filter(|_| all == 0) {
        let message = format!("there is no value at {}", harmless(below));
        return Err(Failure::new(Exit::ExtractPath, message)
            .hint("write the path as explain without a path shows it"));
    }
    let _ = writeln!(text, "values and comments: {selected} of {all} selected");
    text.extend(lines);
    Ok(())
}

/// Whether `path` is `below` or leads on from there.
fn is_below(path: &str, below: &str) -> bool {
    path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Tells for whom the file is or will be encrypted, and what of that opens with the identities at hand.
fn recipients(text: &mut String, sealed: Option<&Metadata>, rule: Option<&CreationRule>) {
    let (groups, threshold, whose) = match (sealed, rule) {
        (Some(metadata), _) => {
            let groups = metadata.groups.iter().map(|group| group.ids().cloned().collect()).collect();
            (groups, metadata.shamir_threshold, "of the file")
        }
        (None, Some(rule)) => (rule.key_groups.clone(), rule.shamir_threshold, "of the rule"),
        (None, None) => return,
    };
    let groups: Vec<Vec<KeyId>> = groups;
    let places = places();
    let _ = writeln!(text, "recipients {whose}:");
    let several = groups.len() > 1;
    let mut opened = 0;
    for (number, group) in groups.iter().enumerate() {
        if several {
            let _ = writeln!(text, "  group {number}:");
        }
        let mut opens = false;
        for key in group {
            let holders = holders(key, &places);
            opens |= !holders.is_empty();
            let what = match (key.service(), holders.as_slice()) {
                (Service::Age, []) => "no identity for it".to_owned(),
                (Service::Age, places) => format!("opens with the identity in {}", places.join(" and in ")),
                (service, _) => format!("a key of {service}, which is asked when the file is opened"),
            };
            let _ =
                writeln!(text, "  {}{}: {what}", if several { "  " } else { "" }, harmless(&key.to_string()));
        }
        opened += usize::from(opens);
    }
    if several {
        let needed = if threshold == 0 { groups.len() } else { threshold };
        let _ = writeln!(text, "  {needed} of {} groups are needed, {opened} can be had", groups.len());
    }
    if let (Some(metadata), Some(rule)) = (sealed, rule) {
        let differs = metadata.differences(&rule.key_groups).iter().any(|group| !group.is_none());
        if differs {
            let _ =
                writeln!(text, "  the rule names other recipients; `fieldseal updatekeys` makes them equal");
        }
    }
    let _ = writeln!(text, "identities were looked for in:");
    for place in &places {
        let what = match &place.content {
            PlaceContent::Nothing => "nothing there".to_owned(),
            PlaceContent::Failed(why) => harmless(why),
            PlaceContent::Program => "a program, which is run when a file is opened".to_owned(),
            PlaceContent::Identities(recipients) => {
                let names = recipients.iter().map(|recipient| match recipient {
                    Some(recipient) => harmless(recipient),
                    None => "one that says for whom it is only when it is used".to_owned(),
                });
                let names: Vec<String> = names.collect();
                if names.is_empty() {
                    "no identity in it".to_owned()
                } else {
                    format!("for {}", names.join(", "))
                }
            }
            _ => "something".to_owned(),
        };
        if !place.location.is_empty() {
            let _ = writeln!(text, "  {}: {what}", harmless(&place.location));
        }
    }
}

/// The places with an identity for `key`.
fn holders(key: &KeyId, places: &[Place]) -> Vec<String> {
    let KeyId::Age { recipient } = key else { return Vec::new() };
    let is_for = |own: &String| {
        let rest = recipient.strip_prefix(own.as_str());
        // The public key of an SSH key may have a comment behind it.
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let has = |place: &&Place| match &place.content {
        PlaceContent::Identities(recipients) => recipients.iter().flatten().any(is_for),
        _ => false,
    };
    places.iter().filter(has).map(|place| harmless(&place.location)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_on_only_at_its_steps() {
        assert!(is_below("a.b[0].c", "a.b"));
        assert!(is_below("a.b[0].c", "a.b[0]"));
        assert!(is_below("a", "a"));
        assert!(!is_below("ab", "a"));
        assert!(!is_below("a", "a.b"));
    }
}
