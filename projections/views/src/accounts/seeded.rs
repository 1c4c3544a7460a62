//! The view `accounts` built from the states of accounts at a position and the events after it, instead of from all
//! events.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::{AccountOpened, Event, FreezeScope};
use kernel::{AccountId, Minor, Position, StreamId, Zone};
use projection_engine::{Bulk, Commit, DayColumn, Fault, Loader, Projection, Rows, SumColumn, WriteError};
use sqlx::PgConnection;

use super::{
    Accounts,
    fold::{Change, State, fold_commit},
    rows::AccountRows,
};

/// Accounts that one statement inserts.
const STATEMENT: usize = 10_000;

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedStatus {
    /// Money goes in and out.
    Open,
    /// Nothing that its freeze stops, until that is lifted.
    Frozen,
    /// Empty, for good.
    Closed,
}

/// One account at the seed's position.
#[derive(Clone, Debug)]
pub struct AccountSeed {
    /// Which.
    pub account: AccountId,
    /// How it was opened.
    pub opened: AccountOpened,
    /// When, by the log's clock.
    pub opened_at: DateTime<Utc>,
    /// How it stands.
    pub status: SeedStatus,
    /// What its freeze stops; read only if it is frozen, and none there stands for everything.
    pub freeze: Option<FreezeScope>,
    /// What it holds.
    pub balance: Minor,
    /// What of that is held for holds.
    pub held: Minor,
    /// The version of its stream.
    pub version: i64,
    /// The position of its last event.
    pub position: i64,
}

/// Every account at one position of the log.
#[derive(Debug)]
pub struct Seed {
    /// The end of the commit before the last one that is in the states: the last one is read, not folded, so that there is
    /// something to read even where the log ends with it.
    pub after: Position,
    /// The end of the last commit that is in the states.
    pub position: Position,
    /// The accounts, each once.
    pub accounts: Vec<AccountSeed>,
}

/// The view `accounts`, filled from a seed. It is the same view in everything else.
#[derive(Clone, Debug)]
pub struct SeededAccounts(pub Arc<Seed>);

impl Projection for SeededAccounts {
    type Event = Event;

    fn name(&self) -> &'static str {
        Accounts.name()
    }

    fn version(&self) -> i32 {
        Accounts.version()
    }

    fn schema(&self) -> &'static str {
        Accounts.schema()
    }

    fn tables(&self) -> &'static [&'static str] {
        Accounts.tables()
    }

    fn uses(&self, event_type: &str) -> bool {
        Accounts.uses(event_type)
    }

    fn rest(&self) -> u32 {
        Accounts.rest()
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Accounts.fold(commits)
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(self.clone()))
    }

    fn new_columns(&self) -> &'static [(&'static str, &'static str)] {
        Accounts.new_columns()
    }

    fn sums(&self) -> &'static [SumColumn] {
        Accounts.sums()
    }

    fn in_zone(&self, zone: Zone) -> Option<Arc<dyn Projection<Event = Event>>> {
        Accounts.in_zone(zone)
    }

    fn day_columns(&self) -> &'static [DayColumn] {
        Accounts.day_columns()
    }

    fn keys(&self, stream: StreamId, event: Option<&Event>) -> Vec<String> {
        Accounts.keys(stream, event)
    }

    fn is_context(&self, event: &Event) -> bool {
        Accounts.is_context(event)
    }
}

impl Bulk<Event> for SeededAccounts {
    fn begins_after(&self) -> Position {
        self.0.after
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(SeededLoader { seed: self.0.clone(), changes: None })
    }
}

/// Loads the one range that begins with the last commit of the seed.
struct SeededLoader {
    seed: Arc<Seed>,
    changes: Option<HashMap<AccountId, Change>>,
}

#[async_trait]
impl Loader<Event> for SeededLoader {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        let Some(first) = commits.first() else { return Ok(()) };
        let changes = match &mut self.changes {
            Some(changes) => changes,
            None if first.first == self.seed.after.next() => self.changes.insert(changes(&self.seed)),
            None => {
                let seed = self.seed.position;
                let reason = format!("the snapshot is of position {seed}, the range does not begin there: --restart");
                return Err(Fault { position: first.first, event_type: String::new(), reason });
            }
        };
        let mut later = commits.iter().filter(|commit| commit.first > self.seed.position);
        later.try_for_each(|commit| fold_commit(changes, commit))
    }

    /// Nothing is written before the end of the range: only then is it known how an account came out.
    fn held(&self) -> usize {
        0
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let Some(changes) = self.changes.take() else { return Ok(()) };
        let mut changes: Vec<_> = changes.into_iter().collect();
        // In the order of the key, and so many at a time that a statement stays small.
        changes.sort_unstable_by_key(|(account, _)| *account);
        while !changes.is_empty() {
            let rest = changes.split_off(changes.len().min(STATEMENT));
            AccountRows::from(HashMap::from_iter(std::mem::replace(&mut changes, rest))).write(connection).await?;
        }
        Ok(())
    }
}

fn changes(seed: &Seed) -> HashMap<AccountId, Change> {
    let change = |state: &AccountSeed| Change {
        opened: Some((state.opened.clone(), state.opened_at)),
        state: Some(match state.status {
            SeedStatus::Open => State::Open,
            SeedStatus::Frozen => State::Frozen(state.freeze.unwrap_or_default()),
            SeedStatus::Closed => State::Closed,
        }),
        balance: Some(state.balance),
        held: Some(state.held),
        version: state.version,
        position: state.position,
    };
    seed.accounts.iter().map(|state| (state.account, change(state))).collect()
}
