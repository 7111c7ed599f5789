//! The recipient type `mlkem768x25519` of age: a key agreement that holds as long as one of its two halves does.
//!
//! HPKE comes from the crates that age uses itself; what is here is the combination of ML-KEM-768 and X25519 (also
//! known as X-Wing), and its encodings. age's specification is at <https://c2sp.org/age>.

use std::collections::HashSet;
use std::fmt;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{bech32_decode, bech32_encode, hpke_open, hpke_seal};
use age_core::secrecy::ExposeSecret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::Hrp;
use hpke::kem::SharedSecret;
use hpke::{Deserializable, HpkeError, Kem, Serializable};
use ml_kem::kem::{Decapsulate, Encapsulate};
use ml_kem::{Ciphertext, EncodedSizeUser, KemCore, MlKem768};
use rand_core::{CryptoRng, OsRng, RngCore};
use sha3::digest::generic_array::GenericArray;
use sha3::digest::generic_array::typenum::{Sum, U32, Unsigned};
use sha3::digest::{ExtendableOutput, FixedOutput, Update, XofReader};
use sha3::{Sha3_256, Shake256};
use x25519_dalek::{EphemeralSecret, PublicKey as Point, StaticSecret};
use zeroize::Zeroizing;

/// The name of the stanza.
const STANZA: &str = "mlkem768x25519";
/// What the file key is bound to.
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const RECIPIENT: Hrp = Hrp::parse_unchecked("age1pq");
const IDENTITY: Hrp = Hrp::parse_unchecked("AGE-SECRET-KEY-PQ-");

type PqPublic = <MlKem768 as KemCore>::EncapsulationKey;
type PqSecret = <MlKem768 as KemCore>::DecapsulationKey;
type PqPublicSize = <PqPublic as EncodedSizeUser>::EncodedSize;
type PqCiphertextSize = <MlKem768 as KemCore>::CiphertextSize;

/// A recipient of this kind.
#[derive(Clone, Debug)]
pub struct Recipient(PublicKey);

/// An identity of this kind.
pub struct Identity(SecretKey);

impl Recipient {
    /// Reads `age1pq1...`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let key = decode(text, RECIPIENT)?;
        let key = PublicKey::from_bytes(&key).ok()?;
        // A point of low order makes every agreement fail; here is the place to say so.
        let usable = StaticSecret::from([1; 32]).diffie_hellman(&key.point).was_contributory();
        usable.then_some(Self(key))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&bech32_encode(RECIPIENT, &self.0.to_bytes()))
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (share, body) = hpke_seal::<Hybrid, _>(&self.0, INFO, file_key.expose_secret(), &mut OsRng);
        let args = vec![BASE64_STANDARD_NO_PAD.encode(share.to_bytes())];
        let stanza = Stanza { tag: STANZA.to_owned(), args, body };
        Ok((vec![stanza], HashSet::from(["postquantum".to_owned()])))
    }
}

impl Identity {
    /// Reads `AGE-SECRET-KEY-PQ-1...`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let key = Zeroizing::new(decode(text, IDENTITY)?);
        SecretKey::from_bytes(&key).ok().map(Self)
    }

    /// The recipient that belongs to it.
    pub(crate) fn recipient(&self) -> Recipient {
        Recipient(Hybrid::sk_to_pk(&self.0))
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != STANZA {
            return None;
        }
        let [share] = stanza.args.as_slice() else { return Some(Err(DecryptError::InvalidHeader)) };
        let share = BASE64_STANDARD_NO_PAD.decode(share).ok();
        let Some(share) = share.and_then(|share| Share::from_bytes(&share).ok()) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        if stanza.body.len() != FILE_KEY_BYTES + 16 {
            return Some(Err(DecryptError::InvalidHeader));
        }
        match hpke_open::<Hybrid>(&share, &self.0, INFO, &stanza.body) {
            Ok(key) => {
                let key = Zeroizing::new(key);
                Some(Ok(FileKey::init_with_mut(|to| to.copy_from_slice(&key))))
            }
            // Another recipient's stanza cannot be told from a damaged one, except where X25519 yields nothing.
            Err(HpkeError::DecapError) => Some(Err(DecryptError::InvalidHeader)),
            Err(_) => None,
        }
    }
}

/// The bytes of a Bech32 text that begins with `prefix`.
fn decode(text: &str, prefix: Hrp) -> Option<Vec<u8>> {
    bech32_decode(
        text,
        |_| (),
        |hrp| if hrp == prefix { Ok(()) } else { Err(()) },
        |_, bytes| Ok(bytes.collect()),
    )
    .ok()
}

/// The combination of ML-KEM-768 and X25519.
struct Hybrid;

/// Two public keys.
#[derive(Clone, Debug, PartialEq)]
struct PublicKey {
    pq: PqPublic,
    point: Point,
}

