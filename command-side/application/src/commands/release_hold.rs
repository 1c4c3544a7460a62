//! Held funds are given back.

use std::sync::Arc;

use domain::{Hold, Refusal};
use events::recorded::{AccountEvent, HoldReleased};
use kernel::{HoldId, Money};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    hold_access::{Wish, has_expired, hold_for, refuse},
    hold_outcome::hold_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Give funds of a hold back; by whoever placed it, the owner of its destination, a service or an operator; by the payer only if
/// it has no destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseHold {
    /// Which.
    pub hold: HoldId,
    /// How much; without it all that remains.
    pub money: Option<Money>,
    /// Why, in words.
    pub reason: Option<String>,
}

impl Command for ReleaseHold {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let hold = hold_for(work, self.hold, Wish::Release)?;
        let source = hold.placed.source;
        match self.allowed(work, &hold) {
            Ok((released, account)) => {
                work.push(self.hold.into(), released);
                work.push(source.into(), account);
            }
            Err(refusal) => refuse(work, self.hold, &[source], refusal),
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        hold_outcome(events, place, unit)
    }
}

impl ReleaseHold {
    fn allowed(&self, work: &Decision<'_>, hold: &Hold) -> Result<(HoldReleased, AccountEvent), Refusal> {
        hold.usable(has_expired(work, hold))?;
        let released = hold.release(self.money, self.reason.clone())?;
        let account = work.account(hold.placed.source).ok_or(Refusal::AccountUnknown)?;
        let event = account.release(self.hold, released.given_back, &hold.counted_of(released.given_back))?;
        Ok((released, event))
    }
}
