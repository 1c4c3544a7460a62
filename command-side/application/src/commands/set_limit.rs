//! A limit is set.

use std::sync::Arc;

use events::recorded::{Cap, Event, LimitSet, LimitedKind, LimitsEvent};
use kernel::{AssetCode, Minor, StreamId, Zone};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, refusal_outcome::refusal_outcome};
use crate::{
    ExecuteError, LimitAnswer, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Set a limit, or set it anew; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetLimit {
    /// Its name.
    pub name: String,
    /// Which asset.
    pub asset: AssetCode,
    /// What it counts; at least one.
    pub kinds: Vec<LimitedKind>,
    /// Whether it counts for every member's account.
    pub everyone: bool,
    /// The most that one payment may be, in minor units.
    pub per_transfer: Option<Minor>,
    /// The most in a day.
    pub per_day: Option<Cap>,
    /// The most in a calendar month.
    pub per_month: Option<Cap>,
    /// Whose days and months.
    pub zone: Zone,
}

impl Command for SetLimit {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        match work.limits().may_set(&self.name) {
            Ok(()) => work.push(StreamId::LIMITS, self.set()),
            Err(refusal) => {
                work.rests_on(StreamId::LIMITS);
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
        if let Some(refused) = refusal_outcome(first) {
            return Ok(refused);
        }
        let Event::Limits(LimitsEvent::Set(set)) = &first.recorded else { return Err(IncompleteEvents) };
        let (position, recorded_at) = (place.first, place.recorded_at);
        Ok(Arc::new(Outcome::LimitSet(LimitAnswer { set: set.clone(), position, recorded_at })))
    }
}

impl SetLimit {
    /// What is recorded of it.
    pub(super) fn set(&self) -> LimitSet {
        let mut kinds = self.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        LimitSet {
            name: self.name.clone(),
            asset: self.asset,
            kinds,
            everyone: self.everyone,
            per_transfer: self.per_transfer,
            per_day: self.per_day,
            per_month: self.per_month,
            zone: self.zone.name().to_owned(),
        }
    }
}
