//! How the views are doing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kernel::Position;
use sqlx::types::Json;

use crate::{Fresh, Reads, ReadsError, freshness::OTHER_HISTORY};

/// The live generation of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewStatus {
    /// The view.
    pub view: String,
    /// Which generation is live.
    pub generation: i32,
    /// The version of its rule and tables.
    pub version: i32,
    /// The last position it has applied.
    pub position: Position,
    /// The end of the log, as last seen; none if it was never seen.
    pub head: Option<Position>,
    /// How many events it has not applied.
    pub lag_events: i64,
    /// How long the first of them has been waiting.
    pub lag: Duration,
    /// `live`, `stuck` on an event it cannot apply, or `other-history`: it shows what the log does not hold.
    pub state: String,
    /// Why it is stuck, or how it differs from the log.
    pub error: Option<String>,
    /// On which position.
    pub error_position: Option<Position>,
    /// On what kind of event.
    pub error_type: Option<String>,
    /// Since when.
    pub stuck_since: Option<DateTime<Utc>>,
    /// For how long it has not moved although it is behind; none as long as that is no reason to worry.
    pub stalled: Option<Duration>,
    /// Since when an operator has it stand still.
    pub paused_since: Option<DateTime<Utc>>,
    /// How many keys were taken aside because an event of theirs cannot be applied.
    pub parked_keys: i64,
    /// How many events wait behind them.
    pub parked_events: i64,
    /// When its checkpoint last moved.
    pub updated_at: DateTime<Utc>,
}

/// One physical copy of a view's tables.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Generation {
    /// Which.
    pub generation: i32,
    /// The version of its rule and tables.
    pub version: i32,
    /// Where it is in its life.
    pub state: String,
    /// The last position it has applied.
    pub position: Position,
    /// When it came to be.
    pub created_at: DateTime<Utc>,
    /// When it was last made the live one.
    pub promoted_at: Option<DateTime<Utc>>,
    /// When its checkpoint last moved.
    pub updated_at: DateTime<Utc>,
}

/// What is told of a view of another history before a projector has said more.
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
        let told = rows.into_iter().map(|row| {
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
                lag,
                state: if other { OTHER_HISTORY.to_owned() } else { row.state },
                error: if other { Some(NOT_HELD.to_owned()) } else { row.error },
                error_position: row.error_position.map(Position::new),
                error_type: row.error_type,
                stuck_since: row.stuck_since,
                stalled: Some(still).filter(|still| behind && *still >= STALL),
                paused_since: row.paused_at,
                parked_keys: row.parked_keys,
                parked_events: row.parked_events,
                updated_at: row.updated_at,
            }
        });
        let value: Vec<_> = told.collect();
        let position = value.iter().map(|view| view.position).min().unwrap_or_default();
        let lag = value.iter().map(|view| view.lag).max().unwrap_or_default();
        let missing = value.iter().map(|view| view.parked_events).sum();
        Ok(Fresh { value, position, lag, stale: missing > 0, missing })
    }

    /// One view with every generation of it, newest first; none if no generation of it is live.
    pub async fn view(&self, name: &str) -> Result<Fresh<Option<(ViewStatus, Vec<Generation>)>>, ReadsError> {
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
        let (position, lag, missing) = (view.position, view.lag, view.parked_events);
        let generations = rows.into_iter().map(|Json(generation)| generation).collect();
        Ok(Fresh { value: Some((view, generations)), position, lag, stale: missing > 0, missing })
    }
}
