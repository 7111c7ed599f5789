//! Key-value engines of Vault and OpenBao, in both versions.

use fieldseal_keys::Environment;
use fieldseal_keys::cloud::http::Answer;
use fieldseal_keys::cloud::vault::Vault;
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Changes, There, of_cloud, refused};
use crate::report::{Failure, harmless};

/// A server.
pub(super) struct Store(Vault);

/// Values in clear, wiped when dropped.
struct Values(Value);

impl Store {
    /// The server at `address`, or at that of the environment if it is empty.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub(super) fn new(environment: &Environment, address: &str) -> Result<Self, Failure> {
        Vault::new(environment, address).map(Self).map_err(of_cloud)
    }

    /// Whether what is sent could be read on the way.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_open()
    }

    /// How what is at `path` differs from `content`.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) fn there(&self, path: &str, version: u8, content: &[u8]) -> Result<There, Failure> {
        let answer = self.0.read(path).map_err(of_cloud)?;
        match answer.status {
            404 => return Ok(There::Nothing),
            200..300 => {}
            status => return Ok(There::Unknown(status)),
        }
        let there = values(&answer, version);
        let (Some(there), Ok(new)) = (there, serde_json::from_slice(content).map(Values)) else {
            return Ok(There::Nothing);
        };
        Ok(match (&there.0, &new.0) {
            (Value::Object(old), Value::Object(new)) => {
                let changes = changes(old, new);
                if changes == Changes::default() { There::Same } else { There::Other(changes) }
            }
            (Value::Object(_), _) => There::Other(Changes::default()),
            // The last version was deleted.
            _ => There::Nothing,
        })
    }

    /// Writes `content` to `path`.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub(super) fn put(&self, path: &str, version: u8, content: &[u8]) -> Result<(), Failure> {
        let mut wrapped = Zeroizing::new(Vec::with_capacity(content.len() + 16));
        let body = if version == 1 {
            content
        } else {
            wrapped.extend_from_slice(b"{\"data\":");
            wrapped.extend_from_slice(content);
            wrapped.push(b'}');
            &wrapped
        };
        let answer = self.0.write(path, body).map_err(of_cloud)?;
        let hint = match answer.status {
            200..300 => return Ok(()),
            400 => "look at vault_kv_version, at limits of the engine, and at its setting cas_required",
            403 if self.0.has_token() => {
                "the token may not write there; VAULT_NAMESPACE may be missing as well"
            }
            403 => "there is no token: set VAULT_TOKEN, or sign in with `vault login`",
            404 | 405 => "nothing takes values there; look at vault_kv_mount_name and vault_kv_version",
            300..400 => "name the server that it leads to as vault_address, or in VAULT_ADDR",
            503 => "Vault is sealed, or in maintenance",
            _ => "look at the log of Vault",
        };
        Err(refused(answer.status, hint))
    }
}

/// The values in an answer to a read.
fn values(answer: &Answer, version: u8) -> Option<Values> {
    let mut all = Values(serde_json::from_slice(&answer.body).ok()?);
    let mut data = Values(all.0.get_mut("data")?.take());
    if version == 1 {
        return Some(data);
    }
    Some(Values(data.0.get_mut("data")?.take()))
}

fn changes(old: &Map<String, Value>, new: &Map<String, Value>) -> Changes {
    let names = |of: &Map<String, Value>, meant: &dyn Fn(&str, &Value) -> bool| {
        of.iter().filter(|(name, value)| meant(name, value)).map(|(name, _)| harmless(name)).collect()
    };
    Changes {
        added: names(new, &|name, _| !old.contains_key(name)),
        removed: names(old, &|name, _| !new.contains_key(name)),
        changed: names(new, &|name, value| old.get(name).is_some_and(|old| old != value)),
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        let mut open = vec![self.0.take()];
        while let Some(value) = open.pop() {
            match value {
                Value::String(mut text) => text.zeroize(),
                Value::Array(list) => open.extend(list),
                Value::Object(map) => open.extend(map.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn map(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn names_come_go_and_change() {
        let old = map(r#"{"same": [1, {"a": 1.5}], "gone": 1, "other": "x"}"#);
        let new = map(r#"{"other": "y", "same": [1, {"a": 1.5}], "new\u001b": null}"#);
        assert_eq!(
            changes(&old, &new),
            Changes {
                added: vec!["new\\u{1b}".to_owned()],
                removed: vec!["gone".to_owned()],
                changed: vec!["other".to_owned()]
            }
        );
        assert_eq!(changes(&new, &new), Changes::default());
    }
}
