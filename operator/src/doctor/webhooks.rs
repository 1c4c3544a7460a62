//! Webhooks: whether a sender runs, keeps up with the log, and gets rid of what it is to send.

use sqlx::PgConnection;

use super::{DoctorArgs, finding::Finding, history, motion::lock_number};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables,
};

const WHAT: &str = "webhooks";
const RUNBOOK: &str = "docs/runbooks/webhooks-failing.md";
/// The name of the lock that the active sender holds.
const LOCK: &str = "jangbu/webhooks";
/// A sender writes down how far it has followed the log only so often, if nothing is to be sent.
const CURSOR_MS: i64 = 5_000;
/// Seconds: what waits for longer and was never tried is held up, by the sender or by what is before it in its line.
const HELD_UP: i64 = 60;

/// What the tables of the sender say.
#[derive(Clone, Debug)]
struct Sender {
    log_id: uuid::Uuid,
    position: i64,
    /// Whether a sender is active.
    locked: bool,
    pending: i64,
    /// For how many seconds the oldest waits that was never tried.
    oldest: Option<i64>,
    /// Webhooks that nothing is sent to, by their owners' wish or because they fail.
    disabled: i64,
    /// Those of them that their owners want.
    stopped: i64,
    /// The last few of these.
    named: Vec<String>,
}

/// How far the sender is behind the log.
#[derive(Clone, Copy, Debug, Default)]
struct Lag {
    events: i64,
    ms: i64,
    /// Whether the log that it follows is not this one.
    other_history: bool,
}

/// Looks at them. That a database does not answer is reported by other checks.
pub async fn look(args: &DoctorArgs, config: &Config) -> Vec<Finding> {
    let (Ok(mut log), Ok(mut views)) = tokio::join!(Database::Log.connect(config), Database::Views.connect(config))
    else {
        return Vec::new();
    };
    vec![look_at(args, &mut log, &mut views).await.unwrap_or_else(|failure| Finding::failed(WHAT, &failure))]
}

async fn look_at(args: &DoctorArgs, log: &mut PgConnection, views: &mut PgConnection) -> Result<Finding, Failure> {
    let Some(sender) = read(views).await? else {
        let to_do = "start webhook-sender, if webhooks are in use";
        return Ok(Finding::unknown(WHAT, "no sender has ever run here", to_do));
    };
    let places = log_tables::places(log, &[sender.position], &[Some(sender.log_id)]).await?;
    let lag = places.first().map_or_else(Lag::default, |place| {
        let events = place.head - sender.position;
        Lag { events, ms: place.lag_ms, other_history: events < 0 || !place.ours }
    });
    Ok(finding(&sender, lag, args.max_lag_ms))
}

async fn read(views: &mut PgConnection) -> Result<Option<Sender>, Failure> {
    sqlx::query_as!(
        Sender,
        r#"select cursor.log_id, cursor.position,
                  exists (
                      select from pg_locks
                      where locktype = 'advisory' and granted and objsubid = 1
                        and database = (select oid from pg_database where datname = current_database())
                        and (classid::int8 << 32) | objid::int8 = $1
                  ) as "locked!",
                  backlog.pending as "pending!", backlog.oldest as "oldest?", known.disabled as "disabled!", known.stopped as "stopped!",
                  array(
                      select webhook_id::text from webhooks.endpoints where wanted = 'enabled' and stopped_at is not null
                      order by stopped_at desc limit 3
                  ) as "named!"
           from webhooks.cursor as cursor
           cross join (
                select count(*) as pending,
                       extract(epoch from clock_timestamp() - min(created_at) filter (where tries = 0))::int8 as oldest
                from webhooks.deliveries where status = 'pending'
           ) as backlog
           cross join (
                select count(*) filter (where wanted = 'disabled' or stopped_at is not null) as disabled,
                       count(*) filter (where wanted = 'enabled' and stopped_at is not null) as stopped
                from webhooks.endpoints where wanted <> 'deleted'
           ) as known"#,
        lock_number(LOCK)
    )
    .fetch_optional(views)
    .await
    .map_err(failed("reading what the webhook sender keeps"))
}

fn finding(sender: &Sender, lag: Lag, max_lag_ms: i64) -> Finding {
    let Sender { position, pending, disabled, stopped, .. } = *sender;
    let oldest = sender.oldest.unwrap_or_default();
    let waits = match sender.oldest {
        Some(seconds) => format!("{pending} pending, the oldest untried for {seconds} s"),
        None => format!("{pending} pending"),
    };
    let found = format!("{waits}, {disabled} disabled");
    if lag.other_history {
        let found = format!("{found}; the sender has followed another history, up to position {position}");
        return Finding::fail(WHAT, found, history::ADOPT);
    }
    if !sender.locked {
        let to_do =
            format!("start webhook-sender (`./justw status`, `./justw logs`): nothing is lost meanwhile ({RUNBOOK})");
        return Finding::fail(WHAT, format!("{found}; stopped, no sender holds the lock"), to_do);
    }
    if lag.ms > max_lag_ms.saturating_add(CURSOR_MS) {
        let found = format!("{found}; {} events behind for {} ms", lag.events, lag.ms);
        let to_do = "look again in a minute; if it does not catch up, the log of webhook-sender says why";
        return Finding::warn(WHAT, found, to_do);
    }
    if oldest > HELD_UP {
        let to_do = format!(
            "a receiver does not take what was sent before it, or the sender cannot send: `failing_since` in \
             `GET /v1/webhooks`, then the log of webhook-sender ({RUNBOOK})"
        );
        return Finding::warn(WHAT, found, to_do);
    }
    if stopped > 0 {
        let more = if stopped > sender.named.len() as i64 { ", and more" } else { "" };
        let found = format!("{found}, {stopped} of them because they failed: {}{more}", sender.named.join(", "));
        let to_do = format!("tell their owners; when the receivers are well, they are enabled again ({RUNBOOK})");
        return Finding::warn(WHAT, found, to_do);
    }
    Finding::ok(WHAT, found)
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_sender_that_is_behind_and_one_of_another_history_are_reported() {
        let log_id = uuid::Uuid::nil();
        let named = Vec::new();
        let sender =
            Sender { log_id, position: 7, locked: true, pending: 3, oldest: Some(60), disabled: 1, stopped: 0, named };
        let of = |sender: &Sender, lag: Lag| finding(sender, lag, 5_000);
        let well = of(&sender, Lag { ms: 10_000, events: 4, other_history: false });
        assert_eq!(well.verdict, Verdict::Ok, "it notes where it is every five seconds");
        assert_eq!(well.found, "3 pending, the oldest untried for 60 s, 1 disabled");
        let late = of(&sender, Lag { ms: 10_001, events: 4, other_history: false });
        assert_eq!(late.verdict, Verdict::Warn);
        assert!(late.found.ends_with("4 events behind for 10001 ms"), "{}", late.found);
        let other = of(&sender, Lag { other_history: true, ..Lag::default() });
        assert_eq!(other.verdict, Verdict::Fail);
        assert!(other.to_do.is_some_and(|to_do| to_do.contains("jangbu log adopt")));
        let tried = of(&Sender { oldest: None, ..sender }, Lag::default());
        assert_eq!((tried.verdict, tried.found.as_str()), (Verdict::Ok, "3 pending, 1 disabled"));
    }
}
