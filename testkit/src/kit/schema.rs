//! The tables: the migrations of every database, and the first generation of every view.

use anyhow::{Context, Result};
use database::migrations;
use sqlx::{Connection, postgres::PgPoolOptions};

use super::connection::connect;
#[cfg(not(feature = "generations"))]
use super::connection::run;

/// Brings a database to the end of its history.
pub async fn migrate(database: migrations::Database, url: &str) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.context("cannot connect to Postgres")?;
    database.up(&pool).await.with_context(|| format!("the migrations of the {database} database failed"))?;
    pool.close().await;
    Ok(())
}

/// The last migration of a log that has a row for each event.
pub const LAST_BEFORE_COMMIT_ROWS: i64 = 20261129140000;

/// Brings an empty database as far as a build of that time would have.
pub async fn migrate_until(database: migrations::Database, url: &str, last: i64) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.context("cannot connect to Postgres")?;
    let done = database.history().until(last).up(&pool).await;
    done.with_context(|| format!("the migrations of the {database} database failed"))?;
    pool.close().await;
    Ok(())
}

/// Makes the first generation of every view, as the projector would when it starts.
#[cfg(feature = "generations")]
pub async fn first_generations(url: &str) -> Result<()> {
    let options = url.parse().context("the Postgres URL cannot be read")?;
    let made = projection_engine::ensure(&options, &views::all(), kernel::Zone::SEOUL).await;
    made.context("the first generations cannot be made")
}

/// Makes tables like those of the first generation of every view, straight from the views' DDL: enough to check queries
/// against, before the rooms that hold them compile.
#[cfg(not(feature = "generations"))]
pub async fn first_generations(url: &str) -> Result<()> {
    let views = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../projections/views/src");
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
    connection.close().await.context("cannot close the connection")
}

/// All histories and all views in one database.
pub async fn everything(url: &str) -> Result<()> {
    migrate(migrations::Database::Log, url).await?;
    migrate(migrations::Database::Views, url).await?;
    migrate(migrations::Database::Vault, url).await?;
    first_generations(url).await
}

/// Where unqualified names of any crate are found in the database that holds everything: the schemas of the first
/// generations are those of the catalog.
pub async fn path_to_everything(url: &str) -> Result<String> {
    let mut connection = connect(url).await?;
    let generations: Vec<String> =
        sqlx::query_scalar(r"select nspname::text from pg_namespace where nspname like '%\_g1' order by nspname")
            .fetch_all(&mut connection)
            .await
            .context("cannot ask which views there are")?;
    connection.close().await.context("cannot close the connection")?;
    anyhow::ensure!(!generations.is_empty(), "no view has a first generation");
    Ok(format!("public, {}, registry", generations.join(", ")))
}
