//! Rows are added to a payout run.

use std::sync::Arc;

use domain::payout::NewChunk;
use events::recorded::{PayoutRow, PayoutRowsAdded};
use kernel::PayoutRunId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    payout_access::{refuse, run_for},
    payout_outcome::payout_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Add rows to a payout run that has not started; by whoever opened it, or an operator. All of them are added, or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddPayoutRows {
    /// Which run.
    pub run: PayoutRunId,
    /// In the order of their numbers. Without any, the run is looked at, and nothing is written.
    pub rows: Vec<PayoutRow>,
}

impl AddPayoutRows {
    /// So many rows at most.
    pub const MOST: usize = 10_000;
}

impl Command for AddPayoutRows {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn weight(&self) -> usize {
        self.rows.len().max(1)
    }

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let chunks = match run_for(work, self.run)?.add(&self.rows) {
            Ok(chunks) => chunks,
            Err(refusal) => {
                refuse(work, self.run, refusal);
                return Ok(());
            }
        };
        if chunks.is_empty() {
            work.rests_on(self.run.into());
            // The answer has the time of this look.
            let _ = work.log_time();
        }
        for NewChunk { added, rows } in chunks {
            // Nothing else of the batch can know of the rows.
            work.push_new(self.run.chunk_stream(added.chunk), PayoutRowsAdded { rows });
            work.push(self.run.into(), added);
        }
        Ok(())
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
