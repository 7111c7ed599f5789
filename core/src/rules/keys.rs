//! The keys of a rule: who gets the data key.

use std::collections::{BTreeMap, HashSet};

use super::decode::Decoder;
use super::error::{Path, RulesError};
use super::service::{self, Read};
use crate::metadata::{KeyId, Service};
use crate::yaml::{Id, Typed};

/// How deep groups may merge groups.
const MAX_MERGES: usize = 32;

type Result<T> = std::result::Result<T, RulesError>;

/// The keys of a group.
#[derive(Default)]
pub(super) struct Keys {
    /// The keys, in sops's order.
    pub(super) keys: Vec<KeyId>,
    /// What is wrong with one of the keys, though its field has the right type. It matters only if the rule
    /// is used.
    pub(super) wrong: Option<RulesError>,
}

impl Keys {
    /// Adds a key that was read from `id`.
    fn add(&mut self, decoder: &Decoder<'_>, id: Id, path: &Path<'_>, key: Read) {
        match key {
            Ok(key) => self.keys.push(key),
            Err(problem) => self.fail(decoder.error(id, path, problem)),
        }
    }

    fn fail(&mut self, error: RulesError) {
        self.wrong.get_or_insert(error);
    }
}

/// The names of the lists of keys that a rule has outside of groups.
pub(super) const LISTS: [&str; 8] =
    ["age", "pgp", "kms", "aws_profile", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri"];

/// The one group that the lists of a rule make. `lists` are the values under [`LISTS`]. Keys that are there
/// twice stay.
///
/// # Errors
/// A field has the wrong type.
pub(super) fn group_of_lists(
    decoder: &mut Decoder<'_>,
    lists: [Option<Id>; 8],
    path: &Path<'_>,
) -> Result<Keys> {
    let [.., profile, _, _, _, _] = lists;
    let profile = decoder.string(profile, &Path::Key(path, "aws_profile"))?.unwrap_or_default();
    let mut keys = Keys::default();
    for (name, list) in LISTS.into_iter().zip(lists).filter(|(name, _)| *name != "aws_profile") {
        let path = Path::Key(path, name);
        let texts = match texts(decoder, list, &path) {
            _ if name == "hckms" => plain_texts(decoder, list, &path)?,
            Ok(texts) => texts,
            Err(error) => {
                keys.fail(error);
                continue;
            }
        };
        for (text, id) in texts {
            let service = match name {
                "age" => Service::Age,
                "pgp" => Service::Pgp,
                "kms" => Service::Kms,
                "gcp_kms" => Service::GcpKms,
                "azure_keyvault" => Service::AzureKv,
                "hckms" => Service::HcKms,
                _ => Service::HcVault,
            };
            if let Some(key) = service::listed(service, &text, &profile) {
                keys.add(decoder, id, &path, key);
            }
        }
    }
    Ok(keys)
}

/// The texts of a list that sops knows in no other form: strings, or what can be read as strings.
///
/// # Errors
/// It is no list, or has an element that is no scalar.
fn plain_texts(decoder: &mut Decoder<'_>, list: Option<Id>, path: &Path<'_>) -> Result<Vec<(String, Id)>> {
    let mut texts = Vec::new();
    for (index, id) in decoder.list(list, path)?.unwrap_or_default().into_iter().enumerate() {
        if let Some(text) = decoder.string(Some(id), &Path::Index(path, index))? {
            texts.extend(text.split(',').map(|part| (part.trim().to_owned(), id)));
        }
    }
    Ok(texts)
}

/// The texts of a list of keys: a string with commas, or a list of strings, whose elements may hold commas too.
fn texts(decoder: &mut Decoder<'_>, list: Option<Id>, path: &Path<'_>) -> Result<Vec<(String, Id)>> {
    let Some(list) = list else { return Ok(Vec::new()) };
    let mut texts = Vec::new();
    match decoder.typed(list, path)? {
        Some(Typed::Null) => {}
        Some(Typed::Str(_) | Typed::Binary(_)) => {
            let text = decoder.string(Some(list), path)?.unwrap_or_default();
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            texts.extend(parts.map(|part| (part.to_owned(), list)));
        }
        Some(_) => {
            return Err(decoder.error(list, path, "expected a list of strings, or one string with commas"));
        }
        None => {
            for (index, id) in decoder.list(Some(list), path)?.unwrap_or_default().into_iter().enumerate() {
                let path = Path::Index(path, index);
                let typed = decoder.typed(id, &path)?;
                if !matches!(typed, Some(Typed::Str(_) | Typed::Binary(_))) {
                    return Err(decoder.error(id, &path, "expected a string"));
                }
                let text = decoder.string(Some(id), &path)?.unwrap_or_default();
                texts.extend(text.split(',').map(|part| (part.to_owned(), id)));
            }
            // sops joins the elements with commas: one that is empty makes an empty list, two do not.
            if matches!(texts.as_slice(), [(text, _)] if text.is_empty()) {
                texts.clear();
            }
        }
    }
    Ok(texts)
}

/// The keys of a group of `key_groups`: those of the groups that it merges, then its own, each once.
///
/// # Errors
/// A field has the wrong type.
pub(super) fn group(decoder: &mut Decoder<'_>, id: Id, path: &Path<'_>) -> Result<Keys> {
    merged_group(decoder, id, path, 0)
}

fn merged_group(decoder: &mut Decoder<'_>, id: Id, path: &Path<'_>, depth: usize) -> Result<Keys> {
    if depth > MAX_MERGES {
        return Err(decoder.error(id, path, "groups merge groups too deeply, or themselves"));
    }
    let names = ["merge", "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"];
    let fields = decoder.fields(id, path, names)?;
    let mut keys = Keys::default();
    for (name, list) in names.into_iter().zip(fields) {
        let path = Path::Key(path, name);
        for (index, id) in decoder.list(list, &path)?.unwrap_or_default().into_iter().enumerate() {
            if decoder.is_null(id) {
                continue;
            }
            let path = Path::Index(&path, index);
            match name {
                "merge" => {
                    let merged = merged_group(decoder, id, &path, depth + 1)?;
                    keys.keys.extend(merged.keys);
                    merged.wrong.into_iter().for_each(|error| keys.fail(error));
                }
                "age" => {
                    let text = decoder.string(Some(id), &path)?.unwrap_or_default();
                    for recipient in text.split(',').filter(|_| !text.is_empty()) {
                        keys.add(decoder, id, &path, service::age(recipient.trim()));
                    }
                }
                _ => {
                    let key = element(decoder, name, id, &path)?;
                    keys.add(decoder, id, &path, key);
                }
            }
        }
    }
    let mut seen = HashSet::new();
    keys.keys.retain(|key| seen.insert((key.service(), key.to_string())));
    Ok(keys)
}

/// An element of the list `name` of a group.
fn element(decoder: &mut Decoder<'_>, name: &str, id: Id, path: &Path<'_>) -> Result<Read> {
    match name {
        "pgp" => Ok(service::pgp(&decoder.string(Some(id), path)?.unwrap_or_default())),
        "hc_vault" => Ok(service::vault(&decoder.string(Some(id), path)?.unwrap_or_default())),
        "kms" => kms(decoder, id, path),
        "gcp_kms" => {
            let [resource_id] = strings(decoder, id, path, ["resource_id"])?;
            Ok(service::gcp_kms(&resource_id))
        }
        "hckms" => {
            let [key_id] = strings(decoder, id, path, ["key_id"])?;
            Ok(service::hckms(&key_id))
        }
        _ => {
            let [vault_url, name, version] = strings(decoder, id, path, ["vaultUrl", "key", "version"])?;
            Ok(match vault_url.is_empty() || name.is_empty() {
                true => Err("a key of Azure Key Vault needs vaultUrl and key".into()),
                false => Ok(KeyId::AzureKv { vault_url, name, version }),
            })
        }
    }
}

/// The strings that a mapping has under `names`, empty ones for those that are not there.
fn strings<const N: usize>(
    decoder: &mut Decoder<'_>,
    id: Id,
    path: &Path<'_>,
    names: [&'static str; N],
) -> Result<[String; N]> {
    let fields = decoder.fields(id, path, names)?;
    let mut strings = [const { String::new() }; N];
    for ((string, field), name) in strings.iter_mut().zip(fields).zip(names) {
        *string = decoder.string(field, &Path::Key(path, name))?.unwrap_or_default();
    }
    Ok(strings)
}

/// An element of the list `kms` of a group.
fn kms(decoder: &mut Decoder<'_>, id: Id, path: &Path<'_>) -> Result<Read> {
    let names = ["arn", "role", "aws_profile", "context"];
    let [arn, role, aws_profile, context] = decoder.fields(id, path, names)?;
    let mut string = |id, name| Ok(decoder.string(id, &Path::Key(path, name))?.unwrap_or_default());
    let (arn, role, aws_profile): (String, String, String) =
        (string(arn, "arn")?, string(role, "role")?, string(aws_profile, "aws_profile")?);
    let path = Path::Key(path, "context");
    let mut pairs = BTreeMap::new();
    if let Some(context) = context {
        for (name, _, value) in decoder.entries(context, &path)? {
            let name = String::from_utf8_lossy(&name).into_owned();
            let value = decoder.string(Some(value), &Path::Key(&path, &name))?;
            pairs.insert(name, value);
        }
    }
    Ok(if arn.is_empty() {
        Err("a key of AWS KMS needs an arn".into())
    } else if pairs.values().any(Option::is_none) {
        Err("a context of AWS KMS needs values, not null".into())
    } else {
        Ok(KeyId::Kms { arn, role, context: pairs, aws_profile })
    })
}
