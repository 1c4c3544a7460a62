//! The tables: the migrations of both databases, and the first generation of every view.

use anyhow::{Context, Result};
use sqlx::Connection;

use super::databases::{connect, run};

/// Where unqualified names of any room are found in the database that holds everything.
pub const EVERYTHING_PATH: &str = "public, accounts_g1, transactions_g1, transfers_g1, overview_g1, registry";

/// Migrates a log database.
pub async fn migrate_log(url: &str) -> Result<()> {
    let mut connection = connect(url).await?;
    tmp_migrate(&mut connection, "event-store").await.context("the migrations of the log failed")?;
    connection.close().await.context("cannot close the connection")
}

/// Migrates a views database.
pub async fn migrate_views(url: &str) -> Result<()> {
    let mut connection = connect(url).await?;
    tmp_migrate(&mut connection, "views").await.context("the migrations of the views failed")?;
    connection.close().await.context("cannot close the connection")
}

/// Makes the first generation of every view, as the projector would when it starts.
#[cfg(feature = "rooms")]
pub async fn first_generations(url: &str) -> Result<()> {
    let options = url.parse().context("the Postgres URL cannot be read")?;
    projection_engine::ensure(&options, &views::all()).await.context("the first generations cannot be made")
}

/// Makes tables like those of the first generation of every view, straight from the views' DDL: enough to check queries
/// against, before the rooms that hold them compile.
#[cfg(not(feature = "rooms"))]
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

/// Both histories and all views in one database; its superuser's URL.
pub async fn everything(url: &str) -> Result<()> {
    migrate_log(url).await?;
    migrate_views(url).await?;
    first_generations(url).await
}

async fn tmp_migrate(c: &mut sqlx::PgConnection, d: &str) -> Result<()> {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(d);
    let mut files: Vec<_> = std::fs::read_dir(dir)?.flatten().map(|e| e.path()).collect();
    files.sort();
    for f in files { run(c, &std::fs::read_to_string(f)?).await?; }
    Ok(())
}
