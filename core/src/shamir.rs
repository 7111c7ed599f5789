//! Shamir's secret sharing over GF(2^8), as HashiCorp Vault and sops do it.
//!
//! Every byte of the secret is the value at 0 of its own polynomial. A share holds the values of all of them at
//! another place, and that place in one byte at its end.

use zeroize::{Zeroize, Zeroizing};

use crate::random::{Random, RandomError};

/// Why a secret cannot be split.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// More shares are asked for to recover the secret than there will be.
    #[error("parts cannot be less than threshold")]
    FewerPartsThanThreshold,
    /// There are only 255 places that are not 0.
    #[error("parts cannot exceed 255")]
    TooManyParts,
    /// One share would be enough.
    #[error("threshold must be at least 2")]
    ThresholdTooSmall,
    /// There is nothing to split.
    #[error("cannot split an empty secret")]
    Empty,
    /// The source of randomness gives none.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Why shares cannot be combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CombineError {
    /// There are fewer than two.
    #[error("less than two parts cannot be used to reconstruct the secret")]
    TooFew,
    /// One is too short to be a share.
    #[error("parts must be at least two bytes")]
    TooShort,
    /// They have different lengths.
    #[error("all parts must be the same length")]
    Lengths,
    /// Two of them are the same share.
    #[error("duplicate part detected")]
    Duplicate,
}

/// Splits `secret` into `parts` shares, of which any `threshold` recover it. The first share is for the first group.
///
/// # Errors
/// The numbers do not allow it, the secret is empty, or `random` gives no bytes.
pub fn split(
    secret: &[u8],
    parts: usize,
    threshold: usize,
    random: &mut dyn Random,
) -> Result<Vec<Zeroizing<Vec<u8>>>, SplitError> {
    if parts < threshold {
        return Err(SplitError::FewerPartsThanThreshold);
    }
    if parts > 255 {
        return Err(SplitError::TooManyParts);
    }
    if threshold < 2 {
        return Err(SplitError::ThresholdTooSmall);
    }
    if secret.is_empty() {
        return Err(SplitError::Empty);
    }
    // The coefficients of all polynomials but the constant ones: those of the first power, then of the second ...
    let mut coefficients = Zeroizing::new(vec![0; secret.len() * (threshold - 1)]);
    random.fill(&mut coefficients)?;
    Ok((1..=parts)
        .map(|place| {
            let place = place as u8;
            let mut share = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
            for (index, &constant) in secret.iter().enumerate() {
                let mut value = 0;
                for power in coefficients.chunks_exact(secret.len()).rev() {
                    value = multiply(value ^ power[index], place);
                }
                share.push(value ^ constant);
            }
            share.push(place);
            share
        })
        .collect())
}

/// Recovers a secret from its shares. Wrong shares, or too few, give a wrong secret: nothing here can tell.
///
/// # Errors
/// The shares do not belong together by their form.
pub fn combine(shares: &[impl AsRef<[u8]>]) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    // The secret is the value at 0.
    interpolate(shares, 0)
}

/// The share at `place`, which is 1 for the first one, out of enough others to recover the secret. Wrong shares, or too
/// few, give a wrong share: nothing here can tell.
///
/// # Errors
/// The shares do not belong together by their form.
pub fn share(shares: &[impl AsRef<[u8]>], place: u8) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    let mut values = interpolate(shares, place)?;
    // What was read need not move when the place is added.
    let mut share = Zeroizing::new(Vec::with_capacity(values.len() + 1));
    share.append(&mut values);
    share.push(place);
    Ok(share)
}

/// The values of all polynomials at `place`.
fn interpolate(shares: &[impl AsRef<[u8]>], place: u8) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    let [first, _, ..] = shares else { return Err(CombineError::TooFew) };
    let length = first.as_ref().len();
    if length < 2 {
        return Err(CombineError::TooShort);
    }
    let mut places = Vec::with_capacity(shares.len());
    for share in shares {
        let share = share.as_ref();
        if share.len() != length {
            return Err(CombineError::Lengths);
        }
        let place = share[length - 1];
        if places.contains(&place) {
            return Err(CombineError::Duplicate);
        }
        places.push(place);
    }
    let mut secret = Zeroizing::new(vec![0; length - 1]);
    for (share, &own) in shares.iter().zip(&places) {
        let mut weight = places.iter().filter(|&&other| other != own).fold(1, |weight, &other| {
            // Subtraction is the same as addition.
            multiply(weight, multiply(other ^ place, inverse(other ^ own)))
        });
        for (to, &value) in secret.iter_mut().zip(share.as_ref()) {
            *to ^= multiply(weight, value);
        }
        weight.zeroize();
    }
    Ok(secret)
}

