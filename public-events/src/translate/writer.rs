//! Writes public events: ids, envelopes, places.

use std::borrow::Cow;

use kernel::{AccountId, LogId, MemberId, Position, Version};
use log::Commit;
use serde::Serialize;
use uuid::Uuid;

use super::error::TranslateError;
use crate::{CloudEvent, EventType, PublicEvent};

/// The namespace of the ids of public events.
const PUBLIC_EVENTS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f70_7562_6c69_6300_0001);

/// Whom an event concerns.
#[derive(Clone, Copy, Default)]
pub(super) struct Audience {
    account: Option<AccountId>,
    owner: Option<MemberId>,
    sequence: Option<Version>,
}

impl Audience {
    /// Nobody but operators and services.
    pub(super) const OPERATORS: Self = Self { account: None, owner: None, sequence: None };

    /// The owner of an account that this event changed, and the version it has after it.
    pub(super) fn changed(account: AccountId, version: Version) -> Self {
        Self { account: Some(account), sequence: Some(version), ..Self::OPERATORS }
    }

    /// The owner of an account that did not change, if there is an account.
    pub(super) fn of_account(account: Option<AccountId>) -> Self {
        Self { account, ..Self::OPERATORS }
    }

    /// A member or a partner, if there is one.
    pub(super) fn owner(owner: Option<MemberId>) -> Self {
        Self { owner, ..Self::OPERATORS }
    }

    /// Also this member or partner.
    pub(super) fn and_owner(self, owner: Option<MemberId>) -> Self {
        Self { owner, ..self }
    }
}

/// Collects the public events of a commit.
pub(super) struct Writer<'c> {
    log: LogId,
    commit: &'c Commit,
    position: Position,
    number: u16,
    events: Vec<PublicEvent>,
}

impl<'c> Writer<'c> {
    pub(super) fn new(log: LogId, commit: &'c Commit) -> Self {
        Self { log, commit, position: Position::ZERO, number: 0, events: Vec::new() }
    }

    /// What follows is made from the event at this position.
    pub(super) fn stand_at(&mut self, position: Position) {
        (self.position, self.number) = (position, 0);
    }

    /// Adds an event about `subject`.
    pub(super) fn tell(
        &mut self,
        event_type: EventType,
        subject: Uuid,
        audience: Audience,
        data: &impl Serialize,
    ) -> Result<(), TranslateError> {
        let Audience { account, owner, sequence } = audience;
        let position = self.position;
        let data = serde_json::to_value(data).map_err(|source| TranslateError::Json { position, source })?;
        let partition_key = account.map(AccountId::uuid).or(owner.map(MemberId::uuid)).unwrap_or(subject);
        let event = CloudEvent {
            id: self.id(),
            source: format!("/jangbu/{}", self.log),
            specversion: Cow::Borrowed(CloudEvent::SPEC_VERSION),
            event_type: Cow::Borrowed(event_type.name()),
            subject: subject.to_string(),
            time: self.commit.recorded_at,
            datacontenttype: Cow::Borrowed(CloudEvent::DATA_CONTENT_TYPE),
            dataschema: Cow::Borrowed(event_type.schema_name()),
            sequence: sequence.map(|version| format!("{:019}", version.number())),
            partitionkey: partition_key.to_string(),
            correlationid: self.commit.correlation.to_string(),
            data,
        };
        let (log, number) = (self.log, self.number);
        self.number = number.saturating_add(1);
        self.events.push(PublicEvent { log, position, number, event_type, account, owner, partition_key, event });
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<PublicEvent> {
        self.events
    }

    /// The same for the same place of the same log, whatever is made of it later.
    fn id(&self) -> Uuid {
        let mut name = self.log.uuid().as_bytes().to_vec();
        name.extend(self.position.number().to_be_bytes());
        name.extend(self.number.to_be_bytes());
        Uuid::new_v5(&PUBLIC_EVENTS, &name)
    }
}
