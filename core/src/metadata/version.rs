//! Versions of sops, as files name them.

use std::cmp::Ordering;

/// A version in the sense of semver.org, without what follows a plus sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Version {
    numbers: [u64; 3],
    pre: Vec<String>,
}

impl Version {
    /// Reads a version strictly, save that one leading `v` does not matter. `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = split(text, '+');
        let (text, pre) = split(text, '-');
        let mut parts = text.split('.');
        let mut numbers = [0; 3];
        for to in &mut numbers {
            *to = number(parts.next()?)?;
        }
        let identifiers = |text: Option<&str>| -> Vec<String> {
            text.map_or_else(Vec::new, |text| text.split('.').map(str::to_owned).collect())
        };
        let right = |identifier: &String| {
            !identifier.is_empty()
                && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let (pre, build) = (identifiers(pre), identifiers(build));
        let well_formed = parts.next().is_none()
            && build.iter().all(right)
            && pre.iter().all(|part| right(part) && (!is_number(part) || number(part).is_some()));
        well_formed.then_some(Self { numbers, pre })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            // A pre-release comes before its release.
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => {
                let pairs = self.pre.iter().zip(&other.pre);
                let first = pairs.map(|(one, other)| identifiers(one, other)).find(|order| order.is_ne());
                first.unwrap_or_else(|| self.pre.len().cmp(&other.pre.len()))
            }
        })
    }
}

/// The order of two identifiers of pre-releases: numbers by value, before words.
fn identifiers(one: &str, other: &str) -> Ordering {
    match (is_number(one), is_number(other)) {
        (true, true) => one.len().cmp(&other.len()).then_with(|| one.cmp(other)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.cmp(other),
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number without sign and leading zeros.
fn number(text: &str) -> Option<u64> {
    let right = is_number(text) && (text.len() == 1 || !text.starts_with('0'));
    if right { text.parse().ok() } else { None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_are_asked_for() {
        for text in ["3.3.0", "v3.3.0", "0.0.0", "3.13.2-rc.1", "3.13.2+x.y", "3.13.2-a+b-c", "3.13.2-0a"] {
            assert!(Version::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "3",
            "3.8",
            "foo",
            "3.8.x",
            "03.8.1",
            "3.8.1.1",
            "vv3.8.1",
            "3.8.1-",
            "3.8.1-01",
            "3.8.1+",
            "3.8.1-a..b",
            "3.8.-1",
            "3.8.1 ",
            "+3.8.1",
            "99999999999999999999.0.0",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn order() {
        let ascending = [
            "1.18.0",
            "3.3.0-alpha",
            "3.3.0-alpha.1",
            "3.3.0-alpha.beta",
            "3.3.0-beta.2",
            "3.3.0-beta.11",
            "3.3.0",
            "3.10.0",
            "10.0.0",
        ];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                let order = Version::parse(one).unwrap().cmp(&Version::parse(other).unwrap());
                assert_eq!(order, index.cmp(&other_index), "{one} {other}");
            }
        }
        assert_eq!(
            Version::parse("3.3.0+a").unwrap().cmp(&Version::parse("v3.3.0+b").unwrap()),
            Ordering::Equal
        );
    }
}
