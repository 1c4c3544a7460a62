//! What the relay writes down from time to time: its cursor and its lag.

use std::{error::Error, time::Duration};

use event_store_postgres::{PostgresLog, RelayCursor};
use kernel::{Clock, CommitRef, Position, SystemClock};
use log::{ReadCommits, ReadHead};
use tokio::time::Instant;

use crate::status;

/// Another relay has taken over, or may have.
#[derive(Debug, thiserror::Error)]
#[error("the relay's lock was not renewed in time, or another relay has taken over")]
pub(crate) struct Fenced;

/// The cursor under an epoch.
pub(crate) struct CursorWriter {
    cursor: RelayCursor,
    epoch: i64,
    noted: Option<(Option<CommitRef>, Instant)>,
}

impl CursorWriter {
    pub(crate) fn new(cursor: RelayCursor, epoch: i64) -> Self {
        Self { cursor, epoch, noted: None }
    }

    /// Without news the cursor is written this often all the same: it shows that the relay lives, and shows the relay
    /// whether it was fenced off.
    const HEARTBEAT: Duration = Duration::from_secs(5);

    /// Writes down how far the log has arrived, if it is news. That it could not be written is no harm: the tail of the
    /// stream says the same.
    pub(crate) async fn note(&mut self, arrived: Option<CommitRef>) -> Result<(), Fenced> {
        if self.noted.is_some_and(|(commit, at)| commit == arrived && at.elapsed() < Self::HEARTBEAT) {
            return Ok(());
        }
        match self.cursor.advance(self.epoch, arrived).await {
            Ok(true) => {
                self.noted = Some((arrived, Instant::now()));
                Ok(())
            }
            Ok(false) => Err(Fenced),
            Err(error) => {
                tracing::debug!(error = &error as &dyn Error, "the cursor was not written");
                Ok(())
            }
        }
    }
}

/// Measures how far the stream is behind the log.
pub(crate) async fn measure(log: &PostgresLog, arrived: Position) {
    let (Ok(head), Ok(waiting)) = (log.head().await, log.recorded_after(arrived).await) else { return };
    let age = waiting.map(|recorded_at| SystemClock.now() - recorded_at);
    let seconds = age.and_then(|age| age.to_std().ok()).map_or(0.0, |age| age.as_secs_f64());
    status::lag((head.position.number() - arrived.number()).max(0), seconds);
}
