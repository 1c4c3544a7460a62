//! Whether what was derived from the log is of the history that the log holds now.

use chrono::DateTime;
use sqlx::PgConnection;

use super::finding::Finding;
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    log_tables::{self, Named},
};

/// What to do about a log that others knew with another end.
pub const ADOPT: &str = "is it the right database? If it was restored from a backup, stop the servers that still write the \
                         other one, then `jangbu log adopt --reason WHY` (docs/runbooks/restore.md)";

/// The commit that a message of the stream names: the last position, and `command@microseconds`.
pub fn named(last: &str, commit: &str) -> Option<Named> {
    let (command, micros) = commit.split_once('@')?;
    Some(Named {
        position: last.parse().ok()?,
        command_id: command.parse().ok()?,
        recorded_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
    })
}

/// Looks whether the vault was brought up to this log.
pub async fn look(config: &Config) -> Vec<Finding> {
    // Another check reports that a database does not answer.
    let (Ok(mut log), Ok(mut vault)) = tokio::join!(Database::Log.connect(config), Database::Vault.connect(config))
    else {
        return Vec::new();
    };
    let what = "history of the vault";
    vec![of_vault(&mut log, &mut vault, what).await.unwrap_or_else(|failure| Finding::failed(what, &failure))]
}

async fn of_vault(log: &mut PgConnection, vault: &mut PgConnection, what: &str) -> Result<Finding, Failure> {
    let row = sqlx::query!("select position, noted_position, command_id, recorded_at from vault.message_cursor")
        .fetch_optional(vault)
        .await
        .map_err(failed("reading how far the vault was brought up to the log"))?;
    let Some(row) = row else { return Ok(Finding::ok(what, "no server has opened the vault yet")) };
    let head = sqlx::query_scalar!("select position from log_head")
        .fetch_one(&mut *log)
        .await
        .map_err(failed("reading the head of the log"))?;
    if row.position > head {
        let found =
            format!("the vault was brought up to position {}, beyond the end of the log at {head}", row.position);
        return Ok(Finding::fail(what, found, ADOPT));
    }
    let noted = row.noted_position.zip(row.command_id).zip(row.recorded_at);
    let Some(((position, command_id), recorded_at)) = noted else {
        return Ok(Finding::ok(what, format!("at position {}, which names no commit yet", row.position)));
    };
    if log_tables::holds(log, &Named { position, command_id, recorded_at }).await? {
        return Ok(Finding::ok(
            what,
            format!("the log holds the commit at {position} that the vault was brought up to"),
        ));
    }
    let found = format!("the vault was brought up to a commit at position {position} that the log does not hold");
    Ok(Finding::fail(what, found, ADOPT))
}
