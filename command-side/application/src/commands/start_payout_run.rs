//! A payout run starts.

use std::sync::Arc;

use kernel::{Minor, PayoutRunId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, payout_access::change, payout_outcome::payout_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Pay the rows of a run from now on, if it has as many as expected and they come to as much; by whoever opened it, or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartPayoutRun {
    /// Which.
    pub run: PayoutRunId,
    /// How many rows it has, as whoever starts it knows.
    pub expected_rows: u32,
    /// What they come to, in minor units.
    pub expected_total: Minor,
}

impl Command for StartPayoutRun {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        change(work, self.run, |run| run.start(self.expected_rows, self.expected_total))
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        payout_outcome(self.run, events, place, unit)
    }
}
