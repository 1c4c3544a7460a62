//! How the views are doing.

use chrono::{DateTime, Utc};
use kernel::Position;
use serde::Serialize;
use utoipa::ToSchema;

/// The live generation of a view.
#[derive(Debug, Serialize, ToSchema)]
pub struct View {
    /// The view.
    pub view: String,
    /// Which generation is live.
    #[schema(minimum = 1)]
    pub generation: i32,
    /// The version of its rule and tables.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The last position it has applied.
    #[schema(minimum = 0)]
    pub position: i64,
    /// The end of the log; null if it could not be asked yet.
    #[schema(required)]
    pub head: Option<i64>,
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
    #[schema(required)]
    pub error_position: Option<i64>,
    /// On what type of event.
    #[schema(required)]
    pub error_type: Option<String>,
    /// Since when.
    #[schema(required)]
    pub stuck_since: Option<DateTime<Utc>>,
    /// For how long it has not moved although it is behind, in milliseconds; null as long as that is no reason to worry.
    #[schema(required, minimum = 0)]
    pub stalled_ms: Option<u64>,
    /// Since when an operator has it stand still; null if nobody does.
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
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewDetail {
    /// The live one.
    #[serde(flatten)]
    pub view: View,
    /// Every one, newest first.
    pub generations: Vec<Generation>,
}

/// One physical copy of a view's tables.
#[derive(Debug, Serialize, ToSchema)]
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
    #[schema(minimum = 0)]
    pub position: i64,
    /// When it came to be.
    pub created_at: DateTime<Utc>,
    /// When it was last made the live one.
    #[schema(required)]
    pub promoted_at: Option<DateTime<Utc>>,
    /// When its checkpoint last moved.
    pub updated_at: DateTime<Utc>,
}

impl From<reads::ViewStatus> for View {
    fn from(status: reads::ViewStatus) -> Self {
        Self {
            view: status.view,
            generation: status.generation,
            version: status.version,
            position: status.position.number(),
            head: status.head.map(Position::number),
            lag_events: status.lag_events,
            lag_ms: u64::try_from(status.lag.as_millis()).unwrap_or(u64::MAX),
            state: status.state,
            error: status.error,
            error_position: status.error_position.map(Position::number),
            error_type: status.error_type,
            stuck_since: status.stuck_since,
            stalled_ms: status.stalled.map(|stalled| u64::try_from(stalled.as_millis()).unwrap_or(u64::MAX)),
            paused_since: status.paused_since,
            parked_keys: status.parked_keys,
            parked_events: status.parked_events,
            updated_at: status.updated_at,
        }
    }
}

impl From<reads::Generation> for Generation {
    fn from(generation: reads::Generation) -> Self {
        Self {
            generation: generation.generation,
            version: generation.version,
            state: generation.state,
            position: generation.position.number(),
            created_at: generation.created_at,
            promoted_at: generation.promoted_at,
            updated_at: generation.updated_at,
        }
    }
}

impl From<(reads::ViewStatus, Vec<reads::Generation>)> for ViewDetail {
    fn from((view, generations): (reads::ViewStatus, Vec<reads::Generation>)) -> Self {
        Self { view: view.into(), generations: generations.into_iter().map(Generation::from).collect() }
    }
}
