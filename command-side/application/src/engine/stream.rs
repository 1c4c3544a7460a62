//! A stream as the engine holds it: its version and what its events add up to. What a stream is, its events say and
//! nothing else: no reader can ask for a stream as an account or as a transfer.

use domain::{ACCOUNT_STATE_SCHEMA, Account, EvolveError};
use events::recorded::{self, DecodeError, StreamKind};
use kernel::{Position, StreamId, Version};
use log::{FromVersion, HeldStream, ReadError, Snapshot, StreamRead, Wanted};

use super::state::State;

/// What is known of a stream.
#[derive(Clone, Debug)]
pub struct Stream {
    /// How many events it has.
    pub version: Version,
    /// What they add up to.
    pub state: State,
    /// Where the commit begins that holds the newest event that is in the log; 0 if there is none, or if the log does not say.
    pub newest: Position,
    /// Whether the log keeps a row for it.
    pub has_row: bool,
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
    #[error("events of stream {stream} must be fetched from the archive first")]
    NotFetched { stream: StreamId, wanted: Wanted },
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
    pub const EMPTY: Self =
        Self { version: Version::ZERO, state: State::Empty, newest: Position::ZERO, has_row: false };

    /// From where it is to be read on. Only accounts have snapshots; whether it is one shows when it is read.
    pub fn read_on(&self) -> FromVersion {
        match self.state {
            State::Empty => FromVersion::Snapshot { state_schema: ACCOUNT_STATE_SCHEMA },
            _ => FromVersion::After(self.version),
        }
    }

    /// The stream with what was read of it.
    pub fn load(mut self, stream: StreamId, read: StreamRead) -> Result<Self, FoldError> {
        let StreamRead { standing, state, events } = read;
        if let Some(snapshot) = state {
            let account: Account =
                serde_json::from_str(&snapshot.state).map_err(|source| FoldError::Snapshot { stream, source })?;
            self = Self { version: snapshot.version, state: State::Account(account), ..self };
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
        if let Some(standing) = standing {
            if standing.version != self.version {
                return Err(FoldError::Gap { stream, expected: self.version, found: standing.version });
            }
            self.placed(standing.newest, standing.has_row);
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

    /// Where its newest event stands in the log.
    pub fn placed(&mut self, newest: Position, has_row: bool) {
        (self.newest, self.has_row) = (newest, has_row);
    }

    /// What an append is to know of it. With its state, if that is to be kept.
    pub fn held(&self, stream: StreamId, with_state: bool) -> HeldStream {
        let state = if with_state { self.snapshot(stream) } else { None };
        HeldStream { stream, newest: self.newest, has_row: self.has_row, state }
    }

    /// Whether it has passed a multiple of `every` since it had `before` events.
    pub fn passed(&self, before: Version, every: i64) -> bool {
        every > 0 && self.version.number() / every > before.number() / every
    }

    /// The snapshot of it, if it is an account.
    pub fn snapshot(&self, stream: StreamId) -> Option<Snapshot> {
        let State::Account(account) = &self.state else { return None };
        let state = serde_json::to_string(account).ok()?;
        Some(Snapshot { stream, version: self.version, state_schema: account.state_schema(), state })
    }
}
