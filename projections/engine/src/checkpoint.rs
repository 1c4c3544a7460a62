//! The checkpoint: a generation's row in the registry, moved in the transaction that changes its tables.

use chrono::{DateTime, Utc};
use kernel::{LogId, Position};
use sqlx::PgConnection;

use crate::Fault;

/// The live generation of a view and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) generation: i32,
    pub(crate) version: i32,
    pub(crate) schema: String,
    pub(crate) log: Option<LogId>,
    pub(crate) position: Position,
    pub(crate) stuck: bool,
}

/// Reads the live generation of a view.
pub(crate) async fn load(connection: &mut PgConnection, view: &str) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select generation, version, schema_name, log_id, position, stuck_since is not null as "stuck!"
           from registry.generations where view = $1 and state = 'live'"#,
        view
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Checkpoint {
        generation: row.generation,
        version: row.version,
        schema: row.schema_name,
        log: row.log_id.map(LogId::new),
        position: Position::new(row.position),
        stuck: row.stuck,
    }))
}

/// Binds a generation to the log its position counts in, unless it is bound already.
pub(crate) async fn bind(
    connection: &mut PgConnection,
    view: &str,
    generation: i32,
    log: LogId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update registry.generations set log_id = $3, updated_at = clock_timestamp()
         where view = $1 and generation = $2 and log_id is null",
        view,
        generation,
        log.uuid()
    )
    .execute(connection)
    .await
    .map(drop)
}

/// A step of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) from: Position,
    pub(crate) to: Position,
    pub(crate) recorded_at: DateTime<Utc>,
}

/// Takes a step, and tells those who wait; `false` if the generation is not where the step begins: someone else took it.
///
/// It is the first statement of the transaction: its row lock makes a second worker wait here and then find that there
/// is nothing left to do, before it has written anything.
pub(crate) async fn advance(
    transaction: &mut PgConnection,
    view: &str,
    generation: i32,
    step: Step,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query!(
        "with moved as (
            update registry.generations
            set position = $4, recorded_at = $5, updated_at = clock_timestamp(),
                stuck_since = null, error = null, error_position = null, error_type = null
            where view = $1 and generation = $2 and position = $3
            returning view, generation, position
        )
        select pg_notify('view_advanced', format('%s:%s:%s', view, generation, position)) from moved",
        view,
        generation,
        step.from.number(),
        step.to.number(),
        step.recorded_at
    )
    .fetch_optional(transaction)
    .await?;
    Ok(moved.is_some())
}

/// Records, in a transaction of its own, that an event cannot be applied; the tables stay as they are before it.
pub(crate) async fn record_stuck(
    connection: &mut PgConnection,
    view: &str,
    checkpoint: &Checkpoint,
    fault: &Fault,
) -> Result<(), sqlx::Error> {
    // Someone else may have got past it meanwhile, with a newer program: then there is nothing to record.
    sqlx::query!(
        "update registry.generations
         set stuck_since = coalesce(stuck_since, clock_timestamp()), error = $4, error_position = $5,
             error_type = nullif($6, ''), updated_at = clock_timestamp()
         where view = $1 and generation = $2 and position = $3",
        view,
        checkpoint.generation,
        checkpoint.position.number(),
        fault.reason,
        fault.position.number(),
        fault.event_type
    )
    .execute(connection)
    .await
    .map(drop)
}
