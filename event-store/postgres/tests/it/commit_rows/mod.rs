//! Commits as rows: streams, digests, partitions.

#![allow(clippy::unwrap_used, reason = "test support")]

mod append;
mod clock;
mod conflicts;
mod fences;
mod implicit;
mod outcomes;
mod partitions;
mod race;
mod reads;
mod typed;
mod walks;

use std::collections::HashMap;

use database::Pool;
use event_store_postgres::{PostgresLog, chain_digest, commit_digest};
use kernel::{Position, StreamId};
use log::{Commit, NewEvent, ReadHead, Snapshot};
use uuid::Uuid;

use crate::fixture::{LogFixture, assert_sound, event, read_all};

/// A log of its own for each test.
pub struct Fixture {
    base: LogFixture,
    pub log: PostgresLog,
    pub pool: Pool,
}

impl Fixture {
    pub async fn new() -> Self {
        let base = LogFixture::new().await;
        Self { log: PostgresLog::new(base.pool.clone()), pool: base.pool.clone(), base }
    }

    /// As another process would see it.
    pub fn other(&self, settings: &str) -> PostgresLog {
        PostgresLog::new(self.base.other_pool(settings))
    }

    pub fn as_role(&self, role: &str) -> PostgresLog {
        self.other(&format!("options=-c%20role%3D{role}"))
    }

    pub fn options(&self) -> sqlx::postgres::PgConnectOptions {
        self.base.options()
    }

    pub async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        self.base.execute(sql).await
    }

    pub async fn position(&self) -> i64 {
        self.log.head().await.unwrap().position.number()
    }

    /// The row of a stream: version, first and newest position, kind.
    pub async fn row(&self, stream: StreamId) -> Option<(i64, i64, i64, String)> {
        sqlx::query_as("select version, first_position, newest_position, kind from log_streams where stream_id = $1")
            .bind(stream.uuid())
            .fetch_optional(&self.pool)
            .await
            .unwrap()
    }

    /// Checks what must hold of every log, and drops the database.
    pub async fn end(self) {
        let commits = read_all(&self.log, 7).await;
        assert_sound(&commits);
        assert_eq!(commits.last().map_or(0, |c| c.last().number()), self.position().await, "the head is the end");
        self.check_digest(&commits).await;
        self.check_streams(&commits).await;
        self.drop().await;
    }

    pub async fn drop(self) {
        self.base.drop().await;
    }

    /// The chain of digests, computed anew from what the log holds, is what the head says.
    async fn check_digest(&self, commits: &[Commit]) {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("select first_position, events::text from log_commits order by first_position")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        assert_eq!(rows.len(), commits.len());
        let mut digest = [0; 32];
        for (commit, (first, events)) in commits.iter().zip(rows) {
            let own = commit_digest(commit.command_id, commit.actor, commit.correlation, commit.fingerprint, &events);
            digest = chain_digest(digest, own, Position::new(first), commit.recorded_at);
        }
        let stored: Vec<u8> = sqlx::query_scalar("select digest from log_head").fetch_one(&self.pool).await.unwrap();
        assert_eq!(stored, digest, "the digest of the head");
    }

    /// Each row of a stream says what its events say; only a stream that its own command opened has none.
    async fn check_streams(&self, commits: &[Commit]) {
        let mut due: HashMap<Uuid, (i64, i64, i64)> = HashMap::new();
        let mut commands = Vec::new();
        for commit in commits {
            commands.push((commit.command_id.uuid(), commit.first.number()));
            for event in &commit.events {
                let first = commit.first.number();
                let stands = due.entry(event.stream.uuid()).or_insert((0, first, first));
                (stands.0, stands.2) = (stands.0 + 1, first);
            }
        }
        due.retain(|stream, (version, first, _)| *version > 1 || !commands.contains(&(*stream, *first)));
        let rows: Vec<(Uuid, i64, i64, i64)> =
            sqlx::query_as("select stream_id, version, first_position, newest_position from log_streams")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let found: HashMap<_, _> =
            rows.into_iter().map(|(id, version, first, newest)| (id, (version, first, newest))).collect();
        assert_eq!(found, due, "the rows of the streams");
    }
}

pub fn of_kind(stream: StreamId, version: i64, kind: &'static str) -> NewEvent {
    NewEvent { kind, ..event(stream, version) }
}

pub fn state(stream: StreamId, version: i64, state: &str) -> Snapshot {
    Snapshot { stream, version: kernel::Version::new(version), state_schema: 3, state: state.to_owned() }
}

/// The versions of a stream, as it is read from the beginning.
pub async fn versions(log: &PostgresLog, stream: StreamId) -> Vec<i64> {
    let from = log::FromVersion::After(kernel::Version::ZERO);
    let read = log::ReadStreams::read_streams(log, &[(stream, from)]).await.unwrap().remove(0);
    assert!(read.events.iter().all(|event| event.stream == stream));
    assert_eq!(
        read.standing.as_ref().map_or(0, |standing| standing.version.number()),
        read.events.len() as i64,
        "it stands where its events end"
    );
    read.events.iter().map(|event| event.version.number()).collect()
}
