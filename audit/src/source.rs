//! Reading the log as it stands in its tables, in pieces, as one snapshot. Nothing is taken for granted: events and
//! commits are read apart and put together by [`super::assemble`].

use std::sync::Arc;

use chrono::{DateTime, Utc};
use events::recorded::{Event, TransferEvent, TransferPosted};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    archived::ArchivedCommits,
    chain::{self, Digest},
    commit_rows,
    error::{AuditError, failed},
    piece::{CommitRow, EventRow, Piece, decode, type_named},
};

/// How many events are read at a time.
const PIECE: i64 = 20_000;

/// The row of `log_head`.
#[derive(Clone, Debug)]
pub struct HeadRow {
    pub log_id: Uuid,
    /// The ids that it had before it was adopted: a view that nobody has opened since still names one of them.
    pub former_ids: Vec<Uuid>,
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
    /// The digests of all commits, chained; of a log of commit rows.
    pub digest: Vec<u8>,
}

/// One snapshot of the log.
pub struct Source {
    connection: PgConnection,
    pub head: HeadRow,
    /// The digests of the commits that were read, if the log is of commit rows.
    pub chain: Option<Digest>,
    archived: Option<Arc<dyn ArchivedCommits>>,
    /// How many commits were read that have left the database.
    pub archived_commits: i64,
}

impl Source {
    /// Takes the snapshot.
    pub async fn open(
        mut connection: PgConnection,
        archived: Option<Arc<dyn ArchivedCommits>>,
    ) -> Result<Self, AuditError> {
        begin_snapshot(&mut connection).await.map_err(failed("taking a snapshot of the log"))?;
        let head = sqlx::query_as!(
            HeadRow,
            r#"select log_id, position, recorded_at, digest, array(select old_log_id from log_adoptions) as "former_ids!" from log_head"#
        )
        .fetch_optional(&mut connection)
        .await
        .map_err(failed("reading the head of the log"))?;
        let head = head.ok_or_else(|| AuditError::Absent("log_head is empty: there is no log"))?;
        let chain = commit_rows::is_form_of(&mut connection).await?.then_some(chain::BEGINNING);
        Ok(Self { connection, head, chain, archived, archived_commits: 0 })
    }

    /// Sends the whole log, oldest first; answers the digest of all that was read.
    pub async fn read(&mut self, pieces: mpsc::Sender<Piece>) -> Result<String, AuditError> {
        let mut digest = Sha256::new();
        if self.chain.is_some() {
            return self.read_commit_rows(pieces, digest).await;
        }
        let (mut after, mut commit_after) = (i64::MIN, i64::MIN);
        loop {
            let events = self.events(after, &mut digest).await?;
            // At the end of the events there may be commits left, which have none.
            let end = events.last().map_or(i64::MAX, |e| e.position);
            let commits = self.commits(commit_after, end, &mut digest).await?;
            commit_after = commits.last().map_or(commit_after, |c| c.first);
            let ended = events.is_empty();
            if pieces.send(Piece { events, commits }).await.is_err() || ended {
                return Ok(hex::encode(&digest.finalize()[..16]));
            }
            after = end;
        }
    }

    async fn read_commit_rows(
        &mut self,
        pieces: mpsc::Sender<Piece>,
        mut digest: Sha256,
    ) -> Result<String, AuditError> {
        let mut reading = commit_rows::Reading::default();
        self.archived_commits = 0;
        if let Some(archived) = self.archived.clone() {
            let begin = commit_rows::begin(&mut self.connection).await?;
            let mut rows = archived.read(begin - 1);
            while let Some(rows) = rows.recv().await {
                let rows = rows?;
                self.archived_commits += rows.len() as i64;
                let piece = reading.take(rows, &mut digest);
                self.chain = Some(reading.chain);
                if pieces.send(piece).await.is_err() {
                    return Ok(hex::encode(&digest.finalize()[..16]));
                }
            }
        }
        loop {
            let piece = reading.next(&mut self.connection, &mut digest).await?;
            self.chain = Some(reading.chain);
            let ended = piece.commits.is_empty();
            if pieces.send(piece).await.is_err() || ended {
                return Ok(hex::encode(&digest.finalize()[..16]));
            }
        }
    }

