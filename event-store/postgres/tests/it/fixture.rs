//! A log for each test, and commits to put into it.

#![allow(clippy::unwrap_used, reason = "test support")]

use database::Pool;
use database::migrations::Database;
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::{Actor, CommandId, CorrelationId, Ids, MemberId, Position, RandomIds, Role, StreamId, Version};
use log::{Commit, Fingerprint, NewCommit, NewEvent, ReadCommits, ReadHead};
use sqlx::{AssertSqlSafe, postgres::PgConnectOptions};
use testkit::kit::{EditedLog, TestDatabase};

/// A database of its own, dropped at the end of a test that passes.
pub struct LogFixture {
    database: TestDatabase,
    pub pool: Pool,
    pub log: PostgresLog,
}

impl LogFixture {
    /// With an empty log.
    pub async fn new() -> Self {
        let fixture = Self::without_log().await;
        fixture.database.migrate(Database::Log).await.unwrap();
        fixture
    }

    /// With nothing at all.
    pub async fn without_log() -> Self {
        let database = TestDatabase::create("log").await.unwrap();
        let pool = connect(&database.url, &PoolOptions::log("test", 10)).unwrap();
        Self { log: PostgresLog::new(pool.clone()), pool, database }
    }

    /// Another pool on the same database, as another process would have; `settings` are added to the URL.
    pub fn other_pool(&self, settings: &str) -> Pool {
        connect(&format!("{}?{settings}", self.database.url), &PoolOptions::log("other", 10)).unwrap()
    }

    /// The log, as a role of the bank sees it.
    pub fn as_role(&self, role: &str) -> PostgresLog {
        PostgresLog::new(self.other_pool(&format!("options=-c%20role%3D{role}")))
    }

    pub fn options(&self) -> PgConnectOptions {
        self.database.options()
    }

    pub async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.map(|_| ())
    }

    /// Edits the log as if nobody guarded it.
    pub async fn edit(&self, edit: impl FnOnce(&mut EditedLog)) {
        EditedLog::edit(&self.database.url, edit).await.unwrap();
    }

    pub async fn position(&self) -> i64 {
        self.log.head().await.unwrap().position.number()
    }

    /// Checks what must hold of every log, and drops the database.
    pub async fn end(self) {
        let commits = read_all(&self.log, 7).await;
        assert_sound(&commits);
        assert_eq!(commits.last().map_or(0, |c| c.last().number()), self.position().await, "the head is the end");
        self.drop().await;
    }

    pub async fn drop(self) {
        self.pool.close().await;
        self.database.drop().await.unwrap();
    }
}

/// The whole log, in pages.
pub async fn read_all(log: &impl ReadCommits, page: i64) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    loop {
        let after = commits.last().map_or(Position::ZERO, Commit::last);
        let next = log.read_commits(after, page).await.unwrap();
        if next.is_empty() {
            return commits;
        }
        commits.extend(next);
    }
}

/// Positions are gapless, time does not go back, and each stream's versions are gapless from 1.
pub fn assert_sound(commits: &[Commit]) {
    let mut due = Position::new(1);
    let mut versions = std::collections::HashMap::<StreamId, i64>::new();
    for commit in commits {
        assert_eq!(commit.first, due);
        due = commit.last().next();
        for event in &commit.events {
            let version = versions.entry(event.stream).or_default();
            *version += 1;
            assert_eq!(event.version.number(), *version, "stream {}", event.stream);
        }
    }
    assert!(commits.is_sorted_by_key(|c| c.recorded_at), "the log's clock went back");
}

pub fn stream() -> StreamId {
    StreamId::new(RandomIds.fresh())
}

pub fn event(stream: StreamId, version: i64) -> NewEvent {
    NewEvent {
        stream,
        version: Version::new(version),
        event_type: "Happened",
        schema_version: 1,
        payload: format!(r#"{{"n":{version}}}"#),
        kind: "thing",
        opens_stream: false,
        owner: None,
    }
}

pub fn commit(events: Vec<NewEvent>) -> NewCommit {
    NewCommit {
        command_id: CommandId::new(RandomIds.fresh()),
        fingerprint: Fingerprint(*RandomIds.fresh().as_bytes()),
        actor: Actor { role: Role::Member, id: MemberId::new(RandomIds.fresh()) },
        correlation: CorrelationId::new(RandomIds.fresh()),
        events,
    }
}

/// A commit of that many events, each the first of a stream.
pub fn fresh(events: usize) -> NewCommit {
    commit((0..events).map(|_| event(stream(), 1)).collect())
}
