//! What the vault keeps of operators: what they log in with, and their sessions.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{OperatorId, OperatorRole, Version};
use uuid::Uuid;

use crate::{PasswordHash, TokenDigest, VaultError};

/// What is kept of the credentials with one number.
#[derive(Clone, Debug, Default)]
pub struct OperatorCredentials {
    /// The password; none as long as the first one counts.
    pub hash: Option<PasswordHash>,
    /// Who they are at the provider of identities, if that was ever asked.
    pub subject: Option<String>,
}

/// From where somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPlace {
    /// The address; of IPv6 the network.
    pub address: String,
    /// What the program said of itself.
    pub agent: String,
}

/// How an operator proved who they are.
#[derive(Clone, Debug)]
pub enum OperatorProof {
    /// With this password, which has to be in force still; none is the first one.
    Password(Option<PasswordHash>),
    /// By the provider of identities.
    Provider,
}

/// A session that is to be opened.
#[derive(Clone, Debug)]
pub struct NewOperatorSession {
    /// Its id.
    pub session: Uuid,
    /// Whose.
    pub operator: OperatorId,
    /// The operator's stream as it was read: a session that a later event ends is not opened any more.
    pub version: Version,
    /// The number of the credentials that were given.
    pub number: u32,
    /// How they proved who they are.
    pub proof: OperatorProof,
    /// What they log in with.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// The digest of its refresh token.
    pub token: TokenDigest,
    /// From where.
    pub place: SessionPlace,
    /// Now.
    pub began_at: DateTime<Utc>,
    /// When it ends in any case.
    pub ends_at: DateTime<Utc>,
}

/// A session of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSession {
    /// Its id.
    pub session: Uuid,
    /// Whose.
    pub operator: OperatorId,
    /// What they log in with.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// From where.
    pub began: SessionPlace,
    /// When it was last refreshed.
    pub used_at: DateTime<Utc>,
    /// From where.
    pub used: SessionPlace,
    /// When it ends in any case.
    pub ends_at: DateTime<Utc>,
}

/// Operators. The log says who they are; each call may be repeated.
#[async_trait]
pub trait Operators: Send + Sync {
    /// What is kept of an operator's credentials with this number; nothing of those with another.
    async fn operator_credentials(&self, operator: OperatorId, number: u32) -> Result<OperatorCredentials, VaultError>;

    /// Uses up the one-time code of a step; whether it was good still: not before the last one that was used, and of credentials that count.
    async fn use_operator_step(&self, operator: OperatorId, number: u32, step: i64) -> Result<bool, VaultError>;

    /// Another password; `false` if credentials with a higher number count.
    async fn replace_operator_password(
        &self,
        operator: OperatorId,
        number: u32,
        hash: &PasswordHash,
    ) -> Result<bool, VaultError>;

    /// Binds a subject of the provider of identities, if none is bound; whether this one is bound then.
    async fn bind_operator_subject(&self, operator: OperatorId, number: u32, subject: &str)
    -> Result<bool, VaultError>;

    /// Opens a session; `false` if a later event of the operator, or another password, is in force by now.
    async fn open_operator_session(&self, session: &NewOperatorSession) -> Result<bool, VaultError>;

    /// Notes that a session is used, by its refresh token, and gives it; none if there is none, or it has ended: by itself, too, after so
    /// long without use.
    async fn use_operator_session(
        &self,
        token: TokenDigest,
        place: &SessionPlace,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Option<OperatorSession>, VaultError>;

    /// The sessions of an operator that have not ended, the newest first.
    async fn operator_sessions(
        &self,
        operator: OperatorId,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Vec<OperatorSession>, VaultError>;

    /// Whether the operator ever logged in from this address, as far as sessions are kept.
    async fn knows_operator_address(&self, operator: OperatorId, address: &str) -> Result<bool, VaultError>;

    /// Ends one session and revokes it, also one that is not there: a vault that came back from a backup may not know it. `false` if it is
    /// another operator's.
    async fn end_operator_session(&self, session: Uuid, operator: OperatorId) -> Result<bool, VaultError>;

    /// Ends all sessions of an operator that were opened before this version of their stream, and revokes them; from now on none is opened on
    /// an older one. Returns which.
    async fn end_operator_sessions(&self, operator: OperatorId, before: Version) -> Result<Vec<Uuid>, VaultError>;

    /// Ends all sessions of an operator but one, and revokes them. Returns which.
    async fn end_other_operator_sessions(&self, operator: OperatorId, but: Uuid) -> Result<Vec<Uuid>, VaultError>;

    /// Forgets sessions that were over before a time.
    async fn forget_operator_sessions(&self, before: DateTime<Utc>) -> Result<u64, VaultError>;
}
