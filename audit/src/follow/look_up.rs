//! What a row says of the past and the fold does not keep: it is looked up in the log, some at a time.

use std::collections::{BTreeMap, HashMap};

use events::recorded;
use kernel::{CommandId, StreamId, Version};
use log::ReadError;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Follower;
use crate::{
    account::Left,
    findings::Rule,
    kept_state::{self, KeptState},
    standings::{self, Wrong},
};

/// So many are made before the log is read on.
const AT_ONCE: usize = 8;
/// So many versions a state may be behind its stream. The event of its version is walked to from the newest one.
const BEHIND: i64 = 10_000;

/// A state of a version before the newest.
struct EarlierState {
    version: i64,
    newest: i64,
    state: KeptState,
    position: i64,
    /// Names the very text.
    text: u64,
}

/// What is to be looked up.
#[derive(Default)]
pub struct LookUps {
    states: BTreeMap<Uuid, EarlierState>,
    /// Where rows say that streams begin.
    openings: BTreeMap<Uuid, i64>,
    /// States that were looked up and found right: of this version, with this text.
    right: HashMap<Uuid, (i64, u64)>,
}

impl LookUps {
    /// Has a state looked up, unless the same was found right before; true if it was.
    pub fn state(
        &mut self,
        stream: Uuid,
        (version, newest): (i64, i64),
        state: KeptState,
        (position, text): (i64, &str),
    ) -> bool {
        let text = u64::from_be_bytes(*Sha256::digest(text).first_chunk().unwrap_or(&[0; 8]));
        let is_known = self.right.get(&stream) == Some(&(version, text));
        if !is_known {
            self.states.insert(stream, EarlierState { version, newest, state, position: position.max(1), text });
        }
        is_known
    }

    /// Has it looked up where a stream begins that has the id of its command.
    pub fn opening(&mut self, stream: Uuid, said: i64) {
        self.openings.insert(stream, said);
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.states.len() + self.openings.len()
    }
}

impl Follower {
    /// Makes some look-ups. One that cannot be made now is made again.
    pub(super) async fn look_up(&mut self) -> Result<(), ReadError> {
        for _ in 0..AT_ONCE {
            let Some((stream, said)) = self.rows.look_ups.openings.first_key_value().map(|(id, said)| (*id, *said))
            else {
                break;
            };
            self.look_up_opening(stream, said).await?;
            self.rows.look_ups.openings.remove(&stream);
        }
        for _ in 0..AT_ONCE {
            let Some(stream) = self.rows.look_ups.states.first_key_value().map(|(id, _)| *id) else { break };
            self.look_up_state(stream).await?;
            self.rows.look_ups.states.remove(&stream);
        }
        Ok(())
    }

    async fn look_up_opening(&mut self, stream: Uuid, said: i64) -> Result<(), ReadError> {
        let opens = |commit: &log::Commit| {
            commit.events.iter().any(|event| event.stream.uuid() == stream && event.version == Version::new(1))
        };
        let first = match self.log.find_commits(&[CommandId::new(stream)]).await {
            Ok(commits) => commits.iter().find(|commit| opens(commit)).map(|commit| commit.first.number()),
            Err(ReadError::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        match first {
            Some(first) => {
                self.state.fold.streams.opened_at(stream, first);
                let what = || format!("stream {stream} begins in the commit at {first}, not at {said}");
                let wrong = (first != said).then(|| Wrong { position: first, what: what() });
                self.hold(Rule::Standings, wrong);
            }
            // It may be in the archive.
            None if self.log.detached().await?.number() > 0 => {}
            None => {
                let what = format!("stream {stream} was opened by the command of its id, which is not found at {said}");
                self.hold(Rule::Standings, Some(Wrong { position: said.max(1), what }));
            }
        }
        Ok(())
    }

    async fn look_up_state(&mut self, stream: Uuid) -> Result<(), ReadError> {
        let Some(EarlierState { version, newest, .. }) = self.rows.look_ups.states.get(&stream) else { return Ok(()) };
        let (version, is_far) = (*version, newest - version > BEHIND);
        let event = match is_far {
            true => None,
            false => match self.log.read_event(StreamId::new(stream), Version::new(version)).await {
                Ok(event) => event,
                Err(ReadError::Damaged { .. }) => None,
                Err(error) => return Err(error),
            },
        };
        let is_away = event.is_none() && (is_far || self.log.detached().await?.number() > 0);
        let Some(EarlierState { state, position, text, .. }) = self.rows.look_ups.states.get(&stream) else {
            return Ok(());
        };
        let position = *position;
        let recorded = event
            .and_then(|event| recorded::Event::decode(&event.event_type, event.schema_version, &event.payload).ok());
        let differs = match recorded.as_ref().and_then(kept_state::left_by) {
            // What the event does not say is known if nothing has changed it since.
            Some(left) => state.differs(&self.left(stream, version, left)),
            None if is_away => {
                self.rows.skip();
                return Ok(());
            }
            None => Some("what no event says".to_owned()),
        };
        let text = *text;
        if differs.is_none() {
            self.rows.look_ups.right.insert(stream, (version, text));
        }
        let wrong = differs.map(|differs| Wrong {
            position,
            what: format!("stream {stream}: {}", standings::wrong_state(version, &differs)),
        });
        self.hold(Rule::States, wrong);
        Ok(())
    }

    /// What an account came to at a version whose event says a part of it.
    fn left(&self, stream: Uuid, version: i64, left: Left) -> Left {
        let account = self.state.fold.ledger.accounts.get(&stream);
        left.or(account.map(|account| account.left_at(version)).unwrap_or_default())
    }
}