/// The product of two elements, modulo x^8 + x^4 + x^3 + x + 1, without branches or tables.
fn multiply(mut one: u8, mut other: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= one & 0u8.wrapping_sub(other & 1);
        one = (one << 1) ^ (0x1B & 0u8.wrapping_sub(one >> 7));
        other >>= 1;
    }
    product
}

/// The inverse of an element that is not 0: its 254th power.
fn inverse(element: u8) -> u8 {
    let mut power = element;
    let mut result = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    result
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::tests::Counter;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// Every choice of at least `least` of `shares` gives `secret`.
    fn check(shares: &[Vec<u8>], least: u32, secret: &[u8]) {
        for choice in 0_u32..1 << shares.len() {
            let chosen: Vec<_> = shares
                .iter()
                .enumerate()
                .filter(|(at, _)| choice >> at & 1 == 1)
                .map(|(_, share)| share)
                .collect();
            if choice.count_ones() < 2 {
                assert_eq!(combine(&chosen), Err(CombineError::TooFew));
                continue;
            }
            assert_eq!(*combine(&chosen).unwrap() == secret, choice.count_ones() >= least, "{choice:b}");
        }
    }

    /// Made by sops 3.13.
    #[test]
    fn shares_of_sops() {
        let shares = [
            "2f0cefa40c67b5a138c5d91072d9c13669528c5872f669c02d4aca6d23585e1501",
            "0e4b930644912b0038da0a86410536c682f755e5b8a888c212df2c7ce31c138002",
            "11764e917cc3a8963826b2f450b89296db94eb8efe6bd73507ac8773a32028f303",
        ];
        check(&shares.map(hex), 2, b"0123456789abcdef0123456789abcdef");
        check(&["798d2801", "f755e602", "8e279d03", "e1933504", "98e14e05"].map(hex), 3, &[0x00, 0xff, 0x53]);
    }

    #[test]
    fn own_shares() {
        let secret: Vec<u8> = (0..32).collect();
        for (parts, threshold) in [(2, 2), (3, 2), (5, 3), (6, 6)] {
            let shares = split(&secret, parts, threshold, &mut Counter(42)).unwrap();
            let shares: Vec<_> = shares.iter().map(|share| share.to_vec()).collect();
            assert!(
                shares.iter().enumerate().all(|(at, share)| share.len() == 33 && share[32] == at as u8 + 1)
            );
            check(&shares, threshold as u32, &secret);
        }
        let many = split(&secret, 255, 255, &mut Counter(1)).unwrap();
        assert_eq!(*combine(&many).unwrap(), secret);
    }

    #[test]
    fn a_share_out_of_others() {
        let secret: Vec<u8> = (0..32).collect();
        for (parts, threshold) in [(2, 2), (3, 2), (5, 3), (6, 6)] {
            let shares = split(&secret, parts, threshold, &mut Counter(7)).unwrap();
            let shares: Vec<_> = shares.iter().map(|share| share.to_vec()).collect();
            for place in 1..=parts {
                let last = &shares[parts - threshold..];
                assert_eq!(*share(last, place as u8).unwrap(), shares[place - 1], "{threshold} of {parts}");
                assert_eq!(*share(&shares, place as u8).unwrap(), shares[place - 1]);
            }
        }
        assert_eq!(share(&[b"a\x01"], 2), Err(CombineError::TooFew));
    }

    #[test]
    fn what_cannot_be_split() {
        let mut random = Counter(0);
        let mut error =
            |secret: &[u8], parts, threshold| split(secret, parts, threshold, &mut random).unwrap_err();
        assert_eq!(error(b"x", 1, 2), SplitError::FewerPartsThanThreshold);
        assert_eq!(error(b"x", 256, 2), SplitError::TooManyParts);
        assert_eq!(error(b"x", 2, 1), SplitError::ThresholdTooSmall);
        assert_eq!(error(b"", 2, 2), SplitError::Empty);
    }

    #[test]
    fn what_cannot_be_combined() {
        assert_eq!(combine(&[b"a"]), Err(CombineError::TooFew));
        assert_eq!(combine(&[b"a", b"b"]), Err(CombineError::TooShort));
        assert_eq!(combine(&[&b"aa\x01"[..], &b"a\x02"[..]]), Err(CombineError::Lengths));
        assert_eq!(combine(&[b"a\x01", b"b\x01"]), Err(CombineError::Duplicate));
    }

    #[test]
    fn field() {
        assert_eq!(multiply(0x53, 0xCA), 1);
        assert_eq!(multiply(0x57, 0x83), 0xC1);
        for element in 1..=255 {
            assert_eq!(multiply(element, inverse(element)), 1);
        }
    }
}
