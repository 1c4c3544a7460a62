//! The checkpoint: a generation's row in the registry, moved in the transaction that changes its tables.

use chrono::{DateTime, Utc};
use kernel::{CommandId, CommitRef, LogId, Position, Zone};
use sqlx::{PgConnection, types::Uuid};

use crate::Fault;

/// A generation of a view and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) generation: i32,
    pub(crate) version: i32,
    pub(crate) schema: String,
    /// Whose days it counts.
    pub(crate) zone: Zone,
    pub(crate) log: Option<LogId>,
    pub(crate) position: Position,
    /// The commit that ends at the position; none at the beginning, and in a row of an earlier build until it is bound.
    pub(crate) commit: Option<CommitRef>,
    /// When that commit was recorded, if it is known: rows of earlier builds know this much of it.
    pub(crate) recorded_at: Option<DateTime<Utc>>,
    /// Whether it is written down that its tables are of another history than the log's.
    pub(crate) other_history: bool,
    pub(crate) stuck: bool,
    /// Whether it is the live one: what is written to one that became live, or ceased to be, is refused.
    pub(crate) live: bool,
    /// Raised whenever its parked keys change.
    pub(crate) parking: i64,
    /// Whether an operator has paused the view.
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
        r#"select generation, version, schema_name, zone, log_id, position, command_id, recorded_at, parking,
               other_history is not null as "other_history!", stuck_since is not null as "stuck!", state = 'live' as "live!", v.paused_at is not null as "paused!"
           from registry.generations as g join registry.views as v on v.view = g.view
           where g.view = $1 and case when $2::int4 is null then state = 'live' else generation = $2 end"#,
        view,
        generation
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Checkpoint {
        generation: row.generation,
        version: row.version,
        schema: row.schema_name,
        zone: zone(&row.zone)?,
        log: row.log_id.map(LogId::new),
        position: Position::new(row.position),
        commit: commit_ref(row.position, row.command_id, row.recorded_at),
        recorded_at: row.recorded_at,
        other_history: row.other_history,
        stuck: row.stuck,
        live: row.live,
        parking: row.parking,
        paused: row.paused,
    }))
}

/// The zone that a column names. A name that only a newer build knows is an error: other days would be wrong.
pub(crate) fn zone(name: &str) -> Result<Zone, sqlx::Error> {
    name.parse::<Zone>()
        .map_err(|error| sqlx::Error::ColumnDecode { index: format!("zone ({name})"), source: Box::new(error) })
}

/// The commit that three columns name.
pub(crate) fn commit_ref(
    position: i64,
    command: Option<Uuid>,
    recorded_at: Option<DateTime<Utc>>,
) -> Option<CommitRef> {
    let (command, recorded_at) = command.zip(recorded_at)?;
    Some(CommitRef { position: Position::new(position), command_id: CommandId::new(command), recorded_at })
}

/// Binds a generation to a log and to the commit that ends at its position there, and writes down that it is of that log's
/// history. `false` if it was moved meanwhile.
pub(crate) async fn bind(
    connection: &mut PgConnection,
    view: &str,
    checkpoint: &Checkpoint,
    log: LogId,
    commit: Option<CommitRef>,
) -> Result<bool, sqlx::Error> {
    // In two steps: a generation follows its log to a new id only once it names the commit it stands on.
    sqlx::query!(
        "update registry.generations set command_id = $4, recorded_at = coalesce($5, recorded_at)
         where view = $1 and generation = $2 and position = $3 and command_id is null",
        view,
        checkpoint.generation,
        checkpoint.position.number(),
        commit.map(|commit| commit.command_id.uuid()),
        commit.map(|commit| commit.recorded_at)
    )
    .execute(&mut *connection)
    .await?;
    let bound = sqlx::query_scalar!(
        r#"select registry.follow_log($1, $2, $3, $4) as "bound!""#,
        view,
        checkpoint.generation,
        checkpoint.position.number(),
        log.uuid()
    )
    .fetch_one(connection)
    .await?;
    Ok(bound)
}

/// Writes down, where everybody can see it, that the tables of a generation are of another history than the log's.
pub(crate) async fn record_other_history(
    connection: &mut PgConnection,
    view: &str,
    checkpoint: &Checkpoint,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update registry.generations
         set other_history = $4, other_history_since = coalesce(other_history_since, clock_timestamp())
         where view = $1 and generation = $2 and position = $3 and other_history is distinct from $4",
        view,
        checkpoint.generation,
        checkpoint.position.number(),
        reason
    )
    .execute(connection)
    .await
    .map(drop)
}

/// A step of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) from: Option<CommitRef>,
    pub(crate) to: CommitRef,
}

impl Step {
    /// The position before it.
    pub(crate) fn after(self) -> Position {
        self.from.map_or(Position::ZERO, |commit| commit.position)
    }
}

/// Takes a step, and notifies the waiting readers; `false` if the generation is not what and where the checkpoint says: someone
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
            set position = $4, recorded_at = $5, command_id = $8, updated_at = clock_timestamp(),
                stuck_since = null, error = null, error_position = null, error_type = null
            where view = $1 and generation = $2 and position = $3 and parking = $7
                and command_id is not distinct from $9
                and case when $6 then state = 'live' and not exists (
                        select from registry.views as v where v.view = $1 and v.paused_at is not null
                    ) else state not in ('live', 'failed') end
            returning view, generation, position
        )
        select pg_notify('view_advanced', format('%s:%s:%s', view, generation, position)) from moved",
        view,
        checkpoint.generation,
        step.after().number(),
        step.to.position.number(),
        step.to.recorded_at,
        checkpoint.live,
        checkpoint.parking,
        step.to.command_id.uuid(),
        step.from.map(|commit| commit.command_id.uuid())
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
