//! The log in which a commit is one row (docs/decisions/0041): its events stand inside the row, the ids of commands and the state of
//! streams stand beside it.

mod append;
mod columns;
mod commits;
pub(crate) mod encode;
mod head;
mod partitions;
mod plan;
mod ranges;
mod rows;
mod streams;
mod typed;
mod walk;

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use chrono::{DateTime, Utc};
use database::{Pool, PooledConnection};
use log::ReadError;

use crate::{append_health::AppendHealth, leader::WriterEpoch, store::PostgresLog};

/// The log in a Postgres database, a row for each commit. Cheap to clone; implements every trait of the port that the pool's role may
/// use.
#[derive(Clone, Debug)]
pub struct CommitLog {
    /// What does not depend on how commits are stored.
    shared: PostgresLog,
    /// Up to where partitions are known to be there.
    partitioned: Arc<AtomicI64>,
}

impl CommitLog {
    /// The log behind a pool.
    pub fn new(pool: Pool) -> Self {
        let shared = PostgresLog::new(pool).with_append_health(AppendHealth::of_commit_rows());
        Self { shared, partitioned: Arc::default() }
    }

    /// The same log, waiting at most this long for the answer of an append before its outcome is called unknown.
    pub fn with_append_timeout(self, append_timeout: Duration) -> Self {
        Self { shared: self.shared.with_append_timeout(append_timeout), ..self }
    }

    /// The same log, sharing how appends end with another.
    pub fn with_append_health(self, append_health: AppendHealth) -> Self {
        Self { shared: self.shared.with_append_health(append_health), ..self }
    }

    /// The same log, to be appended to only while the server leads under this epoch.
    pub fn with_epoch(self, epoch: WriterEpoch) -> Self {
        Self { shared: self.shared.with_epoch(epoch), ..self }
    }

    /// How its appends end; those of clones too.
    pub fn append_health(&self) -> &AppendHealth {
        self.shared.append_health()
    }

    /// The pool the log is read and written through.
    pub fn pool(&self) -> &Pool {
        self.shared.pool()
    }

    /// From which time on a key with a time gives it to the id of its command. It never changes, but in a log that is restored.
    pub async fn command_ids_ordered_from(&self) -> Result<DateTime<Utc>, ReadError> {
        self.shared.command_ids_ordered_from().await
    }

    async fn connection(&self) -> Result<PooledConnection, ReadError> {
        self.shared.connection().await
    }
}
