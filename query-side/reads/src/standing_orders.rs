//! Standing orders, and the runs of them.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use kernel::{AccountId, MemberId, OrderId, Position, TransferId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
    transfers::Money,
};

const VIEWS: &[View] = &[View::StandingOrders];
/// How many runs of an order are shown, the newest.
const RUNS: i64 = 50;

/// A standing order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Which.
    #[schema(value_type = Uuid)]
    pub order_id: OrderId,
    /// `active`, or `paused`; then what ended it: `finished` after its last run, `stopped` by a refused one, `cancelled`.
    #[schema(pattern = "^(active|paused|finished|stopped|cancelled)$")]
    pub status: String,
    /// When its next run is due; null if it is paused or over.
    #[schema(required)]
    pub next_at: Option<DateTime<Utc>>,
    /// Whose.
    #[schema(value_type = Uuid)]
    pub owner: MemberId,
    /// The account that pays.
    #[schema(value_type = Uuid)]
    pub source: AccountId,
    /// The account that receives.
    #[schema(value_type = Uuid)]
    pub destination: AccountId,
    /// How much each run pays.
    pub money: Money,
    /// The payer's words.
    #[schema(required)]
    pub memo: Option<String>,
    /// When runs are due.
    pub schedule: Schedule,
    /// What a refused run does to it.
    #[schema(pattern = "^(skip|stop)$")]
    pub if_refused: String,
    /// Whether runs that an outage made late are carried out afterwards.
    pub catch_up: bool,
    /// The last 50 runs that were carried out, newest first.
    #[schema(max_items = 50)]
    pub runs: Vec<OrderRun>,
    /// How many runs were carried out in all, posted or refused.
    #[schema(minimum = 0)]
    pub runs_done: i64,
    /// The position of the last event of the command that changed it last.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// A run of a standing order that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderRun {
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// What became of it.
    #[schema(pattern = "^(posted|refused)$")]
    pub status: String,
    /// The transfer, posted or rejected.
    #[schema(value_type = Uuid)]
    pub transfer_id: TransferId,
    /// Why it was refused, a problem code; null if it was posted.
    #[schema(required)]
    pub code: Option<String>,
}

/// When runs of an order are due: once, `at` a time, or again and again, by the clocks of a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "Recorded")]
pub struct Schedule {
    /// Once, at this time; left out of one that repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// How often; left out with all that follows of one that does not repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(day|week|month)$")]
    pub every: Option<String>,
    /// On which day of each week; only for `week`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(mon|tues|wednes|thurs|fri|satur|sun)day$")]
    pub weekday: Option<String>,
    /// On which day of each month, past its end on its last day; only for `month`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31)]
    pub day: Option<u8>,
    /// Hour and minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub time: Option<String>,
    /// Whose clocks: a name of the IANA database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Not before this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<NaiveDate>,
    /// Not after this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<NaiveDate>,
    /// At most so many runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<u32>,
}

/// A schedule as it is recorded.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Recorded {
    At(DateTime<Utc>),
    Every(Repeated),
}

#[derive(Deserialize)]
struct Repeated {
    every: Every,
    time: NaiveTime,
    zone: String,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
    count: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Every {
    Day,
    Week(Weekday),
    Month(u8),
}

impl From<Recorded> for Schedule {
    fn from(recorded: Recorded) -> Self {
        let (at, every) = match recorded {
            Recorded::At(at) => (Some(at), None),
            Recorded::Every(every) => (None, Some(every)),
        };
        let Some(Repeated { every, time, zone, from, until, count }) = every else {
            let (every, weekday, day, time, zone) = (None, None, None, None, None);
            return Self { at, every, weekday, day, time, zone, from: None, until: None, count: None };
        };
        let (every, weekday, day) = match every {
            Every::Day => ("day", None, None),
            Every::Week(weekday) => ("week", Some(name(weekday).to_owned()), None),
            Every::Month(day) => ("month", None, Some(day)),
        };
        let (time, zone) = (Some(time.format("%H:%M").to_string()), Some(zone));
        let every = Some(every.to_owned());
        Self { at, every, weekday, day, time, zone, from, until, count }
    }
}

fn name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "monday",
        Weekday::Tue => "tuesday",
        Weekday::Wed => "wednesday",
        Weekday::Thu => "thursday",
        Weekday::Fri => "friday",
        Weekday::Sat => "saturday",
        Weekday::Sun => "sunday",
    }
}

/// An order, with what its list is found by.
#[derive(Debug, Deserialize)]
struct OrderRow {
    #[serde(flatten)]
    order: Order,
    placed_position: i64,
}

impl Reads {
    /// One standing order; none if there is none that the viewer may know of: a member must own it.
    pub async fn standing_order(
        &self,
        viewer: Viewer,
        order: OrderId,
        need: &Need,
    ) -> Result<Fresh<Option<Order>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.standing_order_now(viewer, order)).await
    }

    async fn standing_order_now(&self, viewer: Viewer, order: OrderId) -> Result<Seen<Option<Order>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/standing_order.sql", &names(VIEWS), order.uuid(), RUNS)
            .fetch_one(&self.pool)
            .await?;
        let known = row.found.is_some();
        let found = row.found.map(|Json(OrderRow { order, .. })| order);
        let visible = found.filter(|order| viewer.may_see(Some(order.owner.uuid())));
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !known);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, visible)
    }

    /// The standing orders of an owner, or of everybody, newest placed first.
    pub async fn standing_orders(
        &self,
        owner: Option<MemberId>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Order>>, ReadsError> {
        let list = match owner {
            Some(owner) => List::named("standing orders").bound_to(owner.uuid().as_bytes()),
            None => List::named("standing orders"),
        };
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let fresh = self.gate.read(VIEWS, need, || self.standing_orders_now(owner, before, limit)).await?;
        let cursor = |last: &OrderRow| list.cursor(last.placed_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(|row| row.order).collect(), next_cursor }
        }))
    }

    async fn standing_orders_now(
        &self,
        owner: Option<MemberId>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<OrderRow>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/standing_orders.sql",
            &names(VIEWS),
            owner.map(MemberId::uuid),
            before,
            i64::from(limit) + 1,
            RUNS,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, row.page.0)
    }
}
