//! The streams a decision rests on, as they were read.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use contracts::recorded::{DecodeError, MemberRecorded, Recorded, StreamKind};
use domain::{
    Owner,
    member::{Person, Reservation, SignUp, StateReader},
};
use kernel::{MemberId, Place, StreamId, Version};
use log::{FromVersion, OwnedAccounts, ReadError, ReadStreams};

use super::{
    accounts::{self, AccountsError, OpenAccount},
    translating::{name_event, person_event, sign_up_event},
};
use crate::{
    executor::stream::{FoldError, check_place},
    stored,
};

/// What was read. A stream that was looked for and is not here is wanted: read it, and decide again.
#[derive(Default)]
pub struct UnitOfWork {
    held: HashMap<StreamId, Vec<Recorded>>,
    wanted: Mutex<BTreeSet<StreamId>>,
    open_accounts: HashMap<MemberId, Vec<OpenAccount>>,
    wanted_accounts: Mutex<BTreeSet<MemberId>>,
}

/// Why the streams cannot be read.
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
    #[error("a stream cannot be folded")]
    Fold(#[source] FoldError),
    #[error("the accounts of a member are not known")]
    Accounts(#[source] AccountsError),
}

impl UnitOfWork {
    /// Reads what was looked for in vain; whether there was anything. Accounts are read after the streams: whoever looks for
    /// an owner and their accounts knows of every account that was opened before the owner's version.
    pub async fn read_wanted(&mut self, log: &(impl ReadStreams + OwnedAccounts + ?Sized)) -> Result<bool, LoadError> {
        let wanted = std::mem::take(&mut *self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        let members = std::mem::take(&mut *self.wanted_accounts.lock().unwrap_or_else(PoisonError::into_inner));
        let any = !wanted.is_empty() || !members.is_empty();
        if !wanted.is_empty() {
            self.read_streams(wanted, log).await?;
        }
        for member in members {
            let open = accounts::not_closed(log, member).await.map_err(LoadError::Accounts)?;
            self.open_accounts.insert(member, open);
        }
        Ok(any)
    }

    async fn read_streams(
        &mut self,
        wanted: BTreeSet<StreamId>,
        log: &(impl ReadStreams + ?Sized),
    ) -> Result<(), LoadError> {
        let asked: Vec<_> = wanted.into_iter().map(|id| (id, FromVersion::After(Version::ZERO))).collect();
        let read = log.read_streams(&asked).await.map_err(LoadError::Read)?;
        for ((stream, _), (_, events)) in asked.into_iter().zip(read) {
            let mut held: Vec<Recorded> = Vec::with_capacity(events.len());
            for event in events {
                let recorded = Recorded::decode(&event.event_type, event.schema_version, &event.payload)
                    .map_err(|source| LoadError::Event { stream, source })?;
                let kind = held.first().map(Recorded::stream_kind);
                check_place(stream, event.version, kind, &recorded).map_err(LoadError::Fold)?;
                held.push(recorded);
            }
            let owner = held.iter().filter_map(stored::owner_event).try_fold(Owner::default(), |o, e| o.evolve(&e));
            let version = Version::new(held.len() as i64);
            owner.map_err(|source| LoadError::Fold(FoldError::Sequence { stream, version, source }))?;
            self.held.insert(stream, held);
        }
        Ok(())
    }

    /// Reads one stream, whatever it is.
    pub async fn of(stream: StreamId, log: &(impl ReadStreams + OwnedAccounts + ?Sized)) -> Result<Self, LoadError> {
        let mut unit = Self::default();
        unit.version(stream);
        unit.read_wanted(log).await?;
        Ok(unit)
    }

    /// The accounts of a member that are not closed; none if they were not looked at before, and then they are wanted. To be
    /// asked after the owner, so that none is missed.
    pub fn open_accounts(&self, member: MemberId) -> Option<&[OpenAccount]> {
        let open = self.open_accounts.get(&member).map(Vec::as_slice);
        if open.is_none() {
            self.wanted_accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(member);
        }
        open
    }

    /// The version a stream has; that of a new one if it was not looked at.
    pub fn version(&self, stream: StreamId) -> Version {
        Version::new(self.events(stream).len() as i64)
    }

    /// What a stream is; none if it is new, or was not looked at.
    pub fn kind(&self, stream: StreamId) -> Option<StreamKind> {
        self.events(stream).first().map(Recorded::stream_kind)
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

impl StateReader for UnitOfWork {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        let events = self.member_events(id).filter_map(|(_, event)| sign_up_event(event));
        events.fold(None, |state, event| SignUp::evolve(state, &event))
    }

    fn name(&self, id: StreamId) -> Reservation {
        let events = self.member_events(id).filter_map(|(_, event)| name_event(event));
        events.fold(Reservation::default(), |name, event| name.evolve(&event))
    }

    fn person(&self, id: MemberId) -> Option<Person> {
        let events = self.member_events(StreamId::new(id.uuid())).filter_map(|(_, event)| person_event(event));
        events.fold(None, |state, event| Person::evolve(state, &event))
    }

    fn owner(&self, id: MemberId) -> Owner {
        // What cannot be folded was refused when it was read.
        let events = self.events(id.owner_stream()).iter().filter_map(stored::owner_event);
        events.fold(Owner::default(), |owner, event| owner.evolve(&event).unwrap_or(owner))
    }
}
