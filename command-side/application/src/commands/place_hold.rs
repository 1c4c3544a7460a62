//! Funds of an account are held.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{Refusal, hold};
use events::recorded::{HoldPlaced, LimitedKind};
use kernel::{AccountId, HoldId, Money};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    hold_outcome::hold_outcome,
    own_stream::is_opened_first,
    posting::{NOBODY, limited, rests_on_limits},
    transfer::{Destination, require_owner},
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Hold funds of an account; by its owner, a service or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceHold {
    /// Whose funds.
    pub source: AccountId,
    /// The only account that they can be paid to, if that is known.
    pub destination: Option<Destination>,
    /// How much.
    pub money: Money,
    /// For how long, in seconds.
    pub expires_in: u32,
    /// The words of whoever asks.
    pub memo: Option<String>,
    /// What whoever asks calls it.
    pub reference: Option<String>,
}

impl Command for PlaceHold {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.source)?;
        is_opened_first(work)?;
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return Ok(()) };
        let placed = HoldPlaced {
            source: self.source,
            destination: self.destination.map(|destination| destination.look_up(work).unwrap_or(NOBODY)),
            asset: self.money.asset,
            amount: self.money.amount,
            expires_at: now + TimeDelta::seconds(self.expires_in.into()),
            memo: self.memo.clone(),
            reference: self.reference.clone(),
            placed_by: work.actor,
            counted: Vec::new(),
        };
        if let Err(refusal) = place(rules, work, placed.clone(), LimitedKind::Hold) {
            rests_on_accounts(work, &placed, &refusal);
            work.refuse(refusal);
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

/// Holds funds. The hold has the id of its command: the log need not keep a row for it. `counts_as`: what limits count it as.
pub(super) fn place(
    rules: &MoneyRules,
    work: &mut Decision<'_>,
    placed: HoldPlaced,
    counts_as: LimitedKind,
) -> Result<(), Refusal> {
    let id = HoldId::new(work.command_id.uuid());
    let member = |account: AccountId| {
        let account = (account != NOBODY).then(|| work.account(account)).flatten();
        account.filter(|account| account.owner().is_some())
    };
    let accounts = (member(placed.source), placed.destination.and_then(member));
    let money = Money { asset: placed.asset, amount: placed.amount };
    let (placed, event) = hold::place(id, placed, accounts.0, accounts.1, limited(work, counts_as))?;
    rules.limits.check(money)?;
    let source = placed.source;
    work.push(id.into(), placed);
    work.push(source.into(), event);
    Ok(())
}

/// A refusal to hold funds rests on the accounts that it names.
pub(super) fn rests_on_accounts(work: &mut Decision<'_>, placed: &HoldPlaced, refusal: &Refusal) {
    let accounts = [Some(placed.source), placed.destination.filter(|account| *account != NOBODY)];
    accounts.into_iter().flatten().for_each(|account| work.rests_on(account.into()));
    rests_on_limits(work, refusal);
}
