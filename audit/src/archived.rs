//! What has left the database of the log. Where it is, and how it is stored, is the affair of who starts the audit; here it is
//! audited as the rest is.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::error::AuditError;

/// A commit as it stood in its row.
#[derive(Clone, Debug)]
pub struct ArchivedRow {
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    /// One letter.
    pub role: String,
    pub actor_id: Uuid,
    pub correlation: Uuid,
    pub fingerprint: Vec<u8>,
    /// The text of the column, to the byte.
    pub events: String,
}

/// The first event of a stream: stream, type, schema version, payload.
pub type FirstEvent = (Uuid, String, i16, String);

/// The commits that have left the database.
#[async_trait]
pub trait ArchivedCommits: Send + Sync {
    /// From the first one up to the one that ends there, in order.
    fn read(&self, until: i64) -> mpsc::Receiver<Result<Vec<ArchivedRow>, AuditError>>;

    /// The first events of streams, each in the commit that begins at a position.
    async fn first_events(&self, places: &[(Uuid, i64)]) -> Result<Vec<FirstEvent>, AuditError>;
}
