//! What is asked of the members' use cases, and what they answer.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use domain::member::{Channel, CodeRules, Consents, Contact, LoginId, RealName};
use kernel::{CommandId, ConsistencyToken, CorrelationId};
use log::Fingerprint;
use secrecy::SecretString;
use tokio::time::Instant;
use uuid::Uuid;
use vault::{MessageBudget, PasswordHash};

use crate::{PresentedToken, RevokedTokens};

/// What belongs to the request a command came in.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Derived from principal and idempotency key: the same request has the same id for ever.
    pub command_id: CommandId,
    /// What was asked for, as a digest keyed with the vault's secret: passwords are in it.
    pub fingerprint: Fingerprint,
    /// Follows the request through every process.
    pub correlation: CorrelationId,
    /// After this the command is dropped undecided.
    pub deadline: Instant,
    /// The token it came with, if it came with one that can be revoked.
    pub token: Option<PresentedToken>,
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

/// A wish to become a member. The password has been checked, and hashed.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// What they will log in with.
    pub login_id: LoginId,
    /// Their password, hashed.
    pub password_hash: PasswordHash,
    /// By what they are reached.
    pub contact: Contact,
    /// Their name.
    pub real_name: RealName,
    /// What they agree to.
    pub consents: Consents,
    /// Where the wish came from, as a keyed hash; none if nothing is known. Messages are charged to it.
    pub origin: Option<Uuid>,
}

/// A code is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeSent {
    /// The sign-up, or the member whose contact is to change.
    pub id: Uuid,
    /// When the code ends.
    pub expires_at: DateTime<Utc>,
    /// When another may be asked for.
    pub resend_after: DateTime<Utc>,
}

/// What only the member and an operator with a reason may see.
#[derive(Clone, Debug)]
pub struct PersonalData {
    /// What they log in with.
    pub login_id: SecretString,
    /// Their name.
    pub real_name: SecretString,
    /// By what they are reached.
    pub contact: SecretString,
    /// Of which kind that is.
    pub channel: Channel,
    /// When they became a member.
    pub joined_at: DateTime<Utc>,
}

/// Whether anything may still be done for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStanding {
    /// Everything.
    Active,
    /// Nothing any more.
    Erasing,
    /// There is nothing left to do it for.
    Erased,
}

/// How the use cases are set.
#[derive(Clone, Debug)]
pub struct MemberOptions {
    /// How long sign-ups and codes live, and how often they may be tried.
    pub codes: CodeRules,
    /// How often a command is decided again after another took its streams.
    pub attempts: u32,
    /// How long after a revocation every server is sure to know of it.
    pub revoked_everywhere: Duration,
    /// How often the process runner looks for work if nothing wakes it.
    pub poll: Duration,
    /// How old what a sign-up left in the vault is, at least, when it is swept; counted from when it could have ended.
    pub sweep_margin: TimeDelta,
    /// How many messages reach one contact.
    pub messages: MessageBudget,
    /// Whose tokens count no more: looked at once more before a command is written.
    pub revoked: Option<Arc<dyn RevokedTokens>>,
}

impl Default for MemberOptions {
    fn default() -> Self {
        Self {
            codes: CodeRules::default(),
            attempts: 20,
            revoked_everywhere: Duration::from_secs(3),
            poll: Duration::from_millis(250),
            sweep_margin: TimeDelta::hours(1),
            messages: MessageBudget::default(),
            revoked: None,
        }
    }
}
