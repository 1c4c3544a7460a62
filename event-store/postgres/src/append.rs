//! Writing the log.

use async_trait::async_trait;
use database::Connection;
use kernel::{CommitRef, LogId, Position};
use log::{Append, AppendError, Appended, HeldStream, NewCommit, Snapshot};
use uuid::Uuid;

use crate::{
    classify::{acquire_error, append_error},
    leader::WriterEpoch,
    rows::role_code,
    store::PostgresLog,
};

#[async_trait]
impl Append for PostgresLog {
    async fn append(&self, commits: &[NewCommit]) -> Result<Appended, AppendError> {
        self.append_after(None, commits, &[]).await
    }

    async fn append_after(
        &self,
        known: Option<(LogId, CommitRef)>,
        commits: &[NewCommit],
        _held: &[HeldStream],
    ) -> Result<Appended, AppendError> {
        let columns = Columns::of(commits)?;
        let appended = self.append_columns(known, &columns).await;
        self.append_health.note(&appended);
        appended
    }

    async fn save_snapshots(&self, snapshots: &[Snapshot]) -> Result<(), AppendError> {
        let newest = newest_of_each(snapshots);
        if newest.is_empty() {
            return Ok(());
        }
        let mut connection = self.pool.acquire().await.map_err(acquire_error)?;
        let streams: Vec<Uuid> = newest.iter().map(|s| s.stream.uuid()).collect();
        let versions: Vec<i64> = newest.iter().map(|s| s.version.number()).collect();
        let schemas: Vec<i32> = newest.iter().map(|s| s.state_schema).collect();
        let states: Vec<&str> = newest.iter().map(|s| s.state.as_str()).collect();
        sqlx::query_file!("src/sql/save_snapshots.sql", &streams, &versions, &schemas, &states as &[&str])
            .execute(&mut *connection)
            .await
            .map_err(append_error)?;
        Ok(())
    }
}

impl PostgresLog {
    async fn append_columns(
        &self,
        known: Option<(LogId, CommitRef)>,
        columns: &Columns<'_>,
    ) -> Result<Appended, AppendError> {
        let epoch = self.epoch.as_ref().map(WriterEpoch::get);
        // It never led: no append of it can be under way.
        if epoch == Some(WriterEpoch::NONE) {
            return Err(AppendError::NotLeader);
        }
        let mut connection = self.pool.acquire().await.map_err(acquire_error)?;
        match tokio::time::timeout(self.append_timeout, columns.write(known, epoch, &mut connection)).await {
            Ok(Ok(appended)) => Ok(appended),
            Ok(Err(error)) => {
                // A connection that ended this way may be one to a standby, or hold a plan of an older schema.
                if !matches!(
                    error,
                    AppendError::Conflict
                        | AppendError::OtherHistory
                        | AppendError::NotLeader
                        | AppendError::Stopped { .. }
                ) {
                    connection.discard();
                }
                Err(error)
            }
            Err(elapsed) => {
                connection.discard();
                Err(AppendError::Unknown(Box::new(elapsed)))
            }
        }
    }
}

/// One snapshot of each stream, in the order of the streams: a row cannot be written twice by one statement, and two
/// writers that lock rows in the same order never wait for each other in a ring.
pub(crate) fn newest_of_each(snapshots: &[Snapshot]) -> Vec<&Snapshot> {
    let mut newest: Vec<&Snapshot> = snapshots.iter().collect();
    newest.sort_by_key(|s| (s.stream.uuid(), std::cmp::Reverse(s.version)));
    newest.dedup_by_key(|s| s.stream);
    newest
}

