//! Waiting for the views.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::{PgConnection, Row};

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
