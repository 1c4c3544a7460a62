//! A run of a standing order is carried out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Order, Refusal, Status};
use events::recorded::{StandingOrderCancelled, TransferKind};
use kernel::{AccountId, OrderId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    order_access::unknown_zone,
    order_outcome::order_outcome,
    posting::{PendingTransfer, post},
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Carry out the run of an order that is due; by the process that waits for it. Nothing happens before that time, or if it is not the next
/// run any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOrder {
    /// Which order.
    pub order: OrderId,
    /// Which of its runs.
    pub due_at: DateTime<Utc>,
}

impl Command for RunOrder {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let order: &Order = work.get(self.order.into()).ok_or(ExecuteError::OrderUnknown)?;
        if !order.is_next(self.due_at) || !work.has_passed(self.due_at) {
            work.rests_on(self.order.into());
            return Ok(());
        }
        let order = order.clone();
        let due_at = if order.placed.catch_up { self.due_at } else { self.newest_late(work, &order)? };
        let following = order.following(due_at).map_err(|error| unknown_zone(self.order, &error))?;
        if let Some(skipped) = order.skip_to(due_at) {
            work.push(self.order.into(), skipped);
        }
        let transfer = work.next_transfer();
        let refusal = self.pay(rules, work, &order);
        let ran = order.ran(due_at, following, transfer, refusal.map(Into::into));
        let goes_on = ran.next_at.is_some();
        work.push(self.order.into(), ran);
        // An account that is closed never opens again: every run would be refused.
        if goes_on && [order.placed.source, order.placed.destination].iter().any(|account| is_closed(work, *account)) {
            work.push(self.order.into(), StandingOrderCancelled {});
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
            false => order_outcome(events, place, unit),
        }
    }
}

impl RunOrder {
    /// Posts the transfer of a run, or records its refusal and gives it.
    fn pay(&self, rules: &MoneyRules, work: &mut Decision<'_>, order: &Order) -> Option<Refusal> {
        let placed = &order.placed;
        let transfer = PendingTransfer::new(TransferKind::Transfer, placed.source, placed.money);
        let (destination, memo) = (Some(placed.destination), placed.memo.clone());
        post(rules, work, PendingTransfer { destination, memo, order: Some(self.order), ..transfer })
    }

    /// The newest run whose time has come by the log's clock.
    fn newest_late(&self, work: &Decision<'_>, order: &Order) -> Result<DateTime<Utc>, ExecuteError> {
        let mut newest = self.due_at;
        let following = |due_at| order.following(due_at).map_err(|error| unknown_zone(self.order, &error));
        while let Some(next) = following(newest)?.filter(|next| work.has_passed(*next)) {
            newest = next;
        }
        Ok(newest)
    }
}

fn is_closed(work: &Decision<'_>, account: AccountId) -> bool {
    work.account(account).is_some_and(|account| account.status == Status::Closed)
}
