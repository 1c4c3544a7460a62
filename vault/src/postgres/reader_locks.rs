//! The locks that show how far servers have read revocations, so that whoever revokes can wait for them.
//!
//! Each reader holds a shared advisory lock whose number is the time before it read the list that is in force with it. Whoever has
//! revoked waits until no such lock is older than the revocation. A reader writes nothing, and one that is gone leaves nothing
//! behind.

use std::time::Duration;

use database::Pool;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout_at},
};

use super::classify::failed;
use crate::VaultError;

/// The number of such a lock is this and milliseconds since 1970.
pub(super) const LOCKS: i64 = 0xf_7276 << 42;
/// The locks are looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until every reader has read the list since now, at most so long; whether all have. `read_by_all` is a number that all
/// have passed. One looks for all who wait: however many there are, they take one connection.
pub(super) async fn wait_for_readers(
    pool: &Pool,
    read_by_all: &Mutex<i64>,
    limit: Duration,
) -> Result<bool, VaultError> {
    let until = Instant::now() + limit;
    let asked = now(pool).await?;
    let Ok(mut read_by_all) = timeout_at(until, read_by_all.lock()).await else { return Ok(false) };
    if *read_by_all >= asked {
        return Ok(true);
    }
    // Later than that of everybody who waits for the lock.
    let now = now(pool).await?;
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
            *read_by_all = now;
            return Ok(true);
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// The number of a lock that is taken now.
async fn now(pool: &Pool) -> Result<i64, VaultError> {
    sqlx::query_scalar!(
        r#"select $1::bigint + floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "now!""#,
        LOCKS
    )
    .fetch_one(pool)
    .await
    .map_err(failed)
}