/// The commits turned by ninety degrees: one array for each column, as the statement wants them. Texts are borrowed.
struct Columns<'a> {
    count: i64,
    firsts: Vec<i64>,
    lasts: Vec<i64>,
    commands: Vec<Uuid>,
    actors: Vec<Uuid>,
    correlations: Vec<Uuid>,
    fingerprints: Vec<&'a [u8]>,
    roles: Vec<i8>,
    versions: Vec<i64>,
    streams: Vec<Uuid>,
    schemas: Vec<i16>,
    types: Vec<&'a str>,
    payloads: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(commits: &'a [NewCommit]) -> Result<Self, AppendError> {
        if commits.is_empty() || commits.iter().any(|c| c.events.is_empty()) {
            return Err(AppendError::Refused("a commit needs an event, and an append a commit".into()));
        }
        let events = commits.iter().map(|c| c.events.len()).sum();
        let mut columns = Self::with_capacity(commits.len(), events);
        for commit in commits {
            columns.push(commit);
        }
        Ok(columns)
    }

    fn with_capacity(commits: usize, events: usize) -> Self {
        Self {
            count: 0,
            firsts: Vec::with_capacity(commits),
            lasts: Vec::with_capacity(commits),
            commands: Vec::with_capacity(commits),
            actors: Vec::with_capacity(commits),
            correlations: Vec::with_capacity(commits),
            fingerprints: Vec::with_capacity(commits),
            roles: Vec::with_capacity(commits),
            versions: Vec::with_capacity(events),
            streams: Vec::with_capacity(events),
            schemas: Vec::with_capacity(events),
            types: Vec::with_capacity(events),
            payloads: Vec::with_capacity(events),
        }
    }

    fn push(&mut self, commit: &'a NewCommit) {
        self.firsts.push(self.count + 1);
        self.count += commit.events.len() as i64;
        self.lasts.push(self.count);
        self.commands.push(commit.command_id.uuid());
        self.actors.push(commit.actor.id.uuid());
        self.correlations.push(commit.correlation.uuid());
        self.fingerprints.push(&commit.fingerprint.0);
        self.roles.push(role_code(commit.actor.role));
        for event in &commit.events {
            self.versions.push(event.version.number());
            self.streams.push(event.stream.uuid());
            self.schemas.push(event.schema_version);
            self.types.push(event.event_type);
            self.payloads.push(&event.payload);
        }
    }

    async fn write(
        &self,
        known: Option<(LogId, CommitRef)>,
        epoch: Option<i64>,
        connection: &mut Connection,
    ) -> Result<Appended, AppendError> {
        let row = sqlx::query_file!(
            "src/sql/append.sql",
            self.count,
            &self.firsts,
            &self.lasts,
            &self.commands,
            &self.actors,
            &self.correlations,
            &self.fingerprints as &[&[u8]],
            &self.roles,
            &self.versions,
            &self.streams,
            &self.schemas,
            &self.types as &[&str],
            &self.payloads as &[&str],
            known.map(|(log, _)| log.uuid()),
            known.map(|(_, commit)| commit.command_id.uuid()),
            known.map(|(_, commit)| commit.position.number()),
            known.map(|(_, commit)| commit.recorded_at),
            epoch,
        )
        .fetch_optional(&mut *connection)
        .await
        .map_err(append_error)?;
        let Some(row) = row else { return Err(why_nothing(known.is_some(), epoch, connection).await) };
        Ok(Appended { log: LogId::new(row.log_id), first: Position::new(row.first), recorded_at: row.recorded_at })
    }
}

/// Why an append found no head to move. Asked for after it has written nothing, so an error means that too.
pub(crate) async fn why_nothing(knows_log: bool, epoch: Option<i64>, connection: &mut Connection) -> AppendError {
    match sqlx::query!("select stopped_by, epoch from log_head").fetch_optional(connection).await {
        // Before the alarm: whoever does not lead is not told of it by an append.
        Ok(Some(head)) if epoch.is_some_and(|epoch| epoch != head.epoch) => AppendError::NotLeader,
        Ok(Some(head)) => match head.stopped_by {
            Some(alarm) => AppendError::Stopped { alarm },
            None if knows_log => AppendError::OtherHistory,
            // It was stopped a moment ago.
            None => AppendError::Conflict,
        },
        Ok(None) => AppendError::Refused("the log has no head".into()),
        Err(error) => AppendError::Unavailable(Box::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{StreamId, Version};

    use super::*;

    #[test]
    fn of_several_snapshots_of_a_stream_the_newest_is_kept_and_streams_are_in_order() {
        let snapshot = |stream: u128, version| Snapshot {
            stream: StreamId::new(Uuid::from_u128(stream)),
            version: Version::new(version),
            state_schema: 1,
            state: "{}".to_owned(),
        };
        let given = [snapshot(2, 5), snapshot(1, 3), snapshot(2, 9), snapshot(2, 7)];
        let kept: Vec<_> =
            newest_of_each(&given).iter().map(|s| (s.stream.uuid().as_u128(), s.version.number())).collect();
        assert_eq!(kept, [(1, 3), (2, 9)]);
    }
}
