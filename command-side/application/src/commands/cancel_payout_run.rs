//! A payout run is cancelled.

use std::sync::Arc;

use domain::PayoutRun;
use kernel::PayoutRunId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, payout_access::change, payout_outcome::payout_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Pay nothing more of a run, for good; by whoever opened it, or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancelPayoutRun {
    /// Which.
    pub run: PayoutRunId,
}

impl Command for CancelPayoutRun {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        change(work, self.run, PayoutRun::cancel)
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
