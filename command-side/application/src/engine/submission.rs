//! A command with the request it came in, and what is answered.

use std::{net::IpAddr, sync::Arc};

use kernel::{Actor, CommandId, ConsistencyToken, CorrelationId, MemberId};
use log::Fingerprint;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use traces::TraceContext;
use uuid::Uuid;

use crate::RevokedTokens;

/// What belongs to the request a command came in.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Derived from principal and idempotency key: the same request has the same id for ever.
    pub command_id: CommandId,
    /// What was asked for, as digest: tells a retry from another request under a used key. Of members' commands the digest is
    /// keyed with the vault's secret: passwords are in it.
    pub fingerprint: Fingerprint,
    /// Follows the request through every process.
    pub correlation: CorrelationId,
    /// After this the command is dropped undecided.
    pub deadline: Instant,
    /// The token it came with, if it came with one that can be revoked.
    pub token: Option<PresentedToken>,
    /// Where the spans of what is done for it belong.
    pub trace: TraceContext,
}

/// A command with everything that belongs to the request it came in.
#[derive(Clone, Debug)]
pub struct Submission<C> {
    /// Who asks; verified.
    pub actor: Actor,
    /// The request.
    pub meta: Meta,
    /// What is recorded of who asks beside their id, if it is an operator who logged in.
    pub act: Option<OperatorAct>,
    /// What to do.
    pub command: C,
}

/// That a command is the act of an operator who logged in. Their name is looked up when the command is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorAct {
    /// Why, in their words.
    pub reason: Arc<str>,
    /// Where it was sent from, as far as that is known.
    #[serde(default)]
    pub from: Option<IpAddr>,
}

/// The answer to a command, given only when it is durable, and the same for ever under the same command id.
#[derive(Clone, Debug)]
pub struct Receipt<T> {
    /// What came of it.
    pub answer: T,
    /// Whether it was decided by an earlier request with the same command id.
    pub replayed: bool,
    /// At least as fresh as this answer.
    pub token: ConsistencyToken,
}

impl<T> Receipt<T> {
    /// The same receipt for something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Receipt<U> {
        Receipt { answer: change(self.answer), replayed: self.replayed, token: self.token }
    }
}

/// Whose access token a command came with, and of which session. It is looked at again right before the command is
/// decided: a command may have waited, and what was revoked in the meantime moves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentedToken {
    /// Whose it is.
    pub subject: MemberId,
    /// The session it belongs to, if it does to one; of a partner's token the key that it was given for.
    pub session: Option<Uuid>,
}

impl PresentedToken {
    /// Whether it was revoked.
    pub fn is_refused(&self, revoked: &dyn RevokedTokens) -> bool {
        revoked.contains(self.subject.uuid()) || self.session.is_some_and(|session| revoked.contains(session))
    }

    /// Whether it is not known now if its session has ended.
    pub fn is_unsure(&self, revoked: &dyn RevokedTokens) -> bool {
        self.session.is_some() && revoked.are_outdated()
    }
}
