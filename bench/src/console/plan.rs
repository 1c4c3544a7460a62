//! What `bench console` measures.

use std::time::Duration;

/// What is measured, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct ConsolePlan {
    /// Accounts that are filled: an even number.
    pub accounts: i64,
    /// Transfers that are filled.
    pub transfers: i64,
    /// Members who sign up.
    pub members: usize,
    /// How often each page is asked for.
    pub samples: usize,
    /// Operators with live pages.
    pub operators: usize,
    /// How often transfers are measured without them and with them.
    pub rounds: usize,
    /// How long each of a round is measured.
    pub slice: Duration,
    /// How long one account pays and is paid, so that its statement is long.
    pub busy: Duration,
}

impl ConsolePlan {
    /// 100,000 accounts and a million transfers; with `quick` a tenth of both.
    pub fn new(quick: bool, operators: usize) -> Self {
        let (accounts, members, samples, rounds, busy) =
            if quick { (10_000, 10, 30, 6, 2) } else { (100_000, 60, 200, 30, 10) };
        let (slice, busy) = (Duration::from_secs(2), Duration::from_secs(busy));
        Self { accounts, transfers: 10 * accounts, members, samples, operators, rounds, slice, busy }
    }
}
