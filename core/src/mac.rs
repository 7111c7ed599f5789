//! The hash over all values of a document, which sops calls MAC.

use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::value::Value;

/// The hash while values are added to it.
///
/// It has no key: whoever knows it can try values. It is encrypted in the file and never shown.
pub(crate) struct Mac(Sha512);

/// A finished hash as it is encrypted: 128 hexadecimal digits in upper case.
pub(crate) struct MacText([u8; 128]);

impl Mac {
    /// An empty hash. `only_encrypted` is the setting `mac_only_encrypted`: it makes another hash of the same
    /// values, so that removing the setting from a file does not go unnoticed.
    pub(crate) fn new(only_encrypted: bool) -> Self {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(Sha256::digest(b"sops"));
        }
        Self(hash)
    }

    /// Adds the bytes of a value, or a part of them.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds the bytes of a value.
    pub(crate) fn update_value(&mut self, value: &Value<'_>) {
        if let Value::Str(text) = value {
            self.update(text);
        } else {
            let mut bytes = Zeroizing::new(Vec::new());
            value.write_bytes(&mut bytes);
            self.update(&bytes);
        }
    }

    /// The hash of all that was added.
    pub(crate) fn finish(self) -> MacText {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let mut hash = self.0.finalize();
        let mut text = MacText([0; 128]);
        for (to, byte) in text.0.chunks_exact_mut(2).zip(&hash) {
            to[0] = DIGITS[usize::from(byte >> 4)];
            to[1] = DIGITS[usize::from(byte & 15)];
        }
        hash.as_mut_slice().zeroize();
        text
    }
}

impl MacText {
    /// The digits, for encrypting them.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the file's text `stored` is this hash, in a time that does not depend on where they differ.
    pub(crate) fn matches(&self, stored: &[u8]) -> bool {
        self.0.as_slice().ct_eq(stored).into()
    }
}

impl Drop for MacText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(only_encrypted: bool, values: &[&str]) -> String {
        let mut mac = Mac::new(only_encrypted);
        values.iter().for_each(|value| mac.update(value.as_bytes()));
        mac.finish().as_bytes().iter().copied().map(char::from).collect()
    }

    /// Made by sops 3.13.
    #[test]
    fn hashes_of_sops() {
        for (only_encrypted, values, expected) in [
            (
                false,
                &["hello", "42", "1.5", "True", "2020-01-02T00:00:00Z", "", "visible", "deep", "one", "two"]
                    [..],
                "F168C968C4C67AA1B546031CC4FD3E8CF140E0232FE50517F7CB3EB82C564189\
                 3F38413A9278ADEA4EA1C693A68D829037767E6F8D59B7DC2F807E16E5132BCC",
            ),
            (
                true,
                &["hello", "42", "1.5", "True", "2020-01-02T00:00:00Z", "", "deep", "one", "two"],
                "DCD36B07C1BADBB088661CC57EDD2A86368596346743FEFDC64535B1FCD87A60\
                 CF4B10E907A81500CA45E0F1730F28301479E6FDC9E9F0B0920DEC63BBB83648",
            ),
            (
                false,
                &["hello", "42", "1", "v"],
                "CF71F17A75089EF4B376AB56141B5387F39AB26895294C517AEB4CC31BE502A1\
                 D5DA50298309BCB94669B748DD3DEC66BA4F4CA08DA080075D7E0ED3F29A3013",
            ),
        ] {
            assert_eq!(text(only_encrypted, values), expected);
        }
        assert!(text(false, &["real@example.com"]).starts_with("DD26D0EC6D4AEE75"));
    }

    #[test]
    fn compares_all_of_the_text() {
        let finish = || Mac::new(false).finish();
        let right = text(false, &[]);
        assert!(finish().matches(right.as_bytes()));
        assert!(!finish().matches(right.to_lowercase().as_bytes()));
        assert!(!finish().matches(&right.as_bytes()[..127]));
        assert!(!finish().matches(format!("{right} ").as_bytes()));
        assert!(!finish().matches(b""));
    }
}
