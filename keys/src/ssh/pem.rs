//! The texts in which SSH private keys are kept, other than that of OpenSSH: PEM with PKCS#1 or PKCS#8 in it, and the old
//! encryption of PEM. Go's `ssh.ParseRawPrivateKey` reads them, and so do sops and age; the age crate reads some.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use age::ssh::Identity;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cbc::Decryptor;
use curve25519_dalek::EdwardsPoint;
use des::{Des, TdesEde3};
use md5::{Digest as _, Md5};
use pkcs8::{ObjectIdentifier, PrivateKeyInfo};
use sha2::Sha512;
use zeroize::{Zeroize as _, Zeroizing};

/// The type of the text of OpenSSH.
pub(super) const OPENSSH: &str = "OPENSSH PRIVATE KEY";
/// The type of PKCS#1, the old text of RSA keys.
pub(super) const RSA: &str = "RSA PRIVATE KEY";
/// The type of PKCS#8.
pub(super) const PKCS8: &str = "PRIVATE KEY";

const RSA_ALGORITHM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519_ALGORITHM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A block of PEM.
pub(super) struct Block {
    /// Its type: what stands behind `BEGIN`.
    pub(super) label: String,
    /// The lines `name: value` in front of the content.
    headers: Vec<(String, String)>,
    content: Zeroizing<Vec<u8>>,
}

/// Why a passphrase does not open a block.
pub(super) enum Closed {
    /// It is not the right one.
    Passphrase,
    /// The block is damaged, or encrypted in a way that nobody uses.
    Block,
}

impl Block {
    /// The first block in `text` that is well formed. What stands around it is not looked at.
    pub(super) fn find(text: &[u8]) -> Option<Self> {
        let mut open: Option<(&str, Vec<(String, String)>)> = None;
        // It has room for all, so that no part of it stays behind in memory that was given up.
        let mut body = Zeroizing::new(Vec::with_capacity(text.len()));
        for line in text.split(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(line).unwrap_or_default().trim();
            if let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"))
            {
                open = Some((label, Vec::new()));
                body.clear();
                continue;
            }
            let Some((label, headers)) = &mut open else { continue };
            if let Some(end) = line.strip_prefix("-----END ").and_then(|rest| rest.strip_suffix("-----")) {
                let content = BASE64_STANDARD.decode(&*body).ok().map(Zeroizing::new);
                if let (true, Some(content)) = (*label == end, content) {
                    return Some(Self { label: end.to_owned(), headers: std::mem::take(headers), content });
                }
                open = None;
            } else if let (true, Some((name, value))) = (body.is_empty(), line.split_once(':')) {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            } else {
                body.extend(line.bytes().filter(|byte| !byte.is_ascii_whitespace()));
            }
        }
        None
    }

