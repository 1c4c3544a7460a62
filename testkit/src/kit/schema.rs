//! The tables: the migrations of every database, and the first generation of every view.

use anyhow::{Context, Result};
use database::migrations;
use sqlx::postgres::PgPoolOptions;

/// Where unqualified names of any room are found in the database that holds everything.
pub const EVERYTHING_PATH: &str =
    "public, accounts_g1, transactions_g1, transfers_g1, overview_g1, members_g1, top_movers_g1, registry";

/// Brings a database to the end of its history.
pub async fn migrate(database: migrations::Database, url: &str) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.context("cannot connect to Postgres")?;
    database.up(&pool).await.with_context(|| format!("the migrations of the {database} database failed"))?;
    pool.close().await;
    Ok(())
}

/// Makes the first generation of every view, as the projector would when it starts.
#[cfg(feature = "generations")]
pub async fn first_generations(url: &str) -> Result<()> {
    let options = url.parse().context("the Postgres URL cannot be read")?;
    projection_engine::ensure(&options, &views::all()).await.context("the first generations cannot be made")
}

/// Makes tables like those of the first generation of every view, straight from the views' DDL: enough to check queries
/// against, before the rooms that hold them compile.
#[cfg(not(feature = "generations"))]
pub async fn first_generations(url: &str) -> Result<()> {
    let views = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../projections/views/src");
    use super::databases::{connect, run};
    let mut connection = connect(url).await?;
    for entry in std::fs::read_dir(&views).context("the folder of the views cannot be read")?.flatten() {
        let Ok(ddl) = std::fs::read_to_string(entry.path().join("schema.sql")) else { continue };
        let schema = format!("{}_g1", entry.file_name().to_string_lossy());
        run(&mut connection, &format!("create schema {schema}; set search_path to {schema}; {ddl}")).await?;
        let publish = format!(
            "do $$ declare t text; begin for t in select tablename from pg_tables where schemaname = '{schema}' loop
               execute format('create view live.%I as select * from {schema}.%I', t, t); end loop; end $$"
        );
        run(&mut connection, &publish).await?;
    }
    sqlx::Connection::close(connection).await.context("cannot close the connection")
}

/// All histories and all views in one database.
pub async fn everything(url: &str) -> Result<()> {
    migrate(migrations::Database::Log, url).await?;
    migrate(migrations::Database::Views, url).await?;
    migrate(migrations::Database::Vault, url).await?;
    first_generations(url).await
}
