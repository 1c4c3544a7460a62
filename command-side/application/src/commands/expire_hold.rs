//! The time of a hold is over, and its funds are given back.

use std::sync::Arc;

use domain::Hold;
use kernel::HoldId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, hold_access::has_expired, hold_outcome::hold_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Give back what remains of a hold whose time is over; by the process that waits for it. Nothing happens before that time, or if it is
/// over already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpireHold {
    /// Which.
    pub hold: HoldId,
}

impl Command for ExpireHold {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let hold: &Hold = work.get(self.hold.into()).ok_or(ExecuteError::HoldUnknown)?;
        if !has_expired(work, hold) {
            work.rests_on(self.hold.into());
            return Ok(());
        }
        let (source, expired) = (hold.placed.source, hold.expire());
        let account = work.account(source);
        let events = expired.zip(account).and_then(|(expired, account)| {
            let event = account.release(self.hold, expired.given_back, &hold.counted_of(expired.given_back)).ok()?;
            Some((expired, event))
        });
        if let Some((expired, event)) = events {
            work.push(self.hold.into(), expired);
            work.push(source.into(), event);
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        match events.is_empty() {
            true => Ok(Arc::new(Outcome::Idle)),
            false => hold_outcome(events, place, unit),
        }
    }
}
