//! What a service account shows for a token: a statement signed with its key (RFC 7523, with RS256).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;
use ureq::tls::PrivateKey;
use zeroize::Zeroizing;

/// How long a statement holds, in seconds.
const LIFETIME: i64 = 3600;

/// What is stated.
pub(super) struct Claims<'a> {
    /// The private key, as PEM.
    pub(super) key: &'a str,
    /// Its name.
    pub(super) key_id: Option<&'a str>,
    /// Who states it.
    pub(super) issuer: &'a str,
    /// For whom.
    pub(super) audience: &'a str,
    /// What is asked for.
    pub(super) scope: &'a str,
    /// When, in seconds since 1970.
    pub(super) now: i64,
}

/// The signed statement. `None` if the key is none of RSA.
pub(super) fn make(claims: &Claims<'_>) -> Option<Zeroizing<String>> {
    let key = PrivateKey::from_pem(claims.key.as_bytes()).ok()?;
    // One begins with BEGIN PRIVATE KEY, the other one with BEGIN RSA PRIVATE KEY.
    let pair = RsaKeyPair::from_pkcs8(key.der()).or_else(|_| RsaKeyPair::from_der(key.der())).ok()?;
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(id) = claims.key_id {
        header["kid"] = id.into();
    }
    let now = claims.now;
    let content = json!({
        "iss": claims.issuer,
        "aud": claims.audience,
        "scope": claims.scope,
        "iat": now,
        "exp": now + LIFETIME,
    });
    let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut text = Zeroizing::new(format!("{}.{}", encoded(&header), encoded(&content)));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
    *text += &format!(".{}", URL_SAFE_NO_PAD.encode(signature));
    Some(text)
}
