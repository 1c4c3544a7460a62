//! The processes: whether one of them waits for an operator.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{db::failed, failure::Failure};

/// How many instances are stuck.
pub async fn look(log: &mut PgConnection) -> Result<Finding, Failure> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", min(changed_at) as since from process_instances where state = 'stuck'"#
    )
    .fetch_one(log)
    .await
    .map_err(failed("reading the instances of the processes"))?;
    Ok(match (row.count, row.since) {
        (count, Some(since)) => {
            let found = format!("{count} stuck, the first since {}", since.to_rfc3339());
            let to_do = "see `jangbu processes list`; fix the cause, then `jangbu processes retry` \
                         (docs/runbooks/stuck-process.md)";
            Finding::warn("processes", found, to_do)
        }
        (_, None) => Finding::ok("processes", "none is stuck"),
    })
}
