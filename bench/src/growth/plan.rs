//! How large the log gets, and what is measured at each size.

use std::time::Duration;

/// What can be left out, because it takes long at a hundred million events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Skip {
    /// Rebuilding two views
    Rebuild,
    /// `jangbu log verify`
    Verify,
    /// Loading accounts that are not in memory
    Cold,
    /// Repeating commands of before
    Replay,
}

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct GrowthPlan {
    /// The short run.
    pub quick: bool,
    /// The sizes of the log in events, from the smallest.
    pub sizes: Vec<i64>,
    /// Loads at each size, each after a run of pgbench.
    pub loads: u32,
    /// How long each load is measured.
    pub measure: Duration,
    /// How long each run of pgbench takes.
    pub pgbench_time: Duration,
    /// pgbench's scale.
    pub scale: u32,
    /// Accounts that are loaded cold, two with each transfer.
    pub cold: usize,
    /// Commands of before that are repeated.
    pub replays: usize,
    /// What is left out.
    pub skip: Vec<Skip>,
    /// From this size on it is left out, in events.
    pub skip_from: i64,
    /// How long a rebuild, and how long a verification may take; one that takes longer is ended, and not in the results.
    pub limit: Duration,
}

/// Events of the log for each account.
const EVENTS_PER_ACCOUNT: i64 = 100;

impl GrowthPlan {
    /// For sizes in millions of events.
    pub fn new(quick: bool, millions: &[f64], (skip, skip_from): (Vec<Skip>, f64), limit: Duration) -> Self {
        let (loads, measure, pgbench) = if quick { (2, 3, 3) } else { (3, 8, 6) };
        let (scale, samples) = if quick { (10, 300) } else { (50, 2000) };
        let mut sizes: Vec<i64> = millions.iter().map(|size| (size * 1e6) as i64).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let (measure, pgbench_time) = (Duration::from_secs(measure), Duration::from_secs(pgbench));
        let (cold, replays, skip_from) = (2 * samples, samples, (skip_from * 1e6) as i64);
        Self { quick, sizes, loads, measure, pgbench_time, scale, cold, replays, skip, skip_from, limit }
    }

    /// Whether that is measured in a log that was filled to this size.
    pub fn has(&self, what: Skip, size: i64) -> bool {
        !self.skip.contains(&what) || size < self.skip_from
    }

    /// The accounts of a log of so many events.
    pub fn accounts(size: i64) -> i64 {
        (size / EVENTS_PER_ACCOUNT / 2 * 2).max(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_millions_and_grow() {
        let plan = GrowthPlan::new(true, &[10.0, 0.5, 10.0], (vec![Skip::Verify], 1.0), Duration::from_secs(1));
        assert_eq!(plan.sizes, [500_000, 10_000_000]);
        assert_eq!(GrowthPlan::accounts(500_000), 5_000);
        assert!(plan.has(Skip::Rebuild, 10_000_000) && !plan.has(Skip::Verify, 10_000_000));
        assert!(plan.has(Skip::Verify, 500_000));
    }
}
