//! What has left the database of the log, as the auditor reads it.

use std::sync::Arc;

use ::log::DetachedCommits;
use async_trait::async_trait;
use audit::{ArchivedCommits, ArchivedRow, AuditError, FirstEvent};
use event_archive::{ArchiveError, ArchivedLog, Chain, Commit, stream};
use event_store_postgres::{EventsEncoder, PreviousVersion};
use kernel::{LogId, Position, StreamId, Version};
use tokio::sync::mpsc;
use uuid::Uuid;

/// The archive of the log.
pub struct Archived {
    pub chain: Arc<Chain>,
    pub commits: ArchivedLog,
}

#[async_trait]
impl ArchivedCommits for Archived {
    fn read(&self, until: i64) -> mpsc::Receiver<Result<Vec<ArchivedRow>, AuditError>> {
        let (give, take) = mpsc::channel(2);
        let mut commits = stream(self.chain.clone(), 0, until, |line| line.into_commit());
        drop(tasks::brief(async move {
            while let Some(batch) = commits.recv().await {
                let rows = batch.map_err(archive).and_then(|batch| batch.into_iter().map(row).collect());
                let failed = rows.is_err();
                // The reader may be gone.
                if give.send(rows).await.is_err() || failed {
                    return;
                }
            }
        }));
        take
    }

    async fn first_events(&self, places: &[(Uuid, i64)]) -> Result<Vec<FirstEvent>, AuditError> {
        let log = LogId::new(self.chain.log_id());
        let mut found = Vec::new();
        for (stream, first) in places {
            let held = self.commits.holding(log, &[Position::new(*first)], &[]).await;
            let held = held.map_err(|error| AuditError::Archive(error.into()))?;
            let events = held.iter().flat_map(|held| &held.commit.events);
            let mut own =
                events.filter(|event| event.stream.uuid() == *stream && event.version == Version::ZERO.next());
            if let Some(event) = own.next() {
                found.push((*stream, event.event_type.clone(), event.schema_version, event.payload.get().to_owned()));
            }
        }
        Ok(found)
    }
}

/// The row that the commit was.
fn row(commit: Commit) -> Result<ArchivedRow, AuditError> {
    let unreadable = |what: String| archive(ArchiveError::Log { position: commit.first, what });
    let mut encoder = EventsEncoder::new();
    for event in &commit.events {
        let Some(previous) = event.previous else {
            return Err(unreadable("the archive is of an earlier build and cannot be read instead of the log".into()));
        };
        let version = (Version::new(event.version), PreviousVersion::of_number(previous));
        encoder
            .push(StreamId::new(event.stream_id), version, (&event.event_type, event.schema_version), &event.payload)
            .map_err(|error| unreadable(error.to_string()))?;
    }
    let last_position = commit.last();
    Ok(ArchivedRow {
        first_position: commit.first,
        last_position,
        recorded_at: commit.recorded_at,
        command_id: commit.command_id,
        role: commit.actor_role,
        actor_id: commit.actor_id,
        correlation: commit.correlation,
        fingerprint: commit.fingerprint,
        events: encoder.finish(),
    })
}

fn archive(error: ArchiveError) -> AuditError {
    AuditError::Archive(error.into())
}
