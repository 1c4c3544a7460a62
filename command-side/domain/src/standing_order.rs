//! The standing order: an instruction to pay the same amount when its schedule says so.
//!
//! Each event that moves an order on says when its next run is due, so the state needs no clock and no time zone. A run is a transfer with an
//! event of the order in the same commit.

use chrono::{DateTime, Utc};
use events::recorded::{
    self, IfRefused, Repeated, Schedule, StandingOrderCancelled, StandingOrderEvent, StandingOrderPaused,
    StandingOrderPlaced, StandingOrderRan, StandingOrderResumed, StandingOrderSkipped,
};
use kernel::{AccountId, MemberId, Money, TransferId, Version, ZoneError};
use serde::{Deserialize, Serialize};

use crate::{Account, EvolveError, Refusal, Status, schedule::next_run};

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Its next run is carried out when it is due.
    Active,
    /// Nothing is carried out until it is resumed.
    Paused,
    /// Its schedule has no more runs.
    Finished,
    /// A refused run ended it, as it asks for.
    Stopped,
    /// It was cancelled.
    Cancelled,
}

impl OrderStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing follows any more.
    fn is_over(self) -> bool {
        match self {
            Self::Active | Self::Paused => false,
            Self::Finished | Self::Stopped | Self::Cancelled => true,
        }
    }
}

/// A standing order as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// How it began, which never changes.
    pub placed: StandingOrderPlaced,
    /// Whether it is over, and how.
    pub status: OrderStatus,
    /// When its next run is due; none if it is over, or paused.
    pub next_at: Option<DateTime<Utc>>,
    /// The version of its stream.
    version: Version,
    /// The versions of its events that are no runs: they are few. So the number of runs is known for each version, and an answer can be given
    /// again.
    others: Vec<Version>,
}

/// A party to an order: the account that is named, and what is there.
pub type Party<'a> = (AccountId, Option<&'a Account>);

/// Whether such an order may be placed; gives its owner. Funds, limits and freezes are looked at when a run is due.
pub fn place(source: Party<'_>, destination: Party<'_>, money: Money) -> Result<MemberId, Refusal> {
    if !money.amount.is_positive() {
        return Err(Refusal::AmountNotPositive);
    }
    if source.0 == destination.0 {
        return Err(Refusal::SameAccount);
    }
    let facts = |account: &Account| Some((account.owner()?, account.asset, account.status));
    let account = |party: Party<'_>| party.1.and_then(facts);
    let (owner, pays, source) = account(source).ok_or(Refusal::AccountUnknown)?;
    let (_, receives, destination) = account(destination).ok_or(Refusal::AccountUnknown)?;
    if pays != money.asset || receives != money.asset {
        return Err(Refusal::AssetMismatch);
    }
    if source == Status::Closed || destination == Status::Closed {
        return Err(Refusal::AccountClosed);
    }
    Ok(owner)
}

/// When the first run of an order is due that is placed now.
pub fn first_run(schedule: &Schedule, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let has_runs = most_runs(schedule) != Some(0);
    // A zone that this build does not know has no runs here.
    let first = next_run(schedule, now).ok().flatten().filter(|_| has_runs);
    first.ok_or(Refusal::ScheduleEmpty)
}

