//! Numbers that look random and can be had again.

use std::hash::{BuildHasher, Hasher};

/// The seed of runs that ask for no other.
const DEFAULT_SEED: u64 = 20_260_101;

/// The seed of this run, from the environment variable `FIELDSEAL_SEED`: a number, or `random` for another
/// one each time. Without it the seed is always the same, so that a failing run fails again.
///
/// Suites print the seed that they used.
///
/// # Panics
/// The variable holds something else.
pub fn seed() -> u64 {
    match std::env::var("FIELDSEAL_SEED") {
        Err(_) => DEFAULT_SEED,
        Ok(text) if text == "random" => std::hash::RandomState::new().build_hasher().finish() >> 16,
        Ok(text) => text.parse().expect("FIELDSEAL_SEED is a number or `random`"),
    }
}

/// A stream of numbers that its seed decides: splitmix64, which passes the usual tests of randomness
/// and is good for nothing secret.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of the case number `case` of a run with `seed`. Cases are independent of each other, so
    /// that one can be run alone.
    pub fn new(seed: u64, case: u64) -> Self {
        let mut random = Self { state: seed };
        random.state = random.next().wrapping_add(case.wrapping_mul(0xD1B5_4A32_D192_ED03));
        random.next();
        random
    }

    /// Any number.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `end`.
    ///
    /// # Panics
    /// `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "there is a number to choose");
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: usize, last: usize) -> usize {
        first + self.below(last - first + 1)
    }

    /// Whether something happens that happens in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`.
    ///
    /// # Panics
    /// There are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// A copy of one of `choices`.
    ///
    /// # Panics
    /// There are none.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.pick(choices)
    }

    /// One of `choices`, each as often as its weight says.
    ///
    /// # Panics
    /// The weights add up to 0.
    pub fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for &(weight, choice) in choices {
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        unreachable!("a number below the sum of the weights falls into one of them")
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_case_gives_the_same_numbers_and_another_case_others() {
        let numbers = |seed, case| {
            let mut random = Random::new(seed, case);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(numbers(1, 2), numbers(1, 2));
        assert_ne!(numbers(1, 2), numbers(1, 3));
        assert_ne!(numbers(1, 2), numbers(2, 2));
    }

    #[test]
    fn choices_come_as_often_as_asked_for() {
        let mut random = Random::new(7, 0);
        let mut seen = [0_usize; 3];
        for _ in 0..10_000 {
            seen[random.weighted(&[(1, 0), (0, 1), (9, 2)])] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((900..1100).contains(&seen[0]), "{seen:?}");
        let drawn: Vec<usize> = (0..1000).map(|_| random.between(3, 5)).collect();
        assert!(drawn.contains(&3) && drawn.contains(&4) && drawn.contains(&5));
        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
    }

    #[test]
    fn every_byte_is_filled() {
        let mut bytes = [0; 13];
        Random::new(7, 0).fill(&mut bytes);
        assert_ne!(bytes[8..], [0; 5]);
    }
}
