//! A public event with what one needs to pass it on.

use kernel::{AccountId, LogId, MemberId, Position};
use uuid::Uuid;

use crate::{CloudEvent, EventCursor, EventType, nats};

/// A public event, with its place and who may hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicEvent {
    /// The log that it was made from.
    pub log: LogId,
    /// The position of the recorded event that it was made from.
    pub position: Position,
    /// Its number among those made from the same recorded event, from 0.
    pub number: u16,
    /// Its type.
    pub event_type: EventType,
    /// The account it concerns: whoever owns it may hear of it.
    pub account: Option<AccountId>,
    /// Who may hear of it beside the owner of the account: a member, or a partner. Where neither is given, only operators and services may.
    pub owner: Option<MemberId>,
    /// What is kept in order.
    pub partition_key: Uuid,
    /// The event itself.
    pub event: CloudEvent,
}

impl PublicEvent {
    /// Its place among all public events of the log.
    pub fn cursor(&self) -> EventCursor {
        EventCursor { position: self.position, number: self.number }
    }

    /// The subject it is published to in a stream.
    pub fn subject(&self, stream: &str) -> String {
        nats::subject(stream, self.event_type, self.partition_key)
    }

    /// Whether a member or a partner may hear of it. `owns` says whether an account is theirs. Operators and services may hear of everything.
    pub fn may_be_told(&self, who: MemberId, owns: impl FnOnce(AccountId) -> bool) -> bool {
        self.owner == Some(who) || self.account.is_some_and(owns)
    }

    /// The headers of its message in JetStream, with the names of [`nats`].
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            (nats::CONTENT_TYPE, CloudEvent::CONTENT_TYPE.to_owned()),
            (nats::MESSAGE_ID, self.event.id.to_string()),
            (nats::POSITION, self.cursor().to_string()),
            (nats::LOG, self.log.to_string()),
        ];
        headers.extend(self.account.map(|account| (nats::ACCOUNT, account.to_string())));
        headers.extend(self.owner.map(|owner| (nats::OWNER, owner.to_string())));
        headers
    }
}
