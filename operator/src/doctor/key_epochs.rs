//! The schedule of the vault's key-encryption keys: whether a new one is due, and whether a retired one should be gone.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{config::Config, db::failed, failure::Failure};

const WHAT: &str = "key-encryption keys";
/// Whoever keeps the schedule is a day late before it is a finding.
const GRACE_DAYS: i64 = 1;

/// Looks at the epochs, by the vault's clock.
pub async fn look(connection: &mut PgConnection, config: &Config) -> Result<Finding, Failure> {
    let due_after = i32::try_from(i64::from(config.kek_keep_days) + GRACE_DAYS).unwrap_or(i32::MAX);
    let row = sqlx::query!(
        r#"select max(epoch) filter (where retired_at is null) as epoch,
                  floor(extract(epoch from clock_timestamp() - max(made_at) filter (where retired_at is null)) / 86400)::bigint
                      as age_days,
                  count(*) filter (where destroyed_at is null and retired_at < clock_timestamp() - make_interval(days => $1))
                      as "overdue!"
           from vault.key_epochs"#,
        due_after
    )
    .fetch_one(connection)
    .await
    .map_err(failed("reading the epochs of the key-encryption keys"))?;
    let (Some(epoch), Some(age)) = (row.epoch, row.age_days) else {
        let to_do = "start a command server of this build: it counts the epochs";
        return Ok(Finding::unknown(WHAT, "no server has opened the vault yet", to_do));
    };
    let found = format!("epoch {epoch} has lasted {age} days");
    let every = i64::from(config.kek_rotate_days);
    if every > 0 && age > every + GRACE_DAYS {
        let found = format!("{found}, and a new one was due after {every}");
        return Ok(Finding::warn(WHAT, found, "`jangbu vault rotate`: docs/runbooks/rotate-keys.md"));
    }
    if row.overdue > 0 {
        let found = format!("{found}; {} that are retired should have been destroyed", row.overdue);
        let to_do = "`jangbu vault rotate --resume --destroy-due`: until then copies of erased keys can be opened";
        return Ok(Finding::warn(WHAT, found, to_do));
    }
    Ok(Finding::ok(WHAT, found))
}
