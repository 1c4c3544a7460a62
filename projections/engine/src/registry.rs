//! The registry of generations: making the first, finding the live one.

use kernel::Zone;
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

use crate::{
    Projection, RegistryError,
    limits::{self, WORKER_IDLE, limited},
    projection::zone_of,
};

/// The role that owns the tables of every generation; made by the migrations of the views database.
pub const GENERATIONS_ROLE: &str = "jangbu_projector";

/// Makes the first generation of every view that has none, and publishes it as live. What is there stays as it is, so
/// this may be called at every start, by many programs at once. A view that counts by day counts the days of `zone`, for as
/// long as that generation lives.
///
/// The caller connects as [`GENERATIONS_ROLE`], as a member of it or as a superuser.
pub async fn ensure<E: Send + Sync + 'static>(
    database: &PgConnectOptions,
    projections: &[std::sync::Arc<dyn Projection<Event = E>>],
    zone: Zone,
) -> Result<(), RegistryError> {
    let mut connection =
        limits::connect(&limited(database.clone(), WORKER_IDLE)).await.map_err(RegistryError::Connect)?;
    for projection in projections {
        ensure_one(&mut connection, projection.as_ref(), zone).await?;
    }
    // Everything is committed; a failure to close changes nothing.
    let _ = connection.close().await;
    Ok(())
}

async fn ensure_one<E: Send + Sync + 'static>(
    connection: &mut PgConnection,
    projection: &dyn Projection<Event = E>,
    zone: Zone,
) -> Result<(), RegistryError> {
    let view = projection.name();
    let mut tx = connection.begin().await.map_err(RegistryError::Connect)?;
    // Without the lock two programs could both see nothing, and both make it.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('registry.generations'), hashtext($1))", view)
        .execute(&mut *tx)
        .await
        .map_err(RegistryError::Read)?;
    let known =
        sqlx::query_scalar!(r#"select exists (select from registry.generations where view = $1) as "known!""#, view)
            .fetch_one(&mut *tx)
            .await
            .map_err(RegistryError::Read)?;
    if known {
        return tx.rollback().await.map_err(RegistryError::Read);
    }
    create_first(&mut tx, projection, zone_of(projection, zone))
        .await
        .map_err(|source| RegistryError::Create { view, source })?;
    tx.commit().await.map_err(|source| RegistryError::Create { view, source })?;
    tracing::info!(view.name = view, view.generation = 1, "made the first generation of the view");
    Ok(())
}

async fn create_first<E: Send + Sync + 'static>(
    tx: &mut PgConnection,
    projection: &dyn Projection<Event = E>,
    zone: Zone,
) -> Result<(), sqlx::Error> {
    let view = projection.name();
    let schema = schema_name(view, 1);
    // Names come from the program itself, are checked by the registry, and cannot be bound as parameters.
    run(tx, format!("set local role {GENERATIONS_ROLE}")).await?;
    run(tx, format!("create schema {schema}")).await?;
    run(tx, format!("set local search_path to {schema}")).await?;
    run(tx, projection.schema().to_owned()).await?;
    let tables: Vec<String> = projection.tables().iter().map(|&table| table.to_owned()).collect();
    for table in &tables {
        run(tx, format!("create view live.{table} as select * from {schema}.{table}")).await?;
    }
    sqlx::query!("insert into registry.views (view) values ($1) on conflict do nothing", view)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into registry.generations (view, generation, version, schema_name, tables, state, zone, promoted_at)
         values ($1, 1, $2, $3, $4, 'live', $5, clock_timestamp())",
        view,
        projection.version(),
        schema,
        &tables,
        zone.name()
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Runs statements of the program's own.
pub(crate) async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

/// The schema that holds the tables of a generation.
pub(crate) fn schema_name(view: &str, generation: i32) -> String {
    format!("{view}_g{generation}")
}
