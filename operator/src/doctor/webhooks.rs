//! The webhooks: whether the sender has stopped at one of them.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{db::failed, failure::Failure};

/// So many are named.
const NAMED: usize = 3;

/// The webhooks that nothing more is sent to, though their owners want it.
pub async fn look(views: &mut PgConnection) -> Result<Finding, Failure> {
    let rows = sqlx::query!(
        r#"select webhook_id, stopped_because as "because!", stopped_at as "at!"
           from webhooks.endpoints where wanted = 'enabled' and stopped_at is not null order by stopped_at desc"#
    )
    .fetch_all(views)
    .await
    .map_err(failed("reading the webhooks"))?;
    if rows.is_empty() {
        return Ok(Finding::ok("webhooks", "the sender has stopped at none"));
    }
    let named = rows
        .iter()
        .take(NAMED)
        .map(|row| format!("{} ({} since {})", row.webhook_id, row.because, row.at.to_rfc3339()));
    let named: Vec<String> = named.collect();
    let more = if rows.len() > NAMED { ", and more" } else { "" };
    let found = format!("nothing more is sent to {}: {}{more}", rows.len(), named.join(", "));
    let to_do = "tell the owner; once the receiver is well, enable it and send what was missed \
                 (docs/runbooks/webhooks-failing.md)";
    Ok(Finding::warn("webhooks", found, to_do))
}
