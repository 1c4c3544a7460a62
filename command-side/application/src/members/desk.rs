//! The streams a decision rests on, as they were read.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use contracts::recorded::{DecodeError, MemberRecorded, Recorded};
use domain::member::{Known, Name, Person, SignUp};
use kernel::{MemberId, Place, StreamId, Version};
use log::{FromVersion, ReadError, ReadStreams};

use super::translating::{name_event, person_event, sign_up_event};

/// What was read. A stream that was looked for and is not here is wanted: read it, and decide again.
#[derive(Default)]
pub struct Desk {
    held: HashMap<StreamId, Vec<Recorded>>,
    wanted: Mutex<BTreeSet<StreamId>>,
}

/// Why the desk cannot be laid.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("a stream cannot be read")]
    Read(#[source] ReadError),
    #[error("an event of stream {stream} cannot be read")]
    Event {
        stream: StreamId,
        #[source]
        source: DecodeError,
    },
}

impl Desk {
    /// Reads what was looked for in vain; whether there was anything.
    pub async fn read_wanted(&mut self, log: &(impl ReadStreams + ?Sized)) -> Result<bool, LoadError> {
        let wanted = std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        if wanted.is_empty() {
            return Ok(false);
        }
        let asked: Vec<_> = wanted.into_iter().map(|id| (id, FromVersion::After(Version::ZERO))).collect();
        let read = log.read_streams(&asked).await.map_err(LoadError::Read)?;
        for ((stream, _), (_, events)) in asked.into_iter().zip(read) {
            let decode = |event: log::Event| {
                Recorded::decode(&event.event_type, event.schema_version, &event.payload)
                    .map_err(|source| LoadError::Event { stream, source })
            };
            self.held.insert(stream, events.into_iter().map(decode).collect::<Result<_, _>>()?);
        }
        Ok(true)
    }

    /// Reads one stream, whatever it is.
    pub async fn of(stream: StreamId, log: &(impl ReadStreams + ?Sized)) -> Result<Self, LoadError> {
        let mut desk = Self::default();
        desk.version(stream);
        desk.read_wanted(log).await?;
        Ok(desk)
    }

    /// The version a stream has; that of a new one if it was not looked at.
    pub fn version(&self, stream: StreamId) -> Version {
        Version::new(self.events(stream).len() as i64)
    }

    /// The events of members on a stream, each with its version; no other kind of stream holds any.
    pub fn member_events(&self, stream: StreamId) -> impl DoubleEndedIterator<Item = (Version, &MemberRecorded)> {
        self.events(stream).iter().enumerate().filter_map(|(index, recorded)| match recorded {
            Recorded::Member(event) => Some((Version::new(index as i64 + 1), event)),
            _ => None,
        })
    }

    /// The newest event of a stream that this picks, and the place of a field of it.
    pub fn newest<'a, T>(
        &'a self,
        stream: StreamId,
        field: &'static str,
        pick: impl Fn(&'a MemberRecorded) -> Option<T>,
    ) -> Option<(Place, T)> {
        self.member_events(stream)
            .rev()
            .find_map(|(version, event)| Some((Place { stream, version, field }, pick(event)?)))
    }

    fn events(&self, stream: StreamId) -> &[Recorded] {
        match self.held.get(&stream) {
            Some(events) => events,
            None => {
                self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(stream);
                &[]
            }
        }
    }
}

impl Known for Desk {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        let events = self.member_events(id).filter_map(|(_, event)| sign_up_event(event));
        events.fold(None, |state, event| SignUp::evolve(state, &event))
    }

    fn name(&self, id: StreamId) -> Name {
        let events = self.member_events(id).filter_map(|(_, event)| name_event(event));
        events.fold(Name::default(), |name, event| name.evolve(&event))
    }

    fn person(&self, id: MemberId) -> Option<Person> {
        let events = self.member_events(StreamId::new(id.uuid())).filter_map(|(_, event)| person_event(event));
        events.fold(None, |state, event| Person::evolve(state, &event))
    }
}
