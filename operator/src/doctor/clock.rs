//! Clocks: this machine's, a database's, and the log's.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, SystemClock};
use sqlx::PgConnection;

use super::finding::Finding;
use crate::{
    db::{Database, failed},
    failure::Failure,
};

/// From when on tokens made here are refused there.
const TOKEN_SKEW_MS: i64 = 5000;

/// Compares this machine's clock with a database's.
pub async fn skew(connection: &mut PgConnection, database: Database, max_ms: i64) -> Result<Finding, Failure> {
    let before = SystemClock.now();
    let theirs = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#)
        .fetch_one(connection)
        .await
        .map_err(failed("asking for the time"))?;
    let after = SystemClock.now();
    Ok(judged(format!("clock of the {}", database.name()), before, theirs, after, max_ms))
}

fn judged(what: String, before: DateTime<Utc>, theirs: DateTime<Utc>, after: DateTime<Utc>, max_ms: i64) -> Finding {
    // Their time was taken somewhere between; the answer's way is not held against them.
    let apart = if theirs < before {
        theirs - before
    } else if theirs > after {
        theirs - after
    } else {
        TimeDelta::zero()
    };
    let ms = apart.num_milliseconds();
    let found = match ms {
        0 => "the same as here".to_owned(),
        1.. => format!("{ms} ms ahead of this machine"),
        _ => format!("{} ms behind this machine", -ms),
    };
    let to_do =
        "let NTP set the clock of this machine and of the database's; lags and token times are wrong until then";
    match ms.abs() {
        ms if ms > max_ms.max(TOKEN_SKEW_MS) => Finding::fail(what, found, to_do),
        ms if ms > max_ms => Finding::warn(what, found, to_do),
        _ => Finding::ok(what, found),
    }
}

/// The log's clock never goes back; if its database's did, all commits carry one time until it has caught up.
pub async fn log_clock(connection: &mut PgConnection, max_ms: i64) -> Result<Finding, Failure> {
    let ahead = sqlx::query_scalar!(
        r#"select (extract(epoch from recorded_at - clock_timestamp()) * 1000)::int8 as "ms!" from log_head"#
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("asking for the log's time"))?;
    let what = "clock of the log (recorded_at)";
    Ok(match ahead {
        None => Finding::fail(what, "there is no log: log_head is empty", "jangbu migrate up"),
        Some(ms) if ms > max_ms => Finding::warn(
            what,
            format!("{ms} ms ahead of its database: the database's clock was set back"),
            "set the database's clock right; until it has caught up all commits carry the same time",
        ),
        Some(_) => Finding::ok(what, "not ahead of its database"),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn the_way_of_the_answer_is_no_skew() {
        let at = |ms| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::milliseconds(ms);
        let verdict = |theirs| judged("clock".into(), at(1000), at(theirs), at(3000), 500).verdict;
        assert_eq!(verdict(1000), Verdict::Ok);
        assert_eq!(verdict(3500), Verdict::Ok);
        assert_eq!(verdict(3501), Verdict::Warn);
        assert_eq!(verdict(499), Verdict::Warn);
        assert_eq!(verdict(9000), Verdict::Fail);
    }
}