impl Eq for PublicKey {}

/// The seed of two secret keys, and the keys.
#[derive(Clone)]
struct SecretKey {
    seed: Zeroizing<[u8; 32]>,
    pq: PqSecret,
    scalar: StaticSecret,
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(&self.seed[..], &other.seed[..]).into()
    }
}

impl Eq for SecretKey {}

/// What a recipient needs for computing the shared secret.
#[derive(Clone)]
struct Share {
    pq: Ciphertext<MlKem768>,
    point: Point,
}

impl Serializable for PublicKey {
    type OutputSize = Sum<PqPublicSize, U32>;

    fn write_exact(&self, to: &mut [u8]) {
        let (pq, point) = to.split_at_mut(PqPublicSize::USIZE);
        pq.copy_from_slice(&self.pq.as_bytes());
        point.copy_from_slice(self.point.as_bytes());
    }
}

impl Deserializable for PublicKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let (pq, point) = two::<PqPublicSize>(bytes)?;
        let key = PqPublic::from_bytes(&pq.try_into().map_err(|_| HpkeError::ValidationError)?);
        // Coefficients beyond the modulus do not come back.
        if key.as_bytes().as_slice() != pq {
            return Err(HpkeError::ValidationError);
        }
        Ok(Self { pq: key, point: point.into() })
    }
}

impl Serializable for SecretKey {
    type OutputSize = U32;

    fn write_exact(&self, to: &mut [u8]) {
        to.copy_from_slice(&self.seed[..]);
    }
}

impl Deserializable for SecretKey {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let seed: [u8; 32] =
            bytes.try_into().map_err(|_| HpkeError::IncorrectInputLength(32, bytes.len()))?;
        let seed = Zeroizing::new(seed);
        let mut expanded = Zeroizing::new([0; 96]);
        Shake256::default().chain(*seed).finalize_xof().read(&mut expanded[..]);
        let part = |at: usize| -> Zeroizing<[u8; 32]> {
            Zeroizing::new(expanded[at..at + 32].try_into().expect("32 bytes"))
        };
        let (pq, _) = MlKem768::generate_deterministic(&(*part(0)).into(), &(*part(32)).into());
        Ok(Self { seed, pq, scalar: StaticSecret::from(*part(64)) })
    }
}

impl Serializable for Share {
    type OutputSize = Sum<PqCiphertextSize, U32>;

    fn write_exact(&self, to: &mut [u8]) {
        let (pq, point) = to.split_at_mut(PqCiphertextSize::USIZE);
        pq.copy_from_slice(&self.pq);
        point.copy_from_slice(self.point.as_bytes());
    }
}

impl Deserializable for Share {
    fn from_bytes(bytes: &[u8]) -> Result<Self, HpkeError> {
        let (pq, point) = two::<PqCiphertextSize>(bytes)?;
        let pq = pq.try_into().map_err(|_| HpkeError::ValidationError)?;
        Ok(Self { pq, point: point.into() })
    }
}

impl Kem for Hybrid {
    type PublicKey = PublicKey;
    type PrivateKey = SecretKey;
    type EncappedKey = Share;
    type NSecret = U32;
    const KEM_ID: u16 = 0x647a;

    fn sk_to_pk(secret: &SecretKey) -> PublicKey {
        PublicKey { pq: secret.pq.encapsulation_key().clone(), point: Point::from(&secret.scalar) }
    }

    fn derive_keypair(ikm: &[u8]) -> (SecretKey, PublicKey) {
        // Never used by age, whose keys are seeds; this is not the derivation of the HPKE drafts.
        let mut seed = Zeroizing::new([0; 32]);
        Shake256::default().chain(ikm).finalize_xof().read(&mut seed[..]);
        let secret = SecretKey::from_bytes(&seed[..]).expect("32 bytes");
        let public = Self::sk_to_pk(&secret);
        (secret, public)
    }

    fn decap(
        secret: &SecretKey,
        sender: Option<&PublicKey>,
        share: &Share,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::DecapError);
        }
        let pq = secret.pq.decapsulate(&share.pq).map_err(|()| HpkeError::DecapError)?;
        let point = secret.scalar.diffie_hellman(&share.point);
        if !point.was_contributory() {
            return Err(HpkeError::DecapError);
        }
        Ok(shared(&pq, point.as_bytes(), &share.point, &Point::from(&secret.scalar)))
    }

    fn encap<R: CryptoRng + RngCore>(
        recipient: &PublicKey,
        sender: Option<(&SecretKey, &PublicKey)>,
        random: &mut R,
    ) -> Result<(SharedSecret<Self>, Share), HpkeError> {
        if sender.is_some() {
            return Err(HpkeError::EncapError);
        }
        let (pq, pq_secret) = recipient.pq.encapsulate(random).map_err(|()| HpkeError::EncapError)?;
        let ephemeral = EphemeralSecret::random_from_rng(random);
        let point = Point::from(&ephemeral);
        let secret = ephemeral.diffie_hellman(&recipient.point);
        if !secret.was_contributory() {
            return Err(HpkeError::EncapError);
        }
        Ok((shared(&pq_secret, secret.as_bytes(), &point, &recipient.point), Share { pq, point }))
    }
}

