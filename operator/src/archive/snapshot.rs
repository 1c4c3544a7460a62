//! `jangbu archive snapshot`: the states of all accounts at the end of the archive, as a link of the chain.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kernel::{Clock, Position, SystemClock};
use serde::Serialize;
use uuid::Uuid;

use event_archive::{Accounts, Appended, ArchiveError, ArchiveRanges, Chain, Holds, Manifest, stream};

use super::{
    accounts::{self, AccountState, Book, STATE_VERSION},
    run::progress,
};
use crate::{
    config::Config,
    failure::Failure,
    output::{Output, thousands},
};

/// Of what.
#[derive(Debug, clap::Args)]
pub struct SnapshotArgs {
    /// Which log, where the place holds several
    #[arg(long, value_name = "ID")]
    log: Option<Uuid>,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report {
    log_id: Uuid,
    position: i64,
    accounts: i64,
    /// Where the snapshot before ended; 0 if all was folded.
    folded_from: i64,
    /// False, if there was one of this position already.
    written: bool,
}

impl Report {
    fn text(&self) -> String {
        let (position, accounts) = (thousands(self.position), thousands(self.accounts));
        let done = if self.written { "written" } else { "was there already" };
        let from = thousands(self.folded_from);
        format!("log {}: {accounts} accounts at position {position}, {done} (folded from {from} on)", self.log_id)
    }
}

/// Makes a snapshot: the one before and the ranges after it, folded. It asks no database.
pub async fn run(args: &SnapshotArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let mut chain = Arc::new(Chain::of(config.archive.open(true)?, args.log).await?);
    loop {
        let (position, before) = (chain.end(), newest(&chain, chain.end()).await?);
        let folded_from = before.as_ref().map_or(0, |s| s.position.number());
        let log_id = chain.log_id();
        if let Some(there) = before.as_ref().filter(|s| s.position.number() == position) {
            let accounts = there.accounts.len() as i64;
            return output.show(&Report { log_id, position, accounts, folded_from, written: false }, Report::text);
        }
        let states = fold(&chain, before, position).await?;
        let Some(last) = chain.last_events().cloned() else {
            return Err(ArchiveError::Which("nothing is archived yet".into()).into());
        };
        let accounts = states.len() as i64;
        let about = Accounts { position, recorded_at: last.last_recorded_at, accounts, state_version: STATE_VERSION };
        let file = accounts::pack(&states)?;
        match Arc::make_mut(&mut chain).append(file, Holds::Accounts(about), SystemClock.now()).await? {
            Appended::Done => {
                return output.show(&Report { log_id, position, accounts, folded_from, written: true }, Report::text);
            }
            Appended::Overtaken => output.remark("the archive has grown meanwhile; beginning again at its end"),
        }
    }
}

async fn fold(chain: &Arc<Chain>, before: Option<Snapshot>, to: i64) -> Result<Vec<AccountState>, Failure> {
    let after = before.as_ref().map_or(0, |s| s.position.number());
    let mut book = Book::of(before.map(|s| s.accounts).unwrap_or_default());
    let bar = progress(to, "folding");
    let mut commits = stream(chain.clone(), after, to, |line| line.into_recorded());
    while let Some(batch) = commits.recv().await {
        for commit in batch? {
            book.apply(&commit)?;
            bar.set_position(commit.last().number().unsigned_abs());
        }
    }
    bar.finish_and_clear();
    Ok(book.into_states())
}

/// The states of all accounts at a position.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Up to here the log is in them; always the end of a commit.
    pub position: Position,
    /// The log's time of the last commit in them.
    pub recorded_at: DateTime<Utc>,
    /// In the order of their ids.
    pub accounts: Vec<AccountState>,
}

/// The newest snapshot at or before a position, if there is one that this build understands.
pub async fn before(archive: &ArchiveRanges, at_most: Position) -> Result<Option<Snapshot>, ArchiveError> {
    newest(archive.chain(), at_most.number()).await
}

async fn newest(chain: &Chain, at_most: i64) -> Result<Option<Snapshot>, ArchiveError> {
    let Some((manifest, about)) = chain.snapshot(STATE_VERSION, at_most) else { return Ok(None) };
    let accounts = read(chain, manifest, about).await?;
    Ok(Some(Snapshot { position: Position::new(about.position), recorded_at: about.recorded_at, accounts }))
}

async fn read(chain: &Chain, manifest: &Manifest, about: &Accounts) -> Result<Vec<AccountState>, ArchiveError> {
    let file = chain.file(manifest).await?;
    let broken_off = || ArchiveError::Damaged {
        number: manifest.number,
        path: manifest.file.path.clone(),
        what: "reading it was broken off".into(),
    };
    let (owned, of) = (manifest.clone(), about.clone());
    tokio::task::spawn_blocking(move || accounts::unpack(file, &owned, &of)).await.map_err(|_| broken_off())?
}

/// Proves a snapshot's file. One of a version that is not known here is only held against its digest.
pub async fn check(chain: &Chain, manifest: &Manifest, about: &Accounts) -> Result<(), ArchiveError> {
    if about.state_version != STATE_VERSION {
        return chain.file(manifest).await.map(drop);
    }
    read(chain, manifest, about).await.map(drop)
}
