//! The locks that show how far servers have read revocations, so that whoever revokes can wait for them.
//!
//! Each reader holds a shared advisory lock whose number is the time before it read the list that is in force with it. Whoever has
//! revoked waits until no such lock is older than the revocation. A reader writes nothing, and one that is gone leaves nothing
//! behind.

use std::time::Duration;

use database::Pool;
use tokio::time::{Instant, sleep};

use super::classify::failed;
use crate::VaultError;

/// The number of such a lock is this and milliseconds since 1970.
pub(super) const LOCKS: i64 = 0xf_7276 << 42;
/// The locks are looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until every reader has read the list since now, at most so long; whether all have.
pub(super) async fn wait_for_readers(pool: &Pool, limit: Duration) -> Result<bool, VaultError> {
    let now = sqlx::query_scalar!(
        r#"select $1::bigint + floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "now!""#,
        LOCKS
    )
    .fetch_one(pool)
    .await
    .map_err(failed)?;
    let until = Instant::now() + limit;
    loop {
        let are_behind = sqlx::query_scalar!(
            r#"select exists (
                   select from pg_locks
                   where locktype = 'advisory' and objsubid = 1 and mode = 'ShareLock'
                     and database = (select oid from pg_database where datname = current_database())
                     and ((classid::bigint << 32) | objid::bigint) between $1 and $2) as "are_behind!""#,
            LOCKS,
            now
        )
        .fetch_one(pool)
        .await
        .map_err(failed)?;
        if !are_behind {
            return Ok(true);
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        sleep(LOOK_EVERY).await;
    }
}
