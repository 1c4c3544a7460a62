//! Partitions: made before they are needed, and, if that failed, when they are.

use std::{error::Error, sync::atomic::Ordering};

use database::Connection;
use kernel::Position;
use log::AppendError;

use crate::store::PostgresLog;

/// How many partitions there are to be after the one that is written to.
const AHEAD: i32 = 2;
/// How many positions must be free in partitions; a partition has twenty million.
const FREE: i64 = 20_000_000;

impl PostgresLog {
    /// Makes the next partitions, if the log comes near to the end of those that are there. Nobody waits for it.
    pub(crate) fn keep_partitions_ahead(&self, end: Position) {
        let known = self.partitioned.load(Ordering::Relaxed);
        if end.number().saturating_add(FREE) <= known {
            return;
        }
        // Whoever is first here makes them.
        if self.partitioned.compare_exchange(known, i64::MAX, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        let log = self.clone();
        drop(tasks::brief(async move {
            let made = match log.pool.acquire().await {
                Ok(mut connection) => add(&mut connection).await,
                Err(error) => Err(error),
            };
            if let Err(error) = &made {
                tracing::warn!(error = error as &dyn Error, "the next partitions of the log cannot be made");
            }
            log.partitioned.store(made.unwrap_or_default(), Ordering::Relaxed);
        }));
    }

    /// Makes the partition that an append has missed. Nothing of the append is written so far.
    pub(crate) async fn add_partitions(&self, connection: &mut Connection) -> Result<(), AppendError> {
        tracing::error!("the log had no partition for an append; it is made now");
        let end = add(connection).await.map_err(|error| AppendError::Unavailable(Box::new(error)))?;
        self.partitioned.store(end, Ordering::Relaxed);
        Ok(())
    }
}

/// Gives the position at which the last one ends.
async fn add(connection: &mut Connection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select add_commit_partitions($1) as "end!""#, AHEAD).fetch_one(connection).await
}
