//! A stream as the executor holds it: its version and what its events add up to.

use contracts::recorded::{DecodeError, Recorded};
use domain::{Account, Transfer};
use kernel::{AccountId, StreamId, Version};
use log::{Event, FromVersion, Snapshot};

use crate::stored::{self, ACCOUNT_STATE_SCHEMA, StoredAccount};

/// What is known of a stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// How many events it has.
    pub version: Version,
    /// What they add up to.
    pub state: State,
}

/// What the events of a stream add up to.
#[derive(Clone, Debug)]
pub enum State {
    /// An account, once opened.
    Account(Option<Account>),
    /// The account that bears an account number, once assigned.
    Number(Option<AccountId>),
    /// A transfer, once decided.
    Transfer(Option<Transfer>),
}

/// Which kind of stream is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Account,
    Number,
    Transfer,
}

/// Why a stream cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error("an event of stream {stream} cannot be read")]
    Event {
        stream: StreamId,
        #[source]
        source: DecodeError,
    },
    #[error("the snapshot of stream {stream} cannot be read")]
    Snapshot {
        stream: StreamId,
        #[source]
        source: serde_json::Error,
    },
    #[error("stream {stream} has version {found} where {expected} belongs")]
    Gap { stream: StreamId, expected: Version, found: Version },
}

impl Stream {
    /// A stream without events.
    pub fn empty(kind: Kind) -> Self {
        let state = match kind {
            Kind::Account => State::Account(None),
            Kind::Number => State::Number(None),
            Kind::Transfer => State::Transfer(None),
        };
        Self { version: Version::ZERO, state }
    }

    /// Where reading it for the first time begins. Only accounts grow, so only they have snapshots.
    pub fn start(kind: Kind) -> FromVersion {
        match kind {
            Kind::Account => FromVersion::Snapshot { state_schema: ACCOUNT_STATE_SCHEMA },
            Kind::Number | Kind::Transfer => FromVersion::After(Version::ZERO),
        }
    }

    /// The stream after what was read of it.
    pub fn load(mut self, stream: StreamId, read: (Option<Snapshot>, Vec<Event>)) -> Result<Self, FoldError> {
        let (snapshot, events) = read;
        if let Some(snapshot) = snapshot {
            let stored: StoredAccount =
                serde_json::from_str(&snapshot.state).map_err(|source| FoldError::Snapshot { stream, source })?;
            self = Self { version: snapshot.version, state: State::Account(Some(stored.into())) };
        }
        for event in events {
            let expected = self.version.next();
            if event.version != expected {
                return Err(FoldError::Gap { stream, expected, found: event.version });
            }
            let recorded = Recorded::decode(&event.event_type, event.schema_version, &event.payload)
                .map_err(|source| FoldError::Event { stream, source })?;
            self.apply(recorded);
        }
        Ok(self)
    }

    /// The stream after one more event.
    pub fn apply(&mut self, recorded: Recorded) {
        self.version = self.version.next();
        match &mut self.state {
            State::Account(account) => {
                if let Some(event) = stored::account_event(recorded) {
                    *account = Account::evolve(account.take(), &event);
                }
            }
            State::Number(account) => {
                if let Recorded::AccountNumberAssigned(assigned) = recorded {
                    *account = Some(assigned.account);
                }
            }
            State::Transfer(transfer) => *transfer = stored::evolve_transfer(transfer.take(), &recorded),
        }
    }

    /// Whether another batch is likely to need it: accounts and their numbers, once they are there.
    pub fn is_worth_keeping(&self) -> bool {
        matches!(self.state, State::Account(Some(_)) | State::Number(Some(_)))
    }

    /// Whether it has passed a multiple of `every` since it had `before` events.
    pub fn passed(&self, before: Version, every: i64) -> bool {
        every > 0 && self.version.number() / every > before.number() / every
    }

    /// The snapshot of it, if it is an account.
    pub fn snapshot(&self, stream: StreamId) -> Option<Snapshot> {
        let State::Account(Some(account)) = &self.state else { return None };
        let state = serde_json::to_string(&StoredAccount::from(account)).ok()?;
        Some(Snapshot { stream, version: self.version, state_schema: ACCOUNT_STATE_SCHEMA, state })
    }
}
