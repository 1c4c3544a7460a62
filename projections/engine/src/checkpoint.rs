//! The checkpoint: a generation's row in the registry, moved in the transaction that changes its tables.

use chrono::{DateTime, Utc};
use kernel::{LogId, Position};
use sqlx::PgConnection;

use crate::Fault;

/// A generation of a view and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) generation: i32,
    pub(crate) version: i32,
    pub(crate) schema: String,
    pub(crate) log: Option<LogId>,
    pub(crate) position: Position,
    pub(crate) stuck: bool,
    /// Whether it is the live one: what is written to one that became live, or ceased to be, is refused.
    pub(crate) live: bool,
    /// Raised whenever its parked keys change.
    pub(crate) parking: i64,
    /// Whether an operator wants the view to stand still.
    pub(crate) paused: bool,
}

/// Reads the live generation of a view.
pub(crate) async fn load(connection: &mut PgConnection, view: &str) -> Result<Option<Checkpoint>, sqlx::Error> {
    read(connection, view, None).await
}

/// Reads one generation of a view, in whatever state it is.
pub(crate) async fn load_generation(
    connection: &mut PgConnection,
    view: &str,
    generation: i32,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    read(connection, view, Some(generation)).await
}

async fn read(
    connection: &mut PgConnection,
    view: &str,
    generation: Option<i32>,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select generation, version, schema_name, log_id, position, parking,
               stuck_since is not null as "stuck!", state = 'live' as "live!", v.paused_at is not null as "paused!"
           from registry.generations as g join registry.views as v on v.view = g.view
           where g.view = $1 and case when $2::int4 is null then state = 'live' else generation = $2 end"#,
        view,
        generation
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
        live: row.live,
        parking: row.parking,
        paused: row.paused,
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

/// Takes a step, and tells those who wait; `false` if the generation is not what and where the checkpoint says: someone
/// else took the step, promoted it, paused it or parked a key of it.
///
/// It is the first statement of the transaction: its row lock makes a second worker wait here and then find that there
/// is nothing left to do, before it has written anything.
pub(crate) async fn advance(
    transaction: &mut PgConnection,
    view: &str,
    checkpoint: &Checkpoint,
    step: Step,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query!(
        "with moved as (
            update registry.generations
            set position = $4, recorded_at = $5, updated_at = clock_timestamp(),
                stuck_since = null, error = null, error_position = null, error_type = null
            where view = $1 and generation = $2 and position = $3 and parking = $7
                and case when $6 then state = 'live' and not exists (
                        select from registry.views as v where v.view = $1 and v.paused_at is not null
                    ) else state not in ('live', 'failed') end
            returning view, generation, position
        )
        select pg_notify('view_advanced', format('%s:%s:%s', view, generation, position)) from moved",
        view,
        checkpoint.generation,
        step.from.number(),
        step.to.number(),
        step.recorded_at,
        checkpoint.live,
        checkpoint.parking
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
             error_type = nullif($6, '')
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
