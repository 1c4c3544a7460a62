//! `jangbu archive`: writes, proves and restores the archive of the log, and detaches what it holds. The archive itself is
//! the crate `event-archive`.

mod accounts;
mod compare;
mod detach;
mod live;
mod reader;
mod restore;
mod run;
mod same_log;
mod seed;
mod snapshot;
mod tail;
mod verify;

pub use accounts::AccountState;
pub use event_archive::{ArchiveError, Place};
pub use live::head;
pub use reader::reader;
pub use run::progress as progress_bar;
pub use seed::{AfterSnapshot, seeded};
pub use snapshot::{Snapshot, before as snapshot_before};

use self::{detach::DetachArgs, restore::RestoreArgs, run::RunArgs, snapshot::SnapshotArgs, verify::VerifyArgs};
use crate::{config::Config, failure::Failure, output::Output};

/// Keeps the log outside its database.
#[derive(Debug, clap::Subcommand)]
pub enum ArchiveCommand {
    /// Write what is not archived yet: again and again, by as many as like
    Run(RunArgs),
    /// Write the states of all accounts at the end of the archive, from which balances are rebuilt sooner
    Snapshot(SnapshotArgs),
    /// Prove the archive: the chain, every digest, every position; exit code 1 if something is wrong
    Verify(VerifyArgs),
    /// Write the archived log into an empty, migrated log database: same log id, same positions, same times
    Restore(RestoreArgs),
    /// Take old partitions out of the log's database, each after it was compared with the archive
    Detach(DetachArgs),
}

/// Runs one of the commands; answers whether all is as it should be.
pub async fn command(command: &ArchiveCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    match command {
        ArchiveCommand::Run(args) => run::run(args, config, output).await.map(|()| true),
        ArchiveCommand::Snapshot(args) => snapshot::run(args, config, output).await.map(|()| true),
        ArchiveCommand::Verify(args) => verify::run(args, config, output).await,
        ArchiveCommand::Restore(args) => restore::run(args, config, output).await.map(|()| true),
        ArchiveCommand::Detach(args) => detach::run(args, config, output).await.map(|()| true),
    }
}
