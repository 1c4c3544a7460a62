//! Events on a standing order's stream.
//!
//! When the next run is due is written in the event that causes it, so that a fold needs neither a clock nor the rules of a time zone.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use kernel::{AccountId, MemberId, Money, TransferId};
use serde::{Deserialize, Serialize};

use super::{event_type::event_types, refusal::Refusal};

event_types! {
    /// An event of a standing order.
    StandingOrder(StandingOrderEvent) {
        /// A standing order was placed.
        Placed(StandingOrderPlaced) = 1, opens;
        /// A run of it was carried out: it was posted, or refused.
        Ran(StandingOrderRan) = 1, on;
        /// Due runs were left out.
        Skipped(StandingOrderSkipped) = 1, on;
        /// Nothing is carried out until it is resumed.
        Paused(StandingOrderPaused) = 1, on;
        /// It goes on.
        Resumed(StandingOrderResumed) = 1, on;
        /// It ended before its time.
        Cancelled(StandingOrderCancelled) = 1, on;
    }
}

/// When an order is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Once.
    At(DateTime<Utc>),
    /// Again and again.
    Every(Repeated),
}

/// A schedule that repeats, by the clocks of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// How often.
    pub every: Every,
    /// The time of the day. One that the clocks leave out is when they have been set forward; one that they show twice is the first.
    pub time: NaiveTime,
    /// The name of a time zone of the IANA database.
    pub zone: String,
    /// Not before this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Not after this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// At most so many runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Every day.
    Day,
    /// Every week, on this day of it.
    Week(Weekday),
    /// Every month, on this day of it, 1 to 31; past the month's end: on its last day.
    Month(u8),
}

/// What a refused run does to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfRefused {
    /// The next run is tried when it is due.
    Skip,
    /// There is no next run.
    Stop,
}

/// A standing order was placed. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOrderPlaced {
    /// Whose.
    pub owner: MemberId,
    /// The account that pays.
    pub source: AccountId,
    /// The account that receives.
    pub destination: AccountId,
    /// How much each run pays.
    pub money: Money,
    /// The payer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// When.
    pub schedule: Schedule,
    /// What a refused run does to it.
    pub if_refused: IfRefused,
    /// Whether runs that an outage made late are carried out, at most one for each day; otherwise they are left out.
    pub catch_up: bool,
    /// When its first run is due.
    pub next_at: DateTime<Utc>,
}

/// A run was carried out: its transfer was posted or rejected in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOrderRan {
    /// When it was due: of one order, no two runs are due at one time.
    pub due_at: DateTime<Utc>,
    /// The transfer, posted or rejected.
    pub transfer: TransferId,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// When the next one is due; none if this was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
}

/// Due runs were left out: the order was paused, or what an outage made late is not caught up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOrderSkipped {
    /// The first that was left out.
    pub due_at: DateTime<Utc>,
    /// When the next one is due; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
}

/// Nothing is carried out until the order is resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOrderPaused {}

/// The order goes on. What was due meanwhile is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOrderResumed {
    /// When the next run is due; none if all of them were due meanwhile, and then it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
}

/// The order ended before its time. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOrderCancelled {}
