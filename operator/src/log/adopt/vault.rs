//! Bringing the vault to a log that was adopted.

use sqlx::{Connection, PgConnection};

use super::adoption::Adoption;
use crate::{
    db::failed,
    failure::Failure,
    log_tables::{Named as Commit, holds},
};

/// How far the vault was brought up to the log.
struct Cursor {
    position: i64,
    /// A commit that it was brought up to; none until a server that notes it has run.
    noted: Option<Commit>,
}

/// Where the vault is to go on: behind this commit, or at a position of which no commit is known.
struct Goal {
    position: i64,
    commit: Option<Commit>,
}

/// Has a vault that was brought up to commits that this log does not hold go on from where it can be trusted. Messages that
/// events beyond that asked for are forgotten, and what they count for their contacts: the log gives the positions away again.
/// Whether its cursor had to be moved.
pub async fn bring_over(
    log: &mut PgConnection,
    vault: &mut PgConnection,
    adoption: &Adoption,
) -> Result<bool, Failure> {
    let moving = || failed("bringing the vault to the log");
    let mut vault = vault.begin().await.map_err(moving())?;
    let row =
        sqlx::query!("select position, noted_position, command_id, recorded_at from vault.message_cursor for update")
            .fetch_optional(&mut *vault)
            .await
            .map_err(failed("reading how far the vault was brought up to the log"))?;
    let Some(row) = row else { return Ok(false) };
    let noted = row.noted_position.zip(row.command_id).zip(row.recorded_at);
    let noted = noted.map(|((position, command_id), recorded_at)| Commit { position, command_id, recorded_at });
    let cursor = Cursor { position: row.position, noted };
    let held = match &cursor.noted {
        Some(noted) => holds(log, noted).await?,
        None => false,
    };
    let goal = cursor.goal(held, adoption);
    if let Some(Goal { position, commit }) = &goal {
        sqlx::query!(
            "update vault.message_cursor set position = $1, noted_position = $2, command_id = $3, recorded_at = $4",
            position,
            commit.map(|commit| commit.position),
            commit.map(|commit| commit.command_id),
            commit.map(|commit| commit.recorded_at)
        )
        .execute(&mut *vault)
        .await
        .map_err(moving())?;
    }
    // Nothing beyond the cursor is of an event that was followed.
    sqlx::query!(
        "with forgotten as (delete from vault.messages where position > $1)
         delete from vault.contact_messages where position > $1",
        goal.as_ref().map_or(cursor.position, |goal| goal.position)
    )
    .execute(&mut *vault)
    .await
    .map_err(moving())?;
    vault.commit().await.map_err(moving())?;
    Ok(goal.is_some())
}

impl Cursor {
    /// Where the vault must go; none if it stands on this log.
    fn goal(&self, held: bool, adoption: &Adoption) -> Option<Goal> {
        match self.noted {
            Some(noted) if held && self.position <= noted.position => None,
            // The cursor went on without a name for where it stands, perhaps along the lost history. What it followed after
            // the noted commit is followed again: a message has its position as key, so it is sent again at most.
            Some(noted) if held => Some(Goal { position: noted.position, commit: Some(noted) }),
            // An earlier build noted no commit: only a position beyond the end proves another history.
            None if self.position <= adoption.position => None,
            _ => {
                let commit = adoption.command_id.zip(adoption.recorded_at);
                let position = adoption.position;
                let commit = commit.map(|(command_id, recorded_at)| Commit { position, command_id, recorded_at });
                Some(Goal { position, commit })
            }
        }
    }
}
