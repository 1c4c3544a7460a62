//! The messages to people: whether they get out.

use sqlx::PgConnection;

use super::finding::Finding;
use crate::{db::failed, failure::Failure};

/// A message that waits so many seconds has been tried several times without success.
const HELD_UP: i64 = 120;
/// By then the code in it is no longer valid.
const TOO_LONG: i64 = 600;

/// The messages that are pending in the vault's queue, by channel.
pub async fn look(vault: &mut PgConnection) -> Result<Vec<Finding>, Failure> {
    let rows = sqlx::query!(
        r#"select channel, count(*) as "count!", extract(epoch from clock_timestamp() - min(queued_at))::int8 as "oldest!",
               (array_agg(reason order by attempts desc) filter (where reason is not null))[1] as reason
           from vault.messages group by channel"#
    )
    .fetch_all(vault)
    .await
    .map_err(failed("reading the queue of messages"))?;
    let of = |channel: &str| {
        let row = rows.iter().find(|row| row.channel == channel);
        row.map_or((0, 0, None), |row| (row.count, row.oldest, row.reason.as_deref()))
    };
    Ok([("email", "JANGBU_SMTP_URL"), ("phone", "JANGBU_SMS_URL")]
        .map(|(channel, variable)| finding(channel, variable, of(channel)))
        .into())
}

fn finding(channel: &str, variable: &str, (count, oldest, reason): (i64, i64, Option<&str>)) -> Finding {
    let what = format!("messages by {channel}");
    if count == 0 {
        return Finding::ok(what, "none waits");
    }
    let found = format!("{count} wait, the oldest for {oldest} s");
    // A message that was not tried yet is on its way; one with a reason was tried in vain.
    if oldest <= HELD_UP && reason.is_none() {
        return Finding::ok(what, found);
    }
    let found = format!("{found}: {}", reason.unwrap_or("no command server took them"));
    let to_do = format!(
        "see that what {variable} of the command servers names is there and answers; pending messages are sent then"
    );
    if oldest <= TOO_LONG { Finding::warn(what, found, to_do) } else { Finding::fail(what, found, to_do) }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_message_that_was_tried_in_vain_or_is_pending_for_minutes_is_reported() {
        let of = |count, oldest, reason| finding("email", "JANGBU_SMTP_URL", (count, oldest, reason));
        assert_eq!(of(0, 0, None).verdict, Verdict::Ok);
        assert_eq!(of(3, 120, None).verdict, Verdict::Ok);
        assert_eq!(of(3, 1, Some("away")).verdict, Verdict::Warn, "the last try failed");
        let held_up = of(3, 121, Some("the mail server cannot be reached, or broke off"));
        assert_eq!(held_up.verdict, Verdict::Warn);
        assert!(held_up.found.ends_with("121 s: the mail server cannot be reached, or broke off"), "{}", held_up.found);
        assert!(held_up.to_do.is_some_and(|to_do| to_do.contains("JANGBU_SMTP_URL")));
        assert_eq!(of(1, 601, None).verdict, Verdict::Fail);
    }
}