    /// Whether its content is encrypted in the old way of PEM.
    pub(super) fn is_encrypted(&self) -> bool {
        self.header("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED"))
    }

    /// The key in it as age takes it; `None` if there is none that it knows. Keys of other kinds are an identity that
    /// says so.
    pub(super) fn identity(&self) -> Option<Identity> {
        match self.label.as_str() {
            OPENSSH | RSA => read(&self.label, &self.content),
            PKCS8 => of_pkcs8(&self.content),
            _ => None,
        }
    }

    /// The RSA key in it, which `passphrase` encrypts.
    ///
    /// # Errors
    /// It is another passphrase, or the block is damaged.
    pub(super) fn decrypt(&self, passphrase: &[u8]) -> Result<Identity, Closed> {
        let (cipher, vector) =
            self.header("DEK-Info").and_then(|info| info.split_once(',')).ok_or(Closed::Block)?;
        let vector = unhex(vector).ok_or(Closed::Block)?;
        let mut content = Zeroizing::new(self.content.to_vec());
        let (data, keys) = (content.as_mut_slice(), (passphrase, vector.as_slice()));
        let plain = match cipher {
            "AES-128-CBC" => decrypt::<Decryptor<Aes128>>(data, keys),
            "AES-192-CBC" => decrypt::<Decryptor<Aes192>>(data, keys),
            "AES-256-CBC" => decrypt::<Decryptor<Aes256>>(data, keys),
            "DES-EDE3-CBC" => decrypt::<Decryptor<TdesEde3>>(data, keys),
            "DES-CBC" => decrypt::<Decryptor<Des>>(data, keys),
            _ => return Err(Closed::Block),
        };
        // A wrong passphrase gives noise, which now and then ends as a text may end that was filled up.
        plain?.and_then(|plain| read(RSA, plain)).ok_or(Closed::Passphrase)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a key as age does, which wants a text.
fn read(label: &str, content: &[u8]) -> Option<Identity> {
    let base64 = Zeroizing::new(BASE64_STANDARD.encode(content));
    let mut text = Zeroizing::new(String::with_capacity(base64.len() + base64.len() / 64 + 100));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in base64.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    Identity::from_buffer(text.as_bytes(), None).ok()
}

/// The key in a structure of PKCS#8 (RFC 5958): for RSA, PKCS#1 is in it; for Ed25519, a seed (RFC 8410).
fn of_pkcs8(der: &[u8]) -> Option<Identity> {
    let info = PrivateKeyInfo::try_from(der).ok()?;
    match info.algorithm.oid {
        RSA_ALGORITHM => read(RSA, info.private_key),
        ED25519_ALGORITHM => {
            let seed = info.private_key.strip_prefix(&[4, 32])?;
            read(OPENSSH, &openssh(seed.try_into().ok()?))
        }
        _ => None,
    }
}

/// The content of the text that OpenSSH writes for the Ed25519 key of `seed`, after its document `PROTOCOL.key`.
fn openssh(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    const KIND: &[u8] = b"ssh-ed25519";
    let mut hash = Zeroizing::new([0; 64]);
    hash.copy_from_slice(&Sha512::digest(seed));
    let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(hash[..32].try_into().expect("half of it"));
    let public = EdwardsPoint::mul_base_clamped(*scalar).compress().to_bytes();

    fn string(to: &mut Vec<u8>, text: &[u8]) {
        to.extend_from_slice(&(text.len() as u32).to_be_bytes());
        to.extend_from_slice(text);
    }
    let pair = Zeroizing::new([seed.as_slice(), &public].concat());
    let mut secret = Zeroizing::new(Vec::with_capacity(256));
    // Two equal numbers, which tell whether a passphrase was right.
    secret.extend_from_slice(&[0; 8]);
    for part in [KIND, &public, &pair, b""] {
        string(&mut secret, part);
    }
    for number in 1..=(8 - secret.len() % 8) % 8 {
        secret.push(number as u8);
    }
    let mut open = Vec::with_capacity(64);
    string(&mut open, KIND);
    string(&mut open, &public);
    let mut content = Zeroizing::new(Vec::with_capacity(512));
    content.extend_from_slice(b"openssh-key-v1\0");
    for part in [b"none".as_slice(), b"none", b""] {
        string(&mut content, part);
    }
    content.extend_from_slice(&1_u32.to_be_bytes());
    string(&mut content, &open);
    string(&mut content, &secret);
    content
}

/// Decrypts `data` with the cipher `D`, whose key is made from the passphrase and the first 8 bytes of the vector by MD5,
/// as OpenSSL does. `None` if the end is not filled up as it must be.
fn decrypt<'a, D: KeyIvInit + BlockModeDecrypt>(
    data: &'a mut [u8],
    (passphrase, vector): (&[u8], &[u8]),
) -> Result<Option<&'a [u8]>, Closed> {
    let salt = vector.get(..8).ok_or(Closed::Block)?;
    let mut key = Zeroizing::new(Vec::with_capacity(64));
    let mut last = Zeroizing::new(Vec::with_capacity(16));
    while key.len() < D::key_size() {
        let mut hash = Md5::new_with_prefix(&*last);
        hash.update(passphrase);
        hash.update(salt);
        last.zeroize();
        last.extend_from_slice(&hash.finalize());
        key.extend_from_slice(&last);
    }
    let cipher = D::new_from_slices(&key[..D::key_size()], vector).map_err(|_| Closed::Block)?;
    if data.is_empty() || !data.len().is_multiple_of(vector.len()) {
        return Err(Closed::Block);
    }
    Ok(cipher.decrypt_padded::<Pkcs7>(data).ok())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit))
        .then(|| digits.chunks(2).map(pair).collect())
        .flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_in_whatever_stands_around_it() {
        let text = b"note\r\n-----BEGIN A-----\r\nbroken\r\n-----BEGIN B-----\r\nX: y:z\r\n\r\nYW\r\n Jj\r\n-----END B-----\r\nmore";
        let block = Block::find(text).unwrap();
        assert_eq!(
            (block.label.as_str(), block.header("X"), block.content.as_slice()),
            ("B", Some("y:z"), &b"abc"[..])
        );
        for text in [
            &b""[..],
            b"-----BEGIN A-----\nYWJj\n",
            b"-----BEGIN A-----\nYWJj\n-----END B-----\n",
            b"-----BEGIN A-----\nY!\n-----END A-----\n",
            b"-----END A-----\n\xff\n",
        ] {
            assert!(Block::find(text).is_none());
        }
    }

    /// The seed and the public key of the first test of RFC 8032.
    #[test]
    fn a_seed_becomes_the_text_of_openssh() {
        let hex = |text| unhex(text).unwrap();
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let mut der = hex("302e020100300506032b657004220420");
        der.extend_from_slice(&seed);
        let identity = of_pkcs8(&der).unwrap();
        let recipient = age::ssh::Recipient::try_from(identity).unwrap().to_string();
        let blob = BASE64_STANDARD.decode(recipient.strip_prefix("ssh-ed25519 ").unwrap()).unwrap();
        assert_eq!(blob[blob.len() - 32..], public);
        // One byte less, and another algorithm.
        assert!(of_pkcs8(&der[..der.len() - 1]).is_none());
        der[11] = 0x6e;
        assert!(of_pkcs8(&der).is_none());
    }

    #[test]
    fn damaged_encryption_is_told_from_a_wrong_passphrase() {
        let block = |info: &str, content: &[u8]| Block {
            label: RSA.to_owned(),
            headers: vec![("DEK-Info".to_owned(), info.to_owned())],
            content: Zeroizing::new(content.to_vec()),
        };
        let vector = "00112233445566778899aabbccddeeff";
        for (info, content, damaged) in [
            (format!("AES-128-CBC,{vector}"), &[7; 32][..], false),
            (format!("DES-EDE3-CBC,{}", &vector[..16]), &[7; 32], false),
            (format!("AES-128-CBC,{vector}"), &[7; 31], true),
            (format!("AES-128-CBC,{vector}"), &[], true),
            ("AES-128-CBC,0011".to_owned(), &[7; 32], true),
            (format!("AES-128-CBC,{}", &vector[..16]), &[7; 32], true),
            (format!("AES-128-CBC,{vector}0"), &[7; 32], true),
            ("AES-128-CBC".to_owned(), &[7; 32], true),
            (format!("RC2-40-CBC,{vector}"), &[7; 32], true),
        ] {
            let Err(closed) = block(&info, content).decrypt(b"horse") else { panic!("{info}") };
            assert_eq!(matches!(closed, Closed::Block), damaged, "{info}");
        }
    }
}