impl Order {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &StandingOrderEvent) -> Result<Self, EvolveError> {
        let order = match (state, event) {
            (None, StandingOrderEvent::Placed(placed)) => return Ok(Self::begin(placed)),
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), StandingOrderEvent::Placed(_)) => return Err(EvolveError::OpenedTwice),
            (Some(order), _) if order.status.is_over() => return Err(EvolveError::AfterTheLast),
            (Some(order), _) if !order.fits(event) => return Err(EvolveError::OutOfOrder),
            (Some(order), _) => order,
        };
        let mut order = order.after(event);
        order.version = order.version.next();
        if !matches!(event, StandingOrderEvent::Ran(_)) {
            order.others.push(order.version);
        }
        Ok(order)
    }

    /// Whether an event can happen to it while it is not over.
    fn fits(&self, event: &StandingOrderEvent) -> bool {
        match event {
            StandingOrderEvent::Placed(_) => false,
            StandingOrderEvent::Ran(_) | StandingOrderEvent::Skipped(_) | StandingOrderEvent::Paused(_) => {
                self.status == OrderStatus::Active
            }
            StandingOrderEvent::Resumed(_) => self.status == OrderStatus::Paused,
            StandingOrderEvent::Cancelled(_) => true,
        }
    }

    fn begin(placed: &StandingOrderPlaced) -> Self {
        let version = Version::ZERO.next();
        let (status, next_at) = (OrderStatus::Active, Some(placed.next_at));
        Self { placed: placed.clone(), status, next_at, version, others: vec![version] }
    }

    /// It with the status and the next run that an event leaves. An event states both, so it can be put on a later state too: an answer is
    /// given again that way.
    pub fn after(self, event: &StandingOrderEvent) -> Self {
        let going_on = |next_at: Option<DateTime<Utc>>| match next_at {
            Some(_) => (OrderStatus::Active, next_at),
            None => (OrderStatus::Finished, None),
        };
        let (status, next_at) = match event {
            StandingOrderEvent::Placed(placed) => (OrderStatus::Active, Some(placed.next_at)),
            StandingOrderEvent::Ran(ran) if ran.refusal.is_some() && self.placed.if_refused == IfRefused::Stop => {
                (OrderStatus::Stopped, None)
            }
            StandingOrderEvent::Ran(ran) => going_on(ran.next_at),
            StandingOrderEvent::Skipped(skipped) => going_on(skipped.next_at),
            StandingOrderEvent::Paused(_) => (OrderStatus::Paused, None),
            StandingOrderEvent::Resumed(resumed) => going_on(resumed.next_at),
            StandingOrderEvent::Cancelled(_) => (OrderStatus::Cancelled, None),
        };
        Self { status, next_at, ..self }
    }

    /// How many runs were carried out, posted or refused.
    pub fn runs(&self) -> u32 {
        self.runs_at(self.version)
    }

    /// How many runs were carried out by the event at a version of the stream.
    pub fn runs_at(&self, version: Version) -> u32 {
        let others = self.others.partition_point(|other| *other <= version);
        let runs = i64::try_from(others).ok().and_then(|others| version.number().checked_sub(others));
        // There are no more events than versions, and no more runs than an order counts.
        runs.and_then(|runs| u32::try_from(runs).ok()).unwrap_or(u32::MAX)
    }

    /// Whether this is its next run. That its time has come is not looked at.
    pub fn is_next(&self, due_at: DateTime<Utc>) -> bool {
        self.status == OrderStatus::Active && self.next_at == Some(due_at)
    }

    /// The first run of the schedule that is due after a moment, whether so many may be carried out or not.
    ///
    /// # Errors
    ///
    /// If this build does not know the time zone.
    pub fn following(&self, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ZoneError> {
        next_run(&self.placed.schedule, after)
    }

    /// What a run leaves of it; without a refusal it was posted. `following`: the run of the schedule after it. Runs that are left out do
    /// not count as carried out.
    pub fn ran(
        &self,
        due_at: DateTime<Utc>,
        following: Option<DateTime<Utc>>,
        transfer: TransferId,
        refusal: Option<recorded::Refusal>,
    ) -> StandingOrderRan {
        let stops = refusal.is_some() && self.placed.if_refused == IfRefused::Stop;
        let is_last = most_runs(&self.placed.schedule).is_some_and(|most| self.runs().saturating_add(1) >= most);
        let next_at = following.filter(|_| !stops && !is_last);
        StandingOrderRan { due_at, transfer, refusal, next_at }
    }

    /// What it leaves that all runs before this one are left out.
    pub fn skip_to(&self, due_at: DateTime<Utc>) -> Option<StandingOrderSkipped> {
        let first = self.next_at.filter(|first| *first < due_at)?;
        Some(StandingOrderSkipped { due_at: first, next_at: Some(due_at) })
    }

    /// Whether it may be paused, and what then happens.
    pub fn pause(&self) -> Result<StandingOrderPaused, Refusal> {
        match self.status {
            OrderStatus::Active => Ok(StandingOrderPaused {}),
            _ => Err(Refusal::OrderNotActive),
        }
    }

    /// Whether it may go on, and what then happens. `next_at`: its first run that is due from now on.
    pub fn resume(&self, next_at: Option<DateTime<Utc>>) -> Result<StandingOrderResumed, Refusal> {
        match self.status {
            OrderStatus::Paused => Ok(StandingOrderResumed { next_at }),
            _ => Err(Refusal::OrderNotPaused),
        }
    }

    /// Whether it may be cancelled, and what then happens.
    pub fn cancel(&self) -> Result<StandingOrderCancelled, Refusal> {
        match self.status.is_over() {
            true => Err(Refusal::OrderNotActive),
            false => Ok(StandingOrderCancelled {}),
        }
    }
}

/// The most runs that a schedule has, if it says so.
fn most_runs(schedule: &Schedule) -> Option<u32> {
    match schedule {
        Schedule::At(_) => Some(1),
        Schedule::Every(Repeated { count, .. }) => *count,
    }
}
