//! What the process runner has an eye on: sign-ups that may run out of time, and erasures under way. A fold of the log, kept
//! as a snapshot beside it so that a start need not read everything; dropped, it is folded again.

use std::{collections::BTreeMap, error::Error};

use chrono::{DateTime, Utc};
use contracts::recorded::MemberRecorded;
use kernel::{MemberId, Position, StreamId, Version};
use log::{FromVersion, Picked, Snapshot};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use super::{ProcessRunner, RoundError, SAVE_EVERY};

/// The shape and logic of [`Watching`]: a change of either takes the next number, and older snapshots are ignored.
const WATCHING_SCHEMA: i32 = 2;
/// Where the snapshot stands. No event will ever be on this stream.
const WATCHING: StreamId = StreamId::new(Uuid::from_u128(0x6a61_6e67_6275_5f62_8061_636b_6f66_6663));

/// What is watched, as of a position.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Watching {
    /// Everything up to here is in it.
    pub position: Position,
    /// The sign-ups that are not over.
    pub sign_ups: BTreeMap<Uuid, Pending>,
    /// The erasures that were asked for and are not done.
    pub erasures: BTreeMap<Uuid, Asked>,
}

/// A sign-up that is not over.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// When its time runs out.
    pub ends: DateTime<Utc>,
    /// The name of its contact.
    pub contact: StreamId,
}

/// Who is to be erased, and who asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Who is to be erased.
    pub member: MemberId,
    /// Who asked, as `role:id`.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Watching {
    /// Takes an event in. Taking the same run of events in again changes nothing.
    pub fn take_in(&mut self, picked: &Picked, event: &MemberRecorded) {
        let stream = picked.event.stream.uuid();
        match event {
            MemberRecorded::SignUpStarted(started) => {
                let (ends, contact) = (started.expires_at, started.contact_key);
                self.sign_ups.insert(stream, Pending { ends, contact });
            }
            MemberRecorded::SignUpCompleted(_) | MemberRecorded::SignUpEnded(_) => {
                self.sign_ups.remove(&stream);
            }
            MemberRecorded::ErasureRequested(requested) => {
                let (by, at) = (picked.actor.to_string(), picked.recorded_at);
                self.erasures.insert(requested.erasure, Asked { member: MemberId::new(stream), by, at });
            }
            MemberRecorded::MemberErased(erased) => {
                self.erasures.remove(&erased.erasure);
            }
            _ => {}
        }
    }
}

impl ProcessRunner {
    /// What was being watched when it was last saved, by this server or another.
    pub(super) async fn load(&self) -> Result<Watching, RoundError> {
        let asked = [(WATCHING, FromVersion::Snapshot { state_schema: WATCHING_SCHEMA })];
        let read = self.members.shared.log.read_streams(&asked).await.map_err(RoundError::Log)?;
        let snapshot = read.into_iter().next().and_then(|(snapshot, _)| snapshot);
        Ok(snapshot.and_then(|snapshot| serde_json::from_str(&snapshot.state).ok()).unwrap_or_default())
    }

    /// Saves what is watched now and then. Losing it costs a later start some reading, nothing else.
    pub(super) async fn save(&mut self) {
        let Some(watching) = &self.watching else { return };
        let position = watching.position;
        let due = match self.saved {
            None => true,
            Some((when, saved)) => when.elapsed() >= SAVE_EVERY && saved < position,
        };
        if !due || position == Position::ZERO {
            return;
        }
        let Ok(state) = serde_json::to_string(watching) else { return };
        let version = Version::new(position.number());
        let snapshot = Snapshot { stream: WATCHING, version, state_schema: WATCHING_SCHEMA, state };
        if let Err(error) = self.members.shared.log.save_snapshots(&[snapshot]).await {
            tracing::warn!(error = &error as &dyn Error, "what the process runner watches could not be saved");
        }
        self.saved = Some((Instant::now(), position));
    }
}
