//! Waiting for the views.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::{PgConnection, Row};

use super::progress::say;

/// How often a long way is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How far the log and the slowest view are.
pub(super) async fn positions(log: &mut PgConnection, views: &mut PgConnection) -> Result<(i64, i64)> {
    let head: i64 =
        sqlx::query_scalar("select position from log_head").fetch_one(log).await.context("asking the log")?;
    let row =
        sqlx::query("select count(*) as known, coalesce(min(position), 0) as slowest from registry.live_positions")
            .fetch_one(views)
            .await
            .context("asking the registry of views")?;
    ensure!(row.get::<i64, _>("known") > 0, "no view is live");
    Ok((head, row.get("slowest")))
}

/// Waits until every live view is level with the head of the log; how long that took.
pub(super) async fn wait(log: &mut PgConnection, views: &mut PgConnection) -> Result<Duration> {
    let since = Instant::now();
    loop {
        let (head, slowest) = positions(log, views).await?;
        if slowest >= head {
            return Ok(since.elapsed());
        }
        ensure!(
            since.elapsed() < Duration::from_secs(120),
            "the views are {} events behind after 120 s",
            head - slowest
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until each view has all of a log that was filled, which may take long.
pub(super) async fn catch_up(views: &mut PgConnection, events: i64) -> Result<()> {
    let began = Instant::now();
    loop {
        let slowest: i64 = sqlx::query_scalar("select coalesce(min(position), 0) from registry.live_positions")
            .fetch_one(&mut *views)
            .await
            .context("asking the registry of views")?;
        if slowest >= events {
            return Ok(());
        }
        let seconds = began.elapsed().as_secs();
        if seconds > 0 && seconds.is_multiple_of(30) {
            say(&format!("views: the slowest is at {slowest} of {events} after {seconds} s"));
        }
        ensure!(seconds < 3600, "the views are not level after an hour");
        tokio::time::sleep(LOOK).await;
    }
}
