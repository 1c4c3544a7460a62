//! How the views are doing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kernel::Position;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{Fresh, Reads, ReadsError, freshness::OTHER_HISTORY};

/// The live generation of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = View)]
pub struct ViewStatus {
    /// The view.
    pub view: String,
    /// Which generation is live.
    #[schema(minimum = 1)]
    pub generation: i32,
    /// The version of its rule and tables.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The last position it has applied.
    #[schema(value_type = i64, minimum = 0)]
    pub position: Position,
    /// The end of the log; null if it could not be asked yet.
    #[schema(value_type = Option<i64>, required)]
    pub head: Option<Position>,
    /// How many events it has not applied.
    #[schema(minimum = 0)]
    pub lag_events: i64,
    /// How long the first of them has been waiting, in milliseconds.
    #[schema(minimum = 0)]
    pub lag_ms: u64,
    /// Whether it applies events, is stuck on one it cannot apply, or shows another history than the log and has to be
    /// rebuilt.
    #[schema(pattern = "^(live|stuck|other-history)$")]
    pub state: String,
    /// Why it is stuck, or how it differs from the log.
    #[schema(required)]
    pub error: Option<String>,
    /// On which position.
    #[schema(value_type = Option<i64>, required)]
    pub error_position: Option<Position>,
    /// On what type of event.
    #[schema(required)]
    pub error_type: Option<String>,
    /// Since when.
    #[schema(required)]
    pub stuck_since: Option<DateTime<Utc>>,
    /// For how long it has not moved although it is behind, in milliseconds; null as long as that is no reason to worry.
    #[schema(required, minimum = 0)]
    pub stalled_ms: Option<u64>,
    /// Since when it is paused by an operator; null if it is not.
    #[schema(required)]
    pub paused_since: Option<DateTime<Utc>>,
    /// How many keys were taken aside because an event of theirs cannot be applied.
    #[schema(minimum = 0)]
    pub parked_keys: i64,
    /// How many events wait behind them.
    #[schema(minimum = 0)]
    pub parked_events: i64,
    /// When its checkpoint last moved.
    pub updated_at: DateTime<Utc>,
}

/// A view with every generation of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ViewDetail {
    /// The live one.
    #[serde(flatten)]
    pub view: ViewStatus,
    /// Every one, newest first.
    pub generations: Vec<Generation>,
}

/// One physical copy of a view's tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Generation {
    /// Which.
    #[schema(minimum = 1)]
    pub generation: i32,
    /// The version of its rule and tables.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it is in its life.
    #[schema(pattern = "^(building|indexing|tailing|comparing|ready|live|retired|failed)$")]
    pub state: String,
    /// The last position it has applied.
    #[schema(value_type = i64, minimum = 0)]
    pub position: Position,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last made the live one.
    #[schema(required)]
    pub promoted_at: Option<DateTime<Utc>>,
    /// When its checkpoint last moved.
    pub updated_at: DateTime<Utc>,
}

/// The error of a view of another history until a projector has recorded its own.
const NOT_HELD: &str = "the log does not hold the commit that the view stands on: rebuild the view";

/// A view that is behind for so long, and has not moved for so long, is stalled.
const STALL: Duration = Duration::from_secs(10);

impl Reads {
    /// Every live view, by name, not only those read here. Waits for nothing: this is how waiting is watched.
    pub async fn views(&self) -> Result<Fresh<Vec<ViewStatus>>, ReadsError> {
        let rows = sqlx::query!(
            r#"select view as "view!", generation as "generation!", version as "version!", position as "position!",
                   recorded_at, state as "state!", error, error_position, error_type, stuck_since,
                   (select min(since) from registry.missing as m where m.view = live_positions.view and m.position is not null)
                       as missing_since,
                   updated_at as "updated_at!", paused_at, parked_keys as "parked_keys!", parked_events as "parked_events!",
                   (extract(epoch from clock_timestamp() - updated_at) * 1000)::int8 as "still_ms!"
               from registry.live_positions order by view"#
        )
        .fetch_all(&self.pool)
        .await?;
        let head = self.head().map(|head| head.position);
        let statuses = rows.into_iter().map(|row| {
            let position = Position::new(row.position);
            // A view may have applied what was appended since the last look.
            let head = head.map(|head| head.max(position));
            let waits = row.missing_since.map_or(Duration::ZERO, |since| self.since(since));
            let lag = self.lag(position, row.recorded_at).max(waits);
            let behind = head.is_some_and(|head| head > position) && row.paused_at.is_none();
            let still = Duration::from_millis(u64::try_from(row.still_ms).unwrap_or_default()).min(lag);
            // This server looks for itself: the projector that would write it down may not run.
            let other = row.state != OTHER_HISTORY && self.shows_another_history(&row.view);
            ViewStatus {
                view: row.view,
                generation: row.generation,
                version: row.version,
                position,
                head,
                lag_events: head.map_or(0, |head| head.number() - position.number()),
                lag_ms: millis(lag),
                state: if other { OTHER_HISTORY.to_owned() } else { row.state },
                error: if other { Some(NOT_HELD.to_owned()) } else { row.error },
                error_position: row.error_position.map(Position::new),
                error_type: row.error_type,
                stuck_since: row.stuck_since,
                stalled_ms: Some(still).filter(|still| behind && *still >= STALL).map(millis),
                paused_since: row.paused_at,
                parked_keys: row.parked_keys,
                parked_events: row.parked_events,
                updated_at: row.updated_at,
            }
        });
        let value: Vec<_> = statuses.collect();
        let position = value.iter().map(|view| view.position).min().unwrap_or_default();
        let lag = value.iter().map(|view| Duration::from_millis(view.lag_ms)).max().unwrap_or_default();
        let missing = value.iter().map(|view| view.parked_events).sum();
        Ok(Fresh { value, position, lag, stale: missing > 0, missing })
    }

    /// One view with every generation of it, newest first; none if no generation of it is live.
    pub async fn view(&self, name: &str) -> Result<Fresh<Option<ViewDetail>>, ReadsError> {
        let views = self.views().await?;
        let Some(view) = views.value.iter().find(|view| view.view == name).cloned() else {
            return Ok(views.map(|_| None));
        };
        let rows = sqlx::query_scalar!(
            r#"select to_jsonb(g) as "generation!: Json<Generation>"
               from (select generation, version, state, position, created_at, promoted_at, updated_at
                     from registry.generations where view = $1) as g
               order by g.generation desc"#,
            name,
        )
        .fetch_all(&self.pool)
        .await?;
        let (position, missing) = (view.position, view.parked_events);
        let lag = Duration::from_millis(view.lag_ms);
        let generations = rows.into_iter().map(|Json(generation)| generation).collect();
        Ok(Fresh { value: Some(ViewDetail { view, generations }), position, lag, stale: missing > 0, missing })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
