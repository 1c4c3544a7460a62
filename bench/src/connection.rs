//! Connections to Postgres.

use anyhow::{Context, Result};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

/// A connection of its own.
pub(super) async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = url.parse().context("the Postgres URL cannot be read")?;
    options.disable_statement_logging().connect().await.context("cannot connect to Postgres")
}

/// Writes everything to the tables' files.
pub(super) async fn checkpoint(connection: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("checkpoint").execute(connection).await.context("checkpoint").map(drop)
}
