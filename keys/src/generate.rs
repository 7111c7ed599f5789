//! Making an identity.

use age::secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

/// A new identity of age.
pub struct GeneratedIdentity {
    /// The secret key, `AGE-SECRET-KEY-1...`.
    pub secret: Zeroizing<String>,
    /// Its recipient, `age1...`.
    pub recipient: String,
}

/// Makes an identity. age takes the random numbers for it from the system.
pub fn generate_identity() -> GeneratedIdentity {
    let identity = age::x25519::Identity::generate();
    GeneratedIdentity {
        secret: Zeroizing::new(identity.to_string().expose_secret().to_owned()),
        recipient: identity.to_public().to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_recipient_belongs_to_the_secret() {
        let made = generate_identity();
        let identity: age::x25519::Identity = made.secret.parse().unwrap();
        assert_eq!(identity.to_public().to_string(), made.recipient);
        assert_ne!(generate_identity().recipient, made.recipient);
    }
}
