//! A payout run is opened.

use std::sync::Arc;

use domain::payout;
use events::recorded::PayoutRunOpened;
use kernel::{AccountId, PayoutRunId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, own_stream::is_opened_first, payout_outcome::payout_outcome, transfer::require_owner};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Open a payout run; by a service or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenPayoutRun {
    /// The account that pays.
    pub source: AccountId,
    /// What people call it.
    pub name: String,
    /// What whoever asks calls it; each of its transfers has it too.
    pub reference: String,
}

impl Command for OpenPayoutRun {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.source)?;
        is_opened_first(work)?;
        match payout::open(work.account(self.source)) {
            Ok(asset) => {
                let opened = PayoutRunOpened {
                    source: self.source,
                    asset,
                    name: self.name.clone(),
                    reference: self.reference.clone(),
                    opened_by: work.actor,
                };
                // The run has the id of its command.
                work.push(work.command_id.into(), opened);
            }
            Err(refusal) => {
                work.rests_on(self.source.into());
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let first = events.first().ok_or(IncompleteEvents)?;
        payout_outcome(PayoutRunId::new(first.stream.uuid()), events, place, unit)
    }
}
