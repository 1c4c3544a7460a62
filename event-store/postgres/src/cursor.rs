//! The relay's row: how far it has published, and the fence that keeps an older relay out.

use chrono::{DateTime, Utc};
use database::Pool;
use kernel::{CommandId, CommitRef, Position};
use uuid::Uuid;

/// The relay's row cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the relay's cursor cannot be reached")]
pub struct CursorError(#[source] sqlx::Error);

/// What a relay finds when it takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// The new relay's epoch; every older one is fenced off from now on.
    pub epoch: i64,
    /// How far the last relay had published, at least.
    pub position: Position,
    /// The commit that ends there, if that relay knew it.
    pub commit: Option<CommitRef>,
}

/// The row, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorState {
    /// How often the relay was taken over.
    pub epoch: i64,
    /// How far it has published, at least.
    pub position: Position,
    /// The commit that ends there, if the relay knew it.
    pub commit: Option<CommitRef>,
    /// Who holds it.
    pub holder: String,
    /// When the holder last wrote it: a relay that runs does so every few seconds, even if there is nothing to publish.
    pub renewed_at: DateTime<Utc>,
}

/// The cursor of the relay.
#[derive(Clone, Debug)]
pub struct RelayCursor {
    pool: Pool,
}

impl RelayCursor {
    /// The cursor in the log's database.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Raises the epoch: from now on only `holder` can move the cursor.
    pub async fn take_over(&self, holder: &str) -> Result<TakenOver, CursorError> {
        let row = sqlx::query!(
            r#"insert into relay_cursor as old (epoch, position, holder, renewed_at) values (1, 0, $1, clock_timestamp())
               on conflict (singleton) do update
               set epoch = old.epoch + 1, holder = excluded.holder, renewed_at = excluded.renewed_at
               returning epoch, position, command_id, recorded_at"#,
            holder
        )
        .fetch_one(&self.pool)
        .await
        .map_err(CursorError)?;
        let position = Position::new(row.position);
        Ok(TakenOver { epoch: row.epoch, position, commit: commit(position, row.command_id, row.recorded_at) })
    }

    /// Writes down up to which commit has been published; `None` is the beginning of the log. `false`: another relay has taken
    /// over, and this one must stop.
    pub async fn advance(&self, epoch: i64, to: Option<CommitRef>) -> Result<bool, CursorError> {
        let done = sqlx::query!(
            "update relay_cursor set position = $2, command_id = $3, recorded_at = $4, renewed_at = clock_timestamp()
             where epoch = $1",
            epoch,
            to.map_or(0, |commit| commit.position.number()),
            to.map(|commit| commit.command_id.uuid()),
            to.map(|commit| commit.recorded_at)
        )
        .execute(&self.pool)
        .await
        .map_err(CursorError)?;
        Ok(done.rows_affected() == 1)
    }

    /// The row; none if no relay has ever run.
    pub async fn read(&self) -> Result<Option<CursorState>, CursorError> {
        let row = sqlx::query!("select epoch, position, command_id, recorded_at, holder, renewed_at from relay_cursor")
            .fetch_optional(&self.pool)
            .await
            .map_err(CursorError)?;
        Ok(row.map(|row| CursorState {
            epoch: row.epoch,
            position: Position::new(row.position),
            commit: commit(Position::new(row.position), row.command_id, row.recorded_at),
            holder: row.holder,
            renewed_at: row.renewed_at,
        }))
    }
}

fn commit(position: Position, command: Option<Uuid>, recorded_at: Option<DateTime<Utc>>) -> Option<CommitRef> {
    let (command, recorded_at) = command.zip(recorded_at)?;
    Some(CommitRef { position, command_id: CommandId::new(command), recorded_at })
}
