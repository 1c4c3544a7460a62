//! The command server that leads: whether there is one.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{db::failed, failure::Failure};

/// The number by which Postgres knows the lock `jangbu/leader` (FNV-1a).
fn lock_number() -> i64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    "jangbu/leader".bytes().fold(0xcbf2_9ce4_8422_2325, step).cast_signed()
}

/// Who leads, and whether somebody holds the lead now.
pub async fn look(log: &mut PgConnection) -> Result<Finding, Failure> {
    let row = sqlx::query!(
        r#"select server, leader.epoch, since, address,
              exists (
                  select from pg_locks
                  where locktype = 'advisory' and granted and database = (
                      select oid from pg_database where datname = current_database()
                  ) and ((classid::int8 << 32) | objid::int8) = $1
              ) as "is_held!"
           from log_leader as leader"#,
        lock_number()
    )
    .fetch_optional(log)
    .await
    .map_err(failed("reading who leads"))?;
    let (what, start) = ("leader", "start a command server (`./justw status`, docs/runbooks/no-leader.md)");
    let Some(row) = row else { return Ok(Finding::fail(what, "no command server has ever led this log", start)) };
    let found = format!("server {} since {}, epoch {}", row.server, row.since.to_rfc3339(), row.epoch);
    Ok(match (row.is_held, row.address) {
        (false, _) => Finding::fail(what, format!("nobody leads; last was {found}"), start),
        (true, Some(_)) => Finding::ok(what, found),
        (true, None) => {
            let to_do = "with several command servers, give all of them the same JANGBU_INTERNAL_KEY_FILE \
                         (docs/operations.md)";
            Finding::unknown(what, format!("{found}; it takes no commands of other servers"), to_do)
        }
    })
}
