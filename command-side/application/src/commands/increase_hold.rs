//! More funds are held.

use std::sync::Arc;

use domain::{Hold, Refusal, hold};
use events::recorded::{AccountEvent, HoldIncreased, LimitedKind};
use kernel::{HoldId, Money};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    hold_access::{Wish, has_expired, hold_for, refuse},
    hold_outcome::hold_outcome,
    posting::limited,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Hold more funds for a hold; by whoever placed it, or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncreaseHold {
    /// Which.
    pub hold: HoldId,
    /// By how much.
    pub money: Money,
}

impl Command for IncreaseHold {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let hold = hold_for(work, self.hold, Wish::Increase)?;
        let source = hold.placed.source;
        match self.allowed(rules, work, &hold) {
            Ok((increased, held)) => {
                work.push(self.hold.into(), increased);
                work.push(source.into(), held);
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

impl IncreaseHold {
    fn allowed(
        &self,
        rules: &MoneyRules,
        work: &Decision<'_>,
        hold: &Hold,
    ) -> Result<(HoldIncreased, AccountEvent), Refusal> {
        hold.usable(has_expired(work, hold))?;
        let account = work.account(hold.placed.source);
        let limited = limited(work, LimitedKind::Hold);
        let (increased, event) = hold::increase(self.hold, hold, self.money, account, limited)?;
        // The most that may be held at all is for the whole hold.
        rules.limits.check(Money { amount: increased.left.amount, ..self.money })?;
        Ok((increased, event))
    }
}