    async fn events(&mut self, after: i64, digest: &mut Sha256) -> Result<Vec<EventRow>, AuditError> {
        let rows = sqlx::query!(
            r#"select position as "position!", stream_id as "stream_id!", version as "version!", type as "event_type!",
                      schema_version as "schema_version!", payload::text as "payload!"
               from events where position > $1 order by position limit $2"#,
            after,
            PIECE
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed("reading the events"))?;
        let read = rows.into_iter().map(|row| {
            digest.update(row.position.to_be_bytes());
            digest.update(row.stream_id);
            digest.update(row.version.to_be_bytes());
            digest.update(row.schema_version.to_be_bytes());
            for text in [&row.event_type, &row.payload] {
                digest.update((text.len() as u64).to_be_bytes());
                digest.update(text);
            }
            let event = decode(&row.event_type, row.schema_version, &row.payload);
            let event_type = event.is_err().then(|| type_named(&row.event_type)).flatten();
            EventRow { position: row.position, stream: row.stream_id, version: row.version, event_type, event }
        });
        Ok(read.collect())
    }

    async fn commits(&mut self, after: i64, until: i64, digest: &mut Sha256) -> Result<Vec<CommitRow>, AuditError> {
        let rows = sqlx::query!(
            r#"select first_position as "first_position!", last_position as "last_position!", recorded_at as "recorded_at!",
                      command_id as "command_id!", actor_role::text as "role!", actor_id as "actor_id!",
                      correlation as "correlation!", fingerprint as "fingerprint!"
               from commits where first_position > $1 and first_position <= $2 order by first_position"#,
            after,
            until
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed("reading the commits"))?;
        let read = rows.into_iter().map(|row| {
            digest.update(row.first_position.to_be_bytes());
            digest.update(row.last_position.to_be_bytes());
            digest.update(row.recorded_at.timestamp_micros().to_be_bytes());
            for id in [row.command_id, row.actor_id, row.correlation] {
                digest.update(id);
            }
            digest.update(&row.role);
            digest.update(row.fingerprint);
            // One letter, as the log keeps it.
            let asked_by = |roles: &[&str]| roles.contains(&row.role.as_str()).then_some(row.actor_id);
            let (member, service) = (asked_by(&["m", "p"]), asked_by(&["s", "p"]));
            CommitRow {
                first: row.first_position,
                last: row.last_position,
                command: row.command_id,
                recorded_at: row.recorded_at,
                member,
                service,
                partner: asked_by(&["p"]),
                operator: asked_by(&["o"]),
            }
        });
        Ok(read.collect())
    }

    /// The snapshot, for what is read beside the log itself.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// Those of these transfers that were posted.
pub async fn posted(
    connection: &mut PgConnection,
    archived: Option<&dyn ArchivedCommits>,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, TransferPosted)>, AuditError> {
    if commit_rows::is_form_of(connection).await? {
        let mut events = commit_rows::first_events(connection, ids).await?;
        if let Some(archived) = archived {
            let missing: Vec<Uuid> =
                ids.iter().copied().filter(|id| events.iter().all(|(stream, ..)| stream != id)).collect();
            if !missing.is_empty() {
                let places = commit_rows::first_places(connection, &missing).await?;
                events.extend(archived.first_events(&places).await?);
            }
        }
        let posted = events.into_iter().filter_map(|(stream, event_type, schema_version, payload)| {
            match decode(&event_type, schema_version, &payload) {
                Ok(Event::Transfer(TransferEvent::Posted(posted))) => Some((stream, posted)),
                _ => None,
            }
        });
        return Ok(posted.collect());
    }
    let rows = sqlx::query!(
        r#"select stream_id as "stream_id!", type as "event_type!", schema_version as "schema_version!",
                  payload::text as "payload!"
           from events where stream_id = any($1) and version = 1"#,
        ids
    )
    .fetch_all(connection)
    .await
    .map_err(failed("looking up what was reversed"))?;
    let posted = rows.into_iter().filter_map(|row| match decode(&row.event_type, row.schema_version, &row.payload) {
        Ok(Event::Transfer(TransferEvent::Posted(posted))) => Some((row.stream_id, posted)),
        _ => None,
    });
    Ok(posted.collect())
}

/// Begins a transaction that sees one state of its database however long it runs, and changes nothing. A snapshot of a view is
/// idle while the whole log is read for it.
pub async fn begin_snapshot(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let begin = "begin transaction isolation level repeatable read, read only;
                 set local idle_in_transaction_session_timeout = '12h'";
    sqlx::raw_sql(begin).execute(connection).await.map(drop)
}
