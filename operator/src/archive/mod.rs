//! The archive: closed ranges of the log as files that are never written over, each named with its digest in a chain of
//! manifests, in a folder or in a bucket.
//!
//! `<place>/<log id>/manifests/0000000001.json` and on, `segments/*.jsonl.zst` (one line for each commit),
//! `accounts/*.jsonl.zst` (the states of all accounts at the end of a range).

mod accounts;
mod chain;
mod compare;
mod detach;
mod digest;
pub(crate) mod error;
mod http;
mod line;
mod live;
mod manifest;
mod reader;
mod restore;
mod run;
mod same_log;
mod seed;
mod segment;
mod snapshot;
mod store;
mod tail;
mod verify;

pub use accounts::AccountState;
pub use error::ArchiveError;
pub use live::head;
pub use reader::{ArchiveRanges, reader};
pub use run::progress as progress_bar;
pub use seed::{AfterSnapshot, seeded};
pub use snapshot::Snapshot;
pub use store::Place;

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
        ArchiveCommand::Snapshot(args) => snapshot::run(args, output).await.map(|()| true),
        ArchiveCommand::Verify(args) => verify::run(args, config, output).await,
        ArchiveCommand::Restore(args) => restore::run(args, config, output).await.map(|()| true),
        ArchiveCommand::Detach(args) => detach::run(args, config, output).await.map(|()| true),
    }
}
