//! The state of every account at a position: folded from the log, kept as lines, proved when it is read.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{Account, EvolveError};
use events::recorded::Event;
use kernel::{AccountId, AssetCode};
use serde::{Deserialize, Serialize};

use event_archive::{Accounts, ArchiveError, Digest, Lines, Manifest, Pack};

/// The version of what is kept of an account. Raise it when the fold or the line changes: older snapshots are then
/// passed over. Version 2 has the account as the domain writes it, with what is held and what a freeze stops; version 3 also with its
/// limits and what it has used of them.
pub const STATE_VERSION: u16 = 3;

/// One account at a position of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountState {
    /// Which.
    pub account: AccountId,
    /// How it stands.
    pub state: Account,
    /// When it was opened, by the log's clock.
    pub opened_at: DateTime<Utc>,
    /// The version of its stream.
    pub version: i64,
    /// The position of its last event.
    pub position: i64,
}

/// All accounts, as far as the log was folded.
#[derive(Debug, Default)]
pub struct Book {
    accounts: HashMap<AccountId, AccountState>,
}

impl Book {
    /// A book that goes on from these.
    pub fn of(states: Vec<AccountState>) -> Self {
        Self { accounts: states.into_iter().map(|state| (state.account, state)).collect() }
    }

    /// Folds a commit in.
    pub fn apply(&mut self, commit: &::log::Commit) -> Result<(), ArchiveError> {
        for (position, event) in commit.positioned() {
            let damaged = |what: String| ArchiveError::Log { position: position.number(), what };
            let decoded = Event::decode(&event.event_type, event.schema_version, &event.payload)
                .map_err(|error| damaged(error.to_string()))?;
            let account = AccountId::new(event.stream.uuid());
            let Event::Account(changed) = decoded else { continue };
            let before = self.accounts.get_mut(&account);
            let state = Account::evolve(before.as_deref().map(|before| before.state.clone()), &changed);
            let state = state.map_err(|error| match error {
                EvolveError::OpenedTwice => damaged(format!("account {account} is opened twice")),
                _ => damaged(format!("account {account} was never opened")),
            })?;
            let (version, position) = (event.version.number(), position.number());
            let Some(before) = before else {
                let opened_at = commit.recorded_at;
                self.accounts.insert(account, AccountState { account, state, opened_at, version, position });
                continue;
            };
            if version != before.version + 1 {
                return Err(damaged(format!("version {} of account {account} is missing", before.version + 1)));
            }
            (before.state, before.version, before.position) = (state, version, position);
        }
        Ok(())
    }

    /// The states in the order of the accounts.
    pub fn into_states(self) -> Vec<AccountState> {
        let mut states: Vec<_> = self.accounts.into_values().collect();
        states.sort_unstable_by_key(|state| state.account);
        states
    }
}

/// The file of these states.
pub fn pack(states: &[AccountState]) -> Result<(Vec<u8>, Digest), ArchiveError> {
    let mut pack = Pack::new()?;
    let mut line = Vec::new();
    for state in states {
        line.clear();
        serde_json::to_writer(&mut line, state).map_err(|e| ArchiveError::Compress(e.into()))?;
        line.push(b'\n');
        pack.add(&line)?;
    }
    pack.finish()
}

/// The states of a file, if they are what its manifest says and add up: in order, each once, none from beyond the
/// position, each asset zero over all accounts.
pub fn unpack(file: Bytes, manifest: &Manifest, about: &Accounts) -> Result<Vec<AccountState>, ArchiveError> {
    let damaged =
        |what: String| ArchiveError::Damaged { number: manifest.number, path: manifest.file.path.clone(), what };
    let unreadable = |error: std::io::Error| damaged(format!("it cannot be decompressed: {error}"));
    let mut lines = Lines::of(file).map_err(unreadable)?;
    let mut states: Vec<AccountState> = Vec::new();
    while let Some(line) = lines.read_line().map_err(unreadable)? {
        let state: AccountState =
            serde_json::from_slice(line).map_err(|error| damaged(format!("line {}: {error}", states.len() + 1)))?;
        if states.last().is_some_and(|last| last.account >= state.account) || state.position > about.position {
            return Err(damaged(format!("account {} is out of order or from later on", state.account)));
        }
        states.push(state);
    }
    if states.len() as i64 != about.accounts {
        return Err(damaged(format!("it holds {} accounts, not {}", states.len(), about.accounts)));
    }
    match unbalanced(&states) {
        None => Ok(states),
        Some((asset, sum)) => Err(damaged(format!("{asset} sums to {sum} over all accounts"))),
    }
}

/// An asset that does not sum to zero. Wrapping is harmless: what sums to zero, sums to zero wrapped.
fn unbalanced(states: &[AccountState]) -> Option<(AssetCode, i128)> {
    let mut sums: BTreeMap<AssetCode, i128> = BTreeMap::new();
    for AccountState { state, .. } in states {
        let sum = sums.entry(state.asset).or_default();
        *sum = sum.wrapping_add(state.balance.units());
    }
    sums.into_iter().find(|(_, sum)| *sum != 0)
}