/// Combines the two secrets, and binds them to the points that the second came from.
fn shared(pq: &[u8], secret: &[u8], share: &Point, recipient: &Point) -> SharedSecret<Hybrid> {
    let mut secret_of_both = GenericArray::default();
    Sha3_256::default()
        .chain(pq)
        .chain(secret)
        .chain(share.as_bytes())
        .chain(recipient.as_bytes())
        .chain(br"\.//^\")
        .finalize_into(&mut secret_of_both);
    SharedSecret(secret_of_both)
}

/// Splits an encoding into `N` bytes and a point.
fn two<N: Unsigned>(bytes: &[u8]) -> Result<(&[u8], [u8; 32]), HpkeError> {
    let length = N::USIZE + 32;
    match bytes.split_at_checked(N::USIZE) {
        Some((pq, point)) if bytes.len() == length => {
            Ok((pq, point.try_into().map_err(|_| HpkeError::IncorrectInputLength(length, bytes.len()))?))
        }
        _ => Err(HpkeError::IncorrectInputLength(length, bytes.len())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../../testdata/age/hybrid.txt");

    fn identity() -> Identity {
        Identity::parse(TEXT.lines().last().unwrap()).unwrap()
    }

    #[test]
    fn encodings_come_back() {
        let recipient = identity().recipient();
        let text = recipient.to_string();
        assert!(text.starts_with("age1pq1"));
        assert_eq!(Recipient::parse(&text).unwrap().0, recipient.0);
        assert!(Recipient::parse(&text[..text.len() - 1]).is_none());
        assert!(Identity::parse(&text).is_none());
        assert_eq!(identity().0.to_bytes().as_slice(), &identity().0.seed[..]);
    }

    #[test]
    fn unusable_recipients_are_refused() {
        let mut bytes = identity().recipient().0.to_bytes();
        let encode = |bytes: &[u8]| bech32_encode(RECIPIENT, bytes);
        assert!(Recipient::parse(&encode(&bytes)).is_some());
        assert!(Recipient::parse(&encode(&bytes[1..])).is_none());
        let length = bytes.len();
        bytes[length - 32..].fill(0);
        assert!(Recipient::parse(&encode(&bytes)).is_none());
        // A coefficient of 4095 is beyond the modulus 3329.
        let mut bytes = identity().recipient().0.to_bytes();
        bytes[..2].fill(0xff);
        assert!(Recipient::parse(&encode(&bytes)).is_none());
    }

    #[test]
    fn malformed_stanzas() {
        use age::{Identity as _, Recipient as _};
        let identity = identity();
        let key = FileKey::init_with_mut(|key| key.fill(7));
        let (mut stanzas, labels) = identity.recipient().wrap_file_key(&key).unwrap();
        assert_eq!(labels, HashSet::from(["postquantum".to_owned()]));
        let right = stanzas.remove(0);
        let opened = identity.unwrap_stanza(&right).unwrap().unwrap();
        assert_eq!(opened.expose_secret(), key.expose_secret());
        let copy = |stanza: &Stanza| Stanza {
            tag: stanza.tag.clone(),
            args: stanza.args.clone(),
            body: stanza.body.clone(),
        };
        for change in [
            |stanza: &mut Stanza| stanza.args.push("x".into()),
            |stanza: &mut Stanza| stanza.args.clear(),
            |stanza: &mut Stanza| stanza.args[0].truncate(100),
            |stanza: &mut Stanza| stanza.body.push(0),
        ] {
            let mut wrong = copy(&right);
            change(&mut wrong);
            assert!(matches!(identity.unwrap_stanza(&wrong), Some(Err(DecryptError::InvalidHeader))));
        }
        let mut wrong = copy(&right);
        wrong.body[0] ^= 1;
        assert!(identity.unwrap_stanza(&wrong).is_none());
        let mut low = BASE64_STANDARD_NO_PAD.decode(&right.args[0]).unwrap();
        let length = low.len();
        low[length - 32..].fill(0);
        let mut wrong = copy(&right);
        wrong.args[0] = BASE64_STANDARD_NO_PAD.encode(low);
        assert!(matches!(identity.unwrap_stanza(&wrong), Some(Err(DecryptError::InvalidHeader))));
        let wrong = Stanza { tag: "X25519".into(), ..right };
        assert!(identity.unwrap_stanza(&wrong).is_none());
    }
}
