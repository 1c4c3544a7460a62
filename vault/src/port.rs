//! What the rest of the bank asks of the vault. The Postgres adapter is behind it.
//!
//! Every call may be repeated: the log decides what is true, and the vault is brought after it as often as it takes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{MemberId, Position, Sealed, StreamId, Version};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{DataKey, Names, VaultError};

/// A password as it may be stored: an argon2id string in PHC form.
#[derive(Clone, Debug)]
pub struct PasswordHash(pub SecretString);

/// Digest of a refresh token; the token itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TokenDigest(pub [u8; 32]);

/// The members' data keys, and what is derived from the vault's own secret.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Keyed hashes of names, codes and fingerprints.
    fn names(&self) -> &Names;

    /// The data key of somebody who signs up: made if there is none. It is provisional until [`Credentials::settle`].
    async fn make_key(&self, member: MemberId) -> Result<DataKey, VaultError>;

    /// The data key, if it was not destroyed.
    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError>;
}

/// Passwords.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Keeps the password of a sign-up that is under way.
    async fn keep_pending(&self, sign_up: Uuid, member: MemberId, hash: &PasswordHash) -> Result<(), VaultError>;

    /// After a person became a member: the pending password becomes theirs under their login, and the key is kept for
    /// good. Does nothing the second time, and nothing for one who was erased meanwhile.
    async fn settle(&self, sign_up: Uuid, member: MemberId, login: StreamId) -> Result<(), VaultError>;

    /// After a sign-up came to nothing: its password and its provisional key are destroyed. Never touches a settled key.
    async fn discard(&self, sign_up: Uuid, member: MemberId) -> Result<(), VaultError>;

    /// Destroys what sign-ups left that never reached the log: provisional keys and pending passwords made before a time,
    /// which must be long enough ago that every event of those sign-ups has been worked off. Tells how many. Sessions and
    /// revocations that were over by then go as well.
    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64, VaultError>;

    /// Who has this login, and the password.
    async fn by_login(&self, login: StreamId) -> Result<Option<(MemberId, PasswordHash)>, VaultError>;

    /// The password of a member.
    async fn of(&self, member: MemberId) -> Result<Option<PasswordHash>, VaultError>;

    /// Another password; `false` if the member has none (was erased).
    async fn replace(&self, member: MemberId, hash: &PasswordHash) -> Result<bool, VaultError>;
}

/// What came of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The token was the current one; the new one is in force.
    Rotated {
        /// The session.
        session: Uuid,
        /// Whose.
        member: MemberId,
    },
    /// The token was used before: someone copied it. The session has been ended and revoked.
    Reused {
        /// The session.
        session: Uuid,
        /// Whose.
        member: MemberId,
    },
    /// No such token, or its session is over.
    Unknown,
}

/// Sessions: families of refresh tokens.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session with its first refresh token.
    async fn open_session(
        &self,
        session: Uuid,
        member: MemberId,
        token: TokenDigest,
        expires_at: DateTime<Utc>,
    ) -> Result<(), VaultError>;

    /// Exchanges a refresh token for the next one, atomically.
    async fn rotate(
        &self,
        presented: TokenDigest,
        next: TokenDigest,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Rotation, VaultError>;

    /// Ends one session and revokes it; `false` if it is not there or not the member's.
    async fn end_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError>;

    /// Ends all sessions of a member but one, and revokes them. Tells which.
    async fn end_sessions(&self, member: MemberId, but: Option<Uuid>) -> Result<Vec<Uuid>, VaultError>;
}

/// Something whose access tokens no longer count: a member's id, or a session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Counts up; ask for those after the last one seen.
    pub serial: i64,
    /// The member or the session.
    pub subject: Uuid,
}

/// Which access tokens no longer count. Read by every server once a second.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// All access tokens of a member count no more, for ever.
    async fn revoke_member(&self, member: MemberId) -> Result<(), VaultError>;

    /// What was revoked after a serial; those of sessions are dropped when their access tokens have expired anyway.
    async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError>;
}

