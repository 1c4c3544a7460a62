//! A stream as the engine holds it: its version and what its events add up to. What a stream is, its events say and
//! nothing else: no reader can ask for a stream as an account or as a transfer.

use domain::{ACCOUNT_STATE_SCHEMA, Account, EvolveError, Owner, Transfer, member::Reservation};
use events::recorded::{self, AccountNumberEvent, DecodeError, MemberEvent, SignUpEvent, StreamKind};
use kernel::{AccountId, StreamId, Version};
use log::{Event, FromVersion, ReadError, Snapshot};

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
    /// No events.
    Empty,
    /// An account.
    Account(Account),
    /// The account that bears an account number.
    Number(AccountId),
    /// A transfer.
    Transfer(Transfer),
    /// An owner of accounts.
    Owner(Owner),
    /// A sign-up, as its events: what is sealed in them is needed again. The first has version 1.
    SignUp(Vec<SignUpEvent>),
    /// A name.
    Reservation(Reservation),
    /// A member, as their events: what is sealed in them is needed again. The first has version 1.
    Member(Vec<MemberEvent>),
    /// A command that was refused: nothing is decided on it.
    RefusedCommand,
}

/// Why a stream cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error("stream {stream} cannot be read; run `jangbu log verify`")]
    Damaged {
        stream: StreamId,
        #[source]
        source: ReadError,
    },
    #[error("an event of stream {stream} cannot be read; run `jangbu log verify`")]
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
    #[error("stream {stream} has version {found} where {expected} belongs; run `jangbu log verify`")]
    Gap { stream: StreamId, expected: Version, found: Version },
    #[error("stream {stream} is of kind {kind}, but version {version} is of kind {found}; run `jangbu log verify`")]
    Kind { stream: StreamId, version: Version, kind: StreamKind, found: StreamKind },
    #[error("version {version} of stream {stream} cannot follow on the versions before; run `jangbu log verify`")]
    Sequence {
        stream: StreamId,
        version: Version,
        #[source]
        source: EvolveError,
    },
}

/// Checks that an event may take a version of a stream, by the kind of the events before it.
fn check_place(
    stream: StreamId,
    version: Version,
    before: Option<StreamKind>,
    recorded: &recorded::Event,
) -> Result<(), FoldError> {
    let recorded::EventType { kind: found, opens_stream, .. } = recorded.event_type();
    match before {
        Some(kind) if kind != found => Err(FoldError::Kind { stream, version, kind, found }),
        Some(_) if opens_stream => Err(FoldError::Sequence { stream, version, source: EvolveError::OpenedTwice }),
        Some(_) | None => Ok(()),
    }
}

impl Stream {
    /// A stream without events.
    pub const EMPTY: Self = Self { version: Version::ZERO, state: State::Empty };

    /// From where it is to be read on. Only accounts have snapshots; whether it is one shows when it is read.
    pub fn read_on(&self) -> FromVersion {
        match self.state {
            State::Empty => FromVersion::Snapshot { state_schema: ACCOUNT_STATE_SCHEMA },
            _ => FromVersion::After(self.version),
        }
    }

    /// The stream with what was read of it.
    pub fn load(mut self, stream: StreamId, read: (Option<Snapshot>, Vec<Event>)) -> Result<Self, FoldError> {
        let (snapshot, events) = read;
        if let Some(snapshot) = snapshot {
            let account: Account =
                serde_json::from_str(&snapshot.state).map_err(|source| FoldError::Snapshot { stream, source })?;
            self = Self { version: snapshot.version, state: State::Account(account) };
        }
        for event in events {
            let expected = self.version.next();
            if event.version != expected {
                return Err(FoldError::Gap { stream, expected, found: event.version });
            }
            let recorded = recorded::Event::decode(&event.event_type, event.schema_version, &event.payload)
                .map_err(|source| FoldError::Event { stream, source })?;
            self.apply(stream, &recorded)?;
        }
        Ok(self)
    }

    /// Puts one more event on the stream. After an error the stream is worth nothing: it is read again.
    pub fn apply(&mut self, stream: StreamId, recorded: &recorded::Event) -> Result<(), FoldError> {
        let version = self.version.next();
        check_place(stream, version, self.state.kind(), recorded)?;
        let before = std::mem::replace(&mut self.state, State::Empty);
        self.state = before.after(recorded).map_err(|source| FoldError::Sequence { stream, version, source })?;
        self.version = version;
        Ok(())
    }

    /// Whether another batch is likely to need it: accounts, their numbers and their owners.
    pub fn is_worth_keeping(&self) -> bool {
        matches!(self.state, State::Account(_) | State::Number(_) | State::Owner(_))
    }

    /// Whether it has passed a multiple of `every` since it had `before` events.
    pub fn passed(&self, before: Version, every: i64) -> bool {
        every > 0 && self.version.number() / every > before.number() / every
    }

    /// The snapshot of it, if it is an account.
    pub fn snapshot(&self, stream: StreamId) -> Option<Snapshot> {
        let State::Account(account) = &self.state else { return None };
        let state = serde_json::to_string(account).ok()?;
        Some(Snapshot { stream, version: self.version, state_schema: ACCOUNT_STATE_SCHEMA, state })
    }
}

impl State {
    /// The kind of the stream; none before its first event.
    pub fn kind(&self) -> Option<StreamKind> {
        Some(match self {
            Self::Empty => return None,
            Self::Account(_) => StreamKind::Account,
            Self::Number(_) => StreamKind::AccountNumber,
            Self::Transfer(_) => StreamKind::Transfer,
            Self::Owner(_) => StreamKind::Owner,
            Self::SignUp(_) => StreamKind::SignUp,
            Self::Reservation(_) => StreamKind::Reservation,
            Self::Member(_) => StreamKind::Member,
            Self::RefusedCommand => StreamKind::RefusedCommand,
        })
    }

    /// The state after an event of the same kind.
    fn after(self, event: &recorded::Event) -> Result<Self, EvolveError> {
        Ok(match event {
            recorded::Event::Account(event) => {
                let account = if let Self::Account(account) = self { Some(account) } else { None };
                Self::Account(Account::evolve(account, event)?)
            }
            recorded::Event::AccountNumber(AccountNumberEvent::Assigned(assigned)) => Self::Number(assigned.account),
            recorded::Event::Transfer(event) => {
                let transfer = if let Self::Transfer(transfer) = self { Some(transfer) } else { None };
                Self::Transfer(Transfer::evolve(transfer, event)?)
            }
            recorded::Event::Owner(event) => {
                let owner = if let Self::Owner(owner) = self { owner } else { Owner::default() };
                Self::Owner(owner.evolve(event)?)
            }
            recorded::Event::SignUp(event) => {
                let mut events = if let Self::SignUp(events) = self { events } else { Vec::new() };
                events.push(event.clone());
                Self::SignUp(events)
            }
            recorded::Event::Reservation(event) => {
                let name = if let Self::Reservation(name) = self { name } else { Reservation::default() };
                Self::Reservation(name.evolve(event))
            }
            recorded::Event::Member(event) => {
                let mut events = if let Self::Member(events) = self { events } else { Vec::new() };
                events.push(event.clone());
                Self::Member(events)
            }
            recorded::Event::RefusedCommand(_) => Self::RefusedCommand,
        })
    }
}
