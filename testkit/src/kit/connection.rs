//! Connections to Postgres, and statements on them.

use anyhow::{Context, Result};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

/// A connection of its own.
pub async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = url.parse().context("the Postgres URL cannot be read")?;
    options.disable_statement_logging().connect().await.context("cannot connect to Postgres")
}

/// Runs statements made here, of names made here.
pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .with_context(|| format!("Postgres refused: {sql}"))
        .map(drop)
}
