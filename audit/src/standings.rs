//! The rows that say where each stream stands, and what is kept of it: the lock of an append, and a cache. They have to say what the
//! events say.

use events::recorded::Holder;
use kernel::MemberId;
use log::StreamRow;
use uuid::Uuid;

use crate::{
    fold::Fold,
    kept_state::{KeptState, SCHEMAS},
    streams::Stream,
};

/// Something that a row says and the events do not.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A position that stays the same as long as the row is wrong.
    pub position: i64,
    pub what: String,
}

/// How the state in a row fares.
#[derive(Debug)]
pub enum StateCheck {
    /// There is none.
    Absent,
    /// It is what the events add up to.
    Right,
    Wrong(Wrong),
    /// Of a schema that is not known here.
    UnknownSchema,
    /// It is of a version before the newest, and right in what never changes: the event of that version says the rest.
    Earlier {
        version: i64,
        state: KeptState,
    },
}

/// Holds where a row says that its stream stands against a fold that has read all that the row rests on.
pub fn check_place(row: &StreamRow, fold: &Fold) -> Option<Wrong> {
    let Some(stream) = fold.streams.find(row.stream.uuid()) else {
        let what =
            format!("stream {} is to stand at version {}, and the log does not hold it", row.stream, row.version);
        return Some(Wrong { position: row.first.max(1), what });
    };
    let is = |said: i64, known: i64| known == 0 || said == known;
    let mut wrong = Vec::new();
    let is_blocked = row.version != stream.version
        || stream.kind.is_some_and(|kind| kind.as_str() != row.kind)
        || !is(row.newest, stream.newest);
    if is_blocked {
        let kind = stream.kind.map_or("?", |kind| kind.as_str());
        wrong.push(format!(
            "stream {} is a {} at version {}, last in the commit at {}; its events say: a {kind} at version {}, in the commit at {}",
            row.stream, row.kind, row.version, row.newest, stream.version, stream.newest
        ));
    }
    if !is(row.first, stream.first) {
        wrong.push(format!("stream {} begins in the commit at {}, not at {}", row.stream, stream.first, row.first));
    }
    let owner = owner(row.stream.uuid(), fold);
    if row.owner != owner {
        let name = |owner: Option<MemberId>| owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string());
        wrong.push(format!("stream {} was opened for {}, not for {}", row.stream, name(owner), name(row.owner)));
    }
    // No append goes on with a row that says the wrong place, so the stream stays where it is; other fields do not stop it.
    let position = if is_blocked { stream.newest } else { stream.first };
    (!wrong.is_empty()).then(|| Wrong { position: position.max(1), what: wrong.join("; ") })
}

/// A stream that needs a row, and has none.
pub fn missing(id: Uuid, stream: &Stream) -> Wrong {
    let what = format!("stream {id} is at version {}, and no row says where it stands", stream.version);
    Wrong { position: stream.newest.max(1), what }
}

/// Holds the state in a row against the same fold.
pub fn check_state(row: &StreamRow, fold: &Fold) -> StateCheck {
    let stream = fold.streams.find(row.stream.uuid());
    let position = stream.map_or(row.first, |stream| stream.first).max(1);
    let wrong = |what: String| StateCheck::Wrong(Wrong { position, what: format!("stream {}: {what}", row.stream) });
    let (text, version, schema) = match (&row.state, row.state_version, row.state_schema) {
        (None, None, None) => return StateCheck::Absent,
        (Some(text), Some(version), Some(schema)) => (text, version, schema),
        _ => return wrong("a part of a state is kept".to_owned()),
    };
    if version < 1 || version > row.version {
        return wrong(format!("a state at version {version} is kept, and the stream is at {}", row.version));
    }
    if !SCHEMAS.contains(&schema) {
        return StateCheck::UnknownSchema;
    }
    let Some(account) = fold.ledger.accounts.get(&row.stream.uuid()) else {
        return wrong("a state is kept, and it is no account".to_owned());
    };
    let state = match KeptState::read(schema, text) {
        Ok(state) => state,
        Err(error) => return wrong(format!("the state at version {version} cannot be read: {error}")),
    };
    if let Some(differs) = state.differs_in_what_stays(account) {
        return wrong(wrong_state(version, &differs));
    }
    if stream.is_none_or(|stream| stream.version != version) {
        return StateCheck::Earlier { version, state };
    }
    match state.differs(&account.left_at(version)) {
        Some(differs) => wrong(wrong_state(version, &differs)),
        None => StateCheck::Right,
    }
}

/// A state that is not what the events up to its version add up to.
pub fn wrong_state(version: i64, differs: &str) -> String {
    format!("the state at version {version} says {differs}")
}

/// The member that an account was opened for.
fn owner(stream: Uuid, fold: &Fold) -> Option<MemberId> {
    match &fold.ledger.accounts.get(&stream)?.holder {
        Holder::Member { owner, .. } => Some(*owner),
        Holder::System { .. } => None,
    }
}
