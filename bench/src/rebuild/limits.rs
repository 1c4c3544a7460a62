//! What Postgres alone can do: COPY of a log out of it, and COPY of a finished table into it.

use std::time::Instant;

use anyhow::{Context, Result};
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::connection::connect;
use testkit::kit::Pair;

/// Both cores.
const AT_ONCE: i64 = 2;

/// Events a second out of the log, and rows a second into a table.
pub(super) async fn limits(pair: &Pair, events: i64) -> Result<(f64, f64)> {
    let log = pair.log.superuser_url();
    let began = Instant::now();
    let share = |n: i64| (events * n / AT_ONCE, events * (n + 1) / AT_ONCE);
    let out = (0..AT_ONCE).map(|n| {
        let (log, (after, to)) = (log.clone(), share(n));
        async move {
            let mut connection = connect(&log).await?;
            let statement = format!(
                "copy (select * from log_commits where first_position > {after} and first_position <= {to} order by first_position)
                 to stdout (format binary)"
            );
            copy_out(&mut connection, &statement, |_| {}).await?;
            anyhow::Ok(())
        }
    });
    futures::future::try_join_all(out).await?;
    let copied_out = events as f64 / began.elapsed().as_secs_f64();
    Ok((copied_out, copied_in(&pair.views.superuser_url()).await?))
}

async fn copied_in(views: &str) -> Result<f64> {
    let mut connection = connect(views).await?;
    run_sql(&mut connection, "create table limit_entries (like live.entries)").await?;
    let mut bytes = Vec::new();
    let statement = "copy (select * from live.entries limit 300000) to stdout (format binary)";
    copy_out(&mut connection, statement, |row| bytes.extend_from_slice(row)).await?;
    let began = Instant::now();
    let bytes = &bytes;
    let copying = (0..AT_ONCE).map(|_| async move {
        let mut connection = connect(views).await?;
        let mut copy = connection.copy_in_raw("copy limit_entries from stdin (format binary)").await?;
        for part in bytes.chunks(1 << 20) {
            copy.send(part).await?;
        }
        anyhow::Ok(copy.finish().await?)
    });
    let rows: u64 = futures::future::try_join_all(copying).await?.into_iter().sum();
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    run_sql(&mut connection, "drop table limit_entries").await?;
    Ok(rate)
}

async fn copy_out(connection: &mut PgConnection, statement: &str, mut take: impl FnMut(&[u8])) -> Result<()> {
    let mut rows = connection.copy_out_raw(statement).await.context("COPY out")?;
    while let Some(row) = rows.try_next().await.context("COPY out")? {
        take(&row);
    }
    Ok(())
}

/// Runs statements made here.
async fn run_sql(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.context("Postgres refused").map(drop)
}
