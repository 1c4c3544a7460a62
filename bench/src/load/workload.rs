//! Which accounts a transfer is between.

use rand::{RngExt, rngs::SmallRng};

/// Who pays whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Any account to any other.
    Uniform,
    /// Among the first so many accounts only.
    Hot(usize),
    /// The first account on one side, payer and payee in turn at random; any other on the other.
    OneHot,
}

impl Workload {
    /// The next pair: two different places below `accounts`, payer first.
    pub fn pick(self, random: &mut SmallRng, accounts: usize) -> (usize, usize) {
        match self {
            Self::Uniform => two(random, accounts),
            Self::Hot(count) => two(random, count.min(accounts)),
            Self::OneHot => {
                let other = random.random_range(1..accounts);
                if random.random() { (0, other) } else { (other, 0) }
            }
        }
    }

    /// A short name for tables and files.
    pub fn name(self) -> String {
        match self {
            Self::Uniform => "uniform".to_owned(),
            Self::Hot(count) => format!("{count} hot"),
            Self::OneHot => "one hot".to_owned(),
        }
    }
}

fn two(random: &mut SmallRng, accounts: usize) -> (usize, usize) {
    let first = random.random_range(0..accounts);
    let second = random.random_range(0..accounts - 1);
    // The second is chosen from the others: skip over the first.
    (first, if second >= first { second + 1 } else { second })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn pairs_are_different_in_range_and_reach_every_account() {
        let mut random = SmallRng::seed_from_u64(1);
        for (workload, reach) in [(Workload::Uniform, 20), (Workload::Hot(3), 3), (Workload::OneHot, 20)] {
            let mut seen = [false; 20];
            for _ in 0..2000 {
                let (from, to) = workload.pick(&mut random, 20);
                assert_ne!(from, to);
                (seen[from], seen[to]) = (true, true);
                assert!(workload != Workload::OneHot || from == 0 || to == 0);
            }
            assert_eq!(seen.iter().filter(|s| **s).count(), reach, "{workload:?}");
        }
    }
}
