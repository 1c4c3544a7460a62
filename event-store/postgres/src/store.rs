//! The log, as one process holds it.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use database::{Pool, PooledConnection};
use log::ReadError;

use crate::{append_health::AppendHealth, archive::Archive, classify::read_error, leader::WriterEpoch};

/// The log in a Postgres database. Cheap to clone; implements every trait of the port that the pool's role may use.
#[derive(Clone, Debug)]
pub struct PostgresLog {
    pub(crate) pool: Pool,
    pub(crate) append_timeout: Duration,
    pub(crate) append_health: AppendHealth,
    pub(crate) epoch: Option<WriterEpoch>,
    /// Where commits are that have left the database; none if this program is not told.
    pub(crate) archive: Option<Archive>,
    /// Up to where partitions are known to be there.
    pub(crate) partitioned: Arc<AtomicI64>,
}

impl PostgresLog {
    /// Longer than the role's `statement_timeout`, so that Postgres gives up first and the outcome is known.
    const APPEND_TIMEOUT: Duration = Duration::from_secs(6);

    /// The log behind a pool.
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            append_timeout: Self::APPEND_TIMEOUT,
            append_health: AppendHealth::default(),
            epoch: None,
            archive: None,
            partitioned: Arc::default(),
        }
    }

    /// The same log through another pool. It shares how appends end, and what is kept of the archive.
    pub fn on(&self, pool: Pool) -> Self {
        Self { pool, ..self.clone() }
    }

    /// The same log, waiting at most this long for the answer of an append before its outcome is called unknown.
    pub fn with_append_timeout(self, append_timeout: Duration) -> Self {
        Self { append_timeout, ..self }
    }

    /// The same log, to be appended to only while the server leads under this epoch.
    pub fn with_epoch(self, epoch: WriterEpoch) -> Self {
        Self { epoch: Some(epoch), ..self }
    }

    /// How its appends end; those of clones too.
    pub fn append_health(&self) -> &AppendHealth {
        &self.append_health
    }

    /// The pool the log is read and written through.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) async fn connection(&self) -> Result<PooledConnection, ReadError> {
        self.pool.acquire().await.map_err(read_error)
    }
}
