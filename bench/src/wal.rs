//! WAL segments, before anything is measured.

use anyhow::{Context, Result};
use sqlx::PgConnection;

/// More than lie between two checkpoints with the `max_wal_size` of our servers, 4 GB.
const SEGMENTS: u32 = 136;

/// Brings a new server to where one is that has run for a while: its segments of WAL exist, and are used again.
///
/// A new server makes each segment of 16 MiB when it is needed: it fills it with zeros and syncs it, and every commit waits for that,
/// about 80 ms on our machines. At 20 MiB/s that is once or twice a second, in pgbench's runs as in ours.
pub(super) async fn prepare(server: &mut PgConnection) -> Result<()> {
    // What is written here fills them as well as zeros would, so the zeros are left out meanwhile.
    sqlx::query("set wal_init_zero = off").execute(&mut *server).await.context("setting wal_init_zero")?;
    for _ in 0..SEGMENTS {
        sqlx::query("select pg_logical_emit_message(false, 'bench', repeat('x', 16 * 1024 * 1024))")
            .execute(&mut *server)
            .await
            .context("writing WAL")?;
    }
    // Segments before a checkpoint are kept for later, as many as `min_wal_size` says.
    sqlx::query("checkpoint").execute(server).await.context("a checkpoint")?;
    Ok(())
}
