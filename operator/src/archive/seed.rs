//! Rebuilding balances from a snapshot and the events after it.

use std::sync::Arc;

use ::log::{CommitRanges, PositionRange, RangeReader, ReadError};
use ::views::{AccountSeed, Seed, SeedStatus, SeededAccounts, View};
use async_trait::async_trait;
use domain::{Account, Status};
use events::recorded::AccountOpened;
use kernel::Position;
use sqlx::PgConnection;

use event_archive::{ArchiveError, ArchiveRanges};

use super::{
    accounts::AccountState,
    same_log::require_held,
    snapshot::{self, Snapshot},
};
use crate::{failure::Failure, log_tables};

/// The view `accounts` as it is filled from the newest snapshot at or before a position, and what of the log is still to be
/// read for it. The log must hold the very commit at which the snapshot was taken.
pub async fn seeded(
    archive: &ArchiveRanges,
    log: Arc<dyn CommitRanges>,
    connection: &mut PgConnection,
    at_most: Position,
) -> Result<(View, AfterSnapshot), Failure> {
    let snapshot = snapshot::before(archive, at_most).await?.ok_or_else(|| {
        let what = format!("there is no snapshot at or before position {at_most}: `jangbu archive snapshot`");
        ArchiveError::Which(what)
    })?;
    let position = snapshot.position;
    let range = archive.chain().ending_at(position.number()).ok_or_else(|| {
        ArchiveError::Which(format!("no archived range ends at {position}, where the newest snapshot was taken"))
    })?;
    require_held(range, connection).await?;
    let begins = match log_tables::of_command_id(connection, range.last_command_id).await? {
        Some(first) => first,
        None => log_tables::beginning_of(connection, position.number()).await?,
    };
    let after = Position::new(begins - 1);
    let view = SeededAccounts(Arc::new(seed(snapshot, after)));
    Ok((Arc::new(view), AfterSnapshot { log, after }))
}

fn seed(snapshot: Snapshot, after: Position) -> Seed {
    let accounts = snapshot.accounts.into_iter().map(|state| {
        let AccountState { account, state, opened_at, version, position } = state;
        let status = match state.status {
            Status::Open => SeedStatus::Open,
            Status::Frozen => SeedStatus::Frozen,
            Status::Closed => SeedStatus::Closed,
        };
        let freeze = state.freeze_scope();
        let Account { holder, asset, balance, held, .. } = state;
        let opened = AccountOpened { holder, asset };
        AccountSeed { account, opened, opened_at, status, freeze, balance, held, version, position }
    });
    Seed { after, position: snapshot.position, accounts: accounts.collect() }
}

/// The last commit of a snapshot, and the log after it: what a rebuild that begins with the snapshot has to read.
pub struct AfterSnapshot {
    log: Arc<dyn CommitRanges>,
    after: Position,
}

#[async_trait]
impl CommitRanges for AfterSnapshot {
    /// One run: the states are in memory once, and the events after the snapshot are folded into them in order. None, if
    /// the rebuild ends before the snapshot: then it reads the log from its beginning.
    async fn plan(&self, after: Position, to: Position, _parts: usize) -> Result<Vec<PositionRange>, ReadError> {
        self.log.plan(after.max(self.after), to, 1).await
    }

    async fn read(&self, range: PositionRange) -> Result<Box<dyn RangeReader>, ReadError> {
        self.log.read(range).await
    }
}
