//! The chain of digests, continued over what was filled.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, Row};

use super::numbers::postgres_micros;

/// Commits that share an append, and with it a time; as in `bench_fill.time_of`.
const IN_AN_APPEND: i64 = 4;

/// The end of the log.
pub(super) struct Chain {
    pub position: i64,
    /// Not before the end of the log, and not after now.
    pub recorded_at: DateTime<Utc>,
    digest: Vec<u8>,
}

impl Chain {
    pub async fn read(connection: &mut PgConnection) -> Result<Self> {
        let row = sqlx::query(
            "select position, greatest(recorded_at, clock_timestamp()) as recorded_at, digest from log_head",
        )
        .fetch_one(connection)
        .await
        .context("reading the head of the log")?;
        Ok(Self { position: row.get("position"), recorded_at: row.get("recorded_at"), digest: row.get("digest") })
    }

    /// Adds commits of so many events each; `number` is that of the first, counted from where the times begin.
    pub fn add_from(&mut self, start: DateTime<Utc>, number: i64, digests: &[u8], events: i64) -> Result<()> {
        ensure!(digests.len().is_multiple_of(32), "digests have 32 bytes");
        for (i, digest) in (number..).zip(digests.chunks_exact(32)) {
            let at = start + TimeDelta::microseconds(i / IN_AN_APPEND);
            self.digest = Sha256::new()
                .chain_update(&self.digest)
                .chain_update(digest)
                .chain_update((self.position + 1).to_be_bytes())
                .chain_update(postgres_micros(at).to_be_bytes())
                .finalize()
                .to_vec();
            self.position += events;
            self.recorded_at = at;
        }
        Ok(())
    }

    /// Adds one append at the time that is reached.
    pub fn add(&mut self, digests: &[u8], count: usize, events: i64) -> Result<()> {
        ensure!(digests.len() == 32 * count, "not one digest for each commit");
        self.add_from(self.recorded_at, 0, digests, events)
    }

    /// Makes it the end of the log.
    pub async fn write(&self, connection: &mut PgConnection) -> Result<()> {
        let changed = sqlx::query(
            "update log_head set position = $1, recorded_at = $2, digest = $3
             where position <= $1 and recorded_at <= $2 and $2 <= clock_timestamp()",
        )
        .bind(self.position)
        .bind(self.recorded_at)
        .bind(&self.digest)
        .execute(connection)
        .await
        .context("moving the head of the log")?;
        ensure!(changed.rows_affected() == 1, "the log would go back in time");
        Ok(())
    }
}
