//! The log that is rebuilt from.

use anyhow::{Context, Result};

use super::limits::run_sql;
use crate::connection::connect;
use testkit::kit::Pair;

/// The accounts that the transfers go between.
const ACCOUNTS: i64 = 10_000;
const FILL: &str = include_str!("fill.sql");

/// Accounts and transfers between them, written as the log would have them; the last position.
pub(super) async fn fill(pair: &Pair, events: i64) -> Result<i64> {
    let mut log = connect(&pair.log.superuser_url()).await?;
    let transfers = (events - 2 * ACCOUNTS).max(3) / 3;
    let sql = FILL.replace("$ACCOUNTS", &ACCOUNTS.to_string()).replace("$TRANSFERS", &transfers.to_string());
    run_sql(&mut log, &sql).await.context("filling the log")?;
    sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.context("reading the head")
}
