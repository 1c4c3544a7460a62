//! How far the log was followed, and who sends.

use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::{CommitRef, LogId};

use super::base::{Store, StoreError, commit};

/// Where a sender stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The number under which it writes.
    pub epoch: i64,
    /// The log it follows.
    pub log: LogId,
    /// The last commit that it has followed; none at the beginning.
    pub commit: Option<CommitRef>,
    /// Nothing is sent of what was recorded before then.
    pub deliver_since: DateTime<Utc>,
}

impl Store {
    /// Becomes the one who sends: the senders before write nothing any more. None if nobody ever sent from this database.
    pub async fn take_over(&self, holder: &str) -> Result<Option<Cursor>, StoreError> {
        let row = sqlx::query!(
            "update webhooks.cursor set epoch = epoch + 1, holder = $1
             returning epoch, log_id, position, command_id, recorded_at, deliver_since",
            holder
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| Cursor {
            epoch: row.epoch,
            log: LogId::new(row.log_id),
            commit: commit(row.position, row.command_id, row.recorded_at),
            deliver_since: row.deliver_since,
        }))
    }

    /// Begins there, if nobody did.
    pub async fn begin_at(
        &self,
        log: LogId,
        commit: Option<CommitRef>,
        deliver_since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into webhooks.cursor (holder, log_id, position, command_id, recorded_at, deliver_since)
             values ('nobody', $1, $2, $3, $4, $5) on conflict (singleton) do nothing",
            log.uuid(),
            commit.map_or(0, |commit| commit.position.number()),
            commit.map(|commit| commit.command_id.uuid()),
            commit.map(|commit| commit.recorded_at),
            deliver_since
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

pub(super) async fn move_to(
    transaction: &mut Transaction<'static>,
    log: LogId,
    commit: Option<CommitRef>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update webhooks.cursor set log_id = $1, position = $2, command_id = $3, recorded_at = $4",
        log.uuid(),
        commit.map_or(0, |commit| commit.position.number()),
        commit.map(|commit| commit.command_id.uuid()),
        commit.map(|commit| commit.recorded_at)
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