/// What a message says. The text belongs to the courier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The code of a sign-up: stream and serial tell which.
    SignUpCode {
        /// The sign-up.
        sign_up: Uuid,
        /// Which code.
        serial: u32,
    },
    /// Someone tried to sign up with the contact of a member.
    ContactIsMember,
    /// The code of a change of contact.
    ContactCode {
        /// Whose.
        member: MemberId,
        /// Which code.
        serial: u32,
    },
    /// The contact was replaced by another: told to the old one.
    ContactReplaced,
    /// The password was changed.
    PasswordChanged,
}

/// A message to be sent, as an event asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The position of the event that asks for it: one message for each, ever.
    pub position: Position,
    /// Under whose data key the contact is sealed.
    pub member: MemberId,
    /// `email` or `phone`.
    pub channel: &'static str,
    /// Where to.
    pub contact: Sealed,
    /// The stream of the event that holds the contact.
    pub stream: StreamId,
    /// The version of that event.
    pub version: Version,
    /// The field of that event.
    pub field: &'static str,
    /// What to say.
    pub notice: Notice,
    /// After this it is not worth sending.
    pub until: Option<DateTime<Utc>>,
}

/// A message taken from the queue. Unless it is settled, it is due again when its lease is over.
#[derive(Clone, Debug)]
pub struct DueMessage {
    /// What was asked for.
    pub message: NewMessage,
    /// How often it was tried before.
    pub attempts: i32,
}

/// The durable queue of messages, and how far the events have been worked off.
#[async_trait]
pub trait Messages: Send + Sync {
    /// The position up to which events were worked off.
    async fn cursor(&self) -> Result<Position, VaultError>;

    /// Queues messages and moves the cursor, in one transaction; `false` if the cursor is not at `from`: another server
    /// was faster.
    async fn enqueue(&self, messages: &[NewMessage], from: Position, to: Position) -> Result<bool, VaultError>;

    /// Takes messages that are due, for a time.
    async fn take_due(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DueMessage>, VaultError>;

    /// The message was sent, or is not worth sending any more: it is forgotten.
    async fn settle_message(&self, position: Position) -> Result<(), VaultError>;

    /// The message could not be sent: try again later. `reason` holds nothing personal.
    async fn postpone(&self, position: Position, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError>;

    /// What waits in the queue, by channel; a channel for which nothing waits is left out.
    async fn waiting_messages(&self) -> Result<Vec<WaitingMessages>, VaultError>;
}

/// The messages of one channel that were not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessages {
    /// Which channel.
    pub channel: String,
    /// How many.
    pub count: u64,
    /// How long the oldest of them has been waiting, by the database's clock.
    pub oldest: std::time::Duration,
}

/// Proof that a member was erased. Holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Certificate {
    /// The erasure.
    pub erasure_id: Uuid,
    /// Who was erased.
    pub member_id: MemberId,
    /// Who asked for it, as `role:id`.
    pub requested_by: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When the data key was destroyed.
    pub erased_at: DateTime<Utc>,
    /// What was destroyed: `data key`, `credential`, `sessions`, `messages`, and how many of each.
    pub destroyed: Vec<(String, u64)>,
}

/// Erasing.
#[async_trait]
pub trait Erasures: Send + Sync {
    /// Destroys the data key, the credential, sessions and waiting messages of a member, revokes the tokens, and keeps the
    /// certificate, all in one transaction. The second time it only gives the certificate kept the first time.
    async fn erase(
        &self,
        erasure: Uuid,
        member: MemberId,
        requested_by: &str,
        requested_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Certificate, VaultError>;

    /// Destroys a key that came back, with a backup, after its member was erased; whether there was one.
    async fn destroy_again(&self, member: MemberId) -> Result<bool, VaultError>;

    /// The certificate of an erasure.
    async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, VaultError>;
}

/// All of it.
pub trait Vault: Keys + Credentials + Sessions + Revocations + Messages + Erasures {}

impl<T: Keys + Credentials + Sessions + Revocations + Messages + Erasures> Vault for T {}
