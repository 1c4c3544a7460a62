//! How far the copy is: the row of `log_conversion`, which moves in the transactions that copy.

use sqlx::PgConnection;
use uuid::Uuid;

use super::error::ConvertError;
use crate::{db::failed, failure::Failure, log_tables::Digest};

/// The row.
#[derive(Clone, Debug)]
pub struct Progress {
    pub log_id: Uuid,
    /// Up to where commits are copied.
    pub position: i64,
    pub digest: Digest,
    /// Up to where the copy was read back and found equal.
    pub proven_position: i64,
    pub proven_digest: Digest,
}

/// Whether the tables of the format before are kept beside those of today.
pub async fn old_tables_are_kept(connection: &mut PgConnection) -> Result<bool, Failure> {
    let found = sqlx::query!(
        r#"select to_regclass('log_conversion') is not null as "migrated!", to_regclass('events_before') is not null as "kept!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking how the log is stored"))?;
    if found.migrated { Ok(found.kept) } else { Err(ConvertError::NotMigrated.into()) }
}

/// Begins, or goes on.
pub async fn begin(connection: &mut PgConnection, log_id: Uuid) -> Result<Progress, Failure> {
    sqlx::query!("insert into log_conversion (log_id) values ($1) on conflict do nothing", log_id)
        .execute(&mut *connection)
        .await
        .map_err(failed("beginning the conversion"))?;
    let progress = read(connection).await?.ok_or(ConvertError::NothingTo("the conversion was thrown away just now"))?;
    if progress.log_id != log_id {
        return Err(ConvertError::OtherLog(progress.log_id).into());
    }
    Ok(progress)
}

/// The row, if a conversion was begun.
pub async fn read(connection: &mut PgConnection) -> Result<Option<Progress>, Failure> {
    let row =
        sqlx::query!("select log_id, position, digest, proven_position, proven_digest from log_conversion for update")
            .fetch_optional(connection)
            .await
            .map_err(failed("reading how far the conversion is"))?;
    let digest = |bytes: Vec<u8>| Digest::try_from(bytes).unwrap_or_default();
    Ok(row.map(|row| Progress {
        log_id: row.log_id,
        position: row.position,
        digest: digest(row.digest),
        proven_position: row.proven_position,
        proven_digest: digest(row.proven_digest),
    }))
}

/// Refuses a copy of commits that the log does not hold any more: it was restored to an earlier state, and may have gone on from there.
pub async fn require_same_history(connection: &mut PgConnection, progress: &Progress) -> Result<(), Failure> {
    if progress.position == 0 {
        return Ok(());
    }
    let held = sqlx::query_scalar!(
        r#"select exists (
               select from log_commits as copy join commits as original on original.first_position = copy.first_position
               where copy.first_position = (select max(first_position) from log_commits) and copy.last_position = $1
                   and original.last_position = $1 and original.command_id = copy.command_id
                   and original.recorded_at = copy.recorded_at
           ) as "held!""#,
        progress.position
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking whether the copy is of this log"))?;
    let what = "the last commit that is copied is not in the log any more";
    if held { Ok(()) } else { Err(ConvertError::Differs { position: progress.position, what: what.into() }.into()) }
}

/// Writes it down.
pub async fn keep(connection: &mut PgConnection, progress: &Progress) -> Result<(), Failure> {
    sqlx::query!(
        "update log_conversion set position = $1, digest = $2, proven_position = $3, proven_digest = $4",
        progress.position,
        &progress.digest as &[u8],
        progress.proven_position,
        &progress.proven_digest as &[u8]
    )
    .execute(connection)
    .await
    .map_err(failed("writing down how far the conversion is"))
    .map(drop)
}
