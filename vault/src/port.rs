//! What the rest of the bank asks of the vault. The Postgres adapter is behind it.
//!
//! Every call may be repeated: the log decides what is true, and the vault is brought up to it as often as it takes.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{CommitRef, ConsistencyToken, MemberId, Position, Sealed, StreamId, Version};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{DataKey, KeyEpoch, Names, VaultError};

/// A password as it may be stored: an argon2id string in PHC form.
#[derive(Clone, Debug)]
pub struct PasswordHash(pub SecretString);

/// What is kept of a sign-up that is under way.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its password.
    pub hash: PasswordHash,
    /// The characters that its password and login ids have in common, sealed under the member's data key; none of an earlier build.
    pub characters: Option<Sealed>,
    /// Whether it cannot be completed any more.
    pub ended: bool,
}

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

    /// The data key of somebody who owns an account: made if there is none, and kept until they are erased. Of somebody who was erased:
    /// [`VaultError::Erased`].
    async fn owner_key(&self, owner: MemberId) -> Result<DataKey, VaultError>;

    /// The data key, if it was not destroyed.
    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError>;
}

/// Passwords.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Keeps the password of a sign-up that is under way, and where the sign-up came from (a keyed hash), if that is known.
    async fn keep_pending(
        &self,
        sign_up: Uuid,
        member: MemberId,
        hash: &PasswordHash,
        origin: Option<Uuid>,
    ) -> Result<(), VaultError>;

    /// Keeps the sealed characters of that password, until it is settled or discarded.
    async fn keep_characters(&self, sign_up: Uuid, characters: &Sealed) -> Result<(), VaultError>;

    /// What is kept of a sign-up that is under way.
    async fn pending(&self, sign_up: Uuid) -> Result<Option<Pending>, VaultError>;

    /// A sign-up cannot be completed any more, because its contact became a member's. One that was completed is not touched.
    async fn end_pending(&self, sign_up: Uuid) -> Result<(), VaultError>;

    /// After a person became a member: the pending password becomes theirs under their login, and the key is kept for
    /// good. Does nothing the second time, and nothing for one who was erased meanwhile.
    async fn settle(&self, sign_up: Uuid, member: MemberId, login: StreamId) -> Result<(), VaultError>;

    /// After a sign-up came to nothing: its password and its provisional key are destroyed. Never touches a settled key.
    async fn discard(&self, sign_up: Uuid, member: MemberId) -> Result<(), VaultError>;

    /// Destroys what sign-ups left that never reached the log: provisional keys and pending passwords made before a time,
    /// which must be long enough ago that every event of those sign-ups has been processed. Returns how many. Sessions,
    /// revocations and password resets that were over by then go as well, and networks that were not used for half a year.
    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64, VaultError>;

    /// Who has this login, and the password.
    async fn by_login(&self, login: StreamId) -> Result<Option<(MemberId, PasswordHash)>, VaultError>;

    /// The password of a member.
    async fn of(&self, member: MemberId) -> Result<Option<PasswordHash>, VaultError>;

    /// Another password, in force since a place in the log; `false` if the member has none (was erased). A password that is in
    /// force since a later place stays. From where the member logged in before is forgotten: it may have been somebody else.
    async fn replace(&self, member: MemberId, hash: &PasswordHash, since: ConsistencyToken)
    -> Result<bool, VaultError>;

    /// The same password, hashed with more work; `false` if another one is in force by now.
    async fn rehash(&self, member: MemberId, from: &PasswordHash, to: &PasswordHash) -> Result<bool, VaultError>;
}

/// What lets a refresh be repeated by a client that lost its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshRetry {
    /// Digest of the token that was presented and the request's idempotency key.
    pub key: [u8; 32],
    /// The next refresh token, sealed so that only who has both can open it.
    pub answer: Sealed,
    /// For so long the same request gets the same answer, by the vault's clock: two servers may have different ones.
    pub grace: TimeDelta,
}

/// What came of a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The token was the current one; the new one is in force.
    Rotated {
        /// The session.
        session: Uuid,
        /// Whose.
        member: MemberId,
    },
    /// The token was used before by this very request, a moment ago. Nothing changed.
    Repeated {
        /// The session.
        session: Uuid,
        /// Whose.
        member: MemberId,
        /// The answer that was kept the first time.
        answer: Sealed,
        /// When that was.
        at: DateTime<Utc>,
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

/// A session, as it is shown to operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptSession {
    /// Its id.
    pub session: Uuid,
    /// When it ends if nobody refreshes it.
    pub expires_at: DateTime<Utc>,
    /// When it was ended before that.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Sessions: families of refresh tokens.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session with its first refresh token, if the password that was verified is still in force; whether it is. A
    /// password may be changed while a log-in waits, and an erased member has none.
    async fn open_session(
        &self,
        session: Uuid,
        member: MemberId,
        verified: &PasswordHash,
        token: TokenDigest,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, VaultError>;

    /// Exchanges a refresh token for the next one, atomically. With `retry`, the same request may be repeated for a time.
    async fn rotate(
        &self,
        presented: TokenDigest,
        next: TokenDigest,
        retry: Option<&RefreshRetry>,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Rotation, VaultError>;

    /// Ends one session and revokes it, also one that is not there: a vault that came back from a backup may not know it.
    /// `false` if it is not there or not the member's.
    async fn end_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError>;

    /// Ends one session that a member named, and revokes it. `false`, and nothing is revoked, if it is not known to be theirs.
    async fn end_own_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError>;

    /// Ends all sessions of a member but one, and revokes them. Returns which.
    async fn end_sessions(&self, member: MemberId, but: Option<Uuid>) -> Result<Vec<Uuid>, VaultError>;

    /// Forgets refresh tokens that were used before a time, which must be so long ago that none of them would still be good:
    /// one that comes again is unknown then, as one that expired. Returns how many.
    async fn forget_tokens(&self, used_before: DateTime<Utc>) -> Result<u64, VaultError>;
}

/// Something whose access tokens no longer count: a member's id, a session's, or that of a partner's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Counts up; ask for those after the last one seen.
    pub serial: i64,
    /// The member, the session or the key.
    pub subject: Uuid,
}

/// Which access tokens no longer count. Read by every server twice a second.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// All access tokens of a member count no more, for ever.
    async fn revoke_member(&self, member: MemberId) -> Result<(), VaultError>;

    /// The same; and waits as [`Self::known_everywhere`]. Whether all servers have read this one: one
    /// that was lost from sight, but still runs, refuses the tokens of sessions when it has read nothing for a while.
    async fn revoke_everywhere(&self, member: MemberId, limit: Duration) -> Result<bool, VaultError>;

    /// Waits, at most so long, until every server that reads revocations has read all that were made before. Whether all have.
    async fn known_everywhere(&self, limit: Duration) -> Result<bool, VaultError>;

    /// What was revoked after a serial; those of sessions are dropped when their access tokens have expired anyway.
    async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError>;
}

/// What a message says. The text belongs to the courier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The code of a sign-up: stream and serial say which.
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
    /// The code of a password reset; a reset has one.
    PasswordResetCode {
        /// The reset.
        reset: Uuid,
    },
    /// The contact was replaced by another: sent to the old one.
    ContactReplaced,
    /// The password was changed.
    PasswordChanged,
    /// Money came to an account of the member.
    MoneyReceived,
    /// A payment code of the member was charged.
    ChargePosted,
    /// Funds of the member were held.
    HoldPlaced,
    /// The member logged in from a new device or network.
    LoggedIn,
}

/// A message to be sent, as an event asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The position of the event that asks for it: one message for each, ever. Of a message that is part of a [`crate::NewNotification`]
    /// a number below zero, which the vault gives it.
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
    /// The contact that a code is bound to.
    pub code_contact: Option<StreamId>,
    /// To whose account it is put; none for what a member gets whatever was sent before. Not kept in the queue.
    pub charge: Option<Charge>,
}

/// To whose account a message is put: so many reach one contact, and one origin alone does not use them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The name of the contact.
    pub contact: StreamId,
    /// Who caused it; for a sign-up the vault knows where it came from.
    pub origin: Option<Uuid>,
}

/// How many messages reach one contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageBudget {
    /// In any hour.
    pub per_hour: u32,
    /// In any day.
    pub per_day: u32,
}

impl MessageBudget {
    /// How many of them one origin may cause: something is always left for others.
    pub fn of_one_origin(self) -> Self {
        let share = |all: u32| all.saturating_sub(all.div_ceil(5)).max(1);
        Self { per_hour: share(self.per_hour), per_day: share(self.per_day) }
    }
}

impl Default for MessageBudget {
    fn default() -> Self {
        Self { per_hour: 5, per_day: 20 }
    }
}

/// A code that was queued to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentCode {
    /// Which one of its sign-up, of its reset, or of its member's changes of contact.
    pub serial: u32,
    /// The contact that it is bound to; none in a sign-up, and in a message of an earlier build.
    pub contact: Option<StreamId>,
}

/// What became of messages that were to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// How many were held back, because the contact has had as many as may reach it.
    pub held: u64,
}

/// A message taken from the queue. Unless it is settled, it is due again when its lease is over.
#[derive(Clone, Debug)]
pub struct DueMessage {
    /// What was asked for.
    pub message: NewMessage,
    /// How often it was tried before.
    pub attempts: i32,
}

/// The durable queue of messages, and how far the events have been processed.
#[async_trait]
pub trait Messages: Send + Sync {
    /// The position up to which events were processed.
    async fn cursor(&self) -> Result<Position, VaultError>;

    /// The last commit of the log that the vault was brought up to, as far as it was noted: a log that does not hold it is
    /// another history.
    async fn noted_commit(&self) -> Result<Option<CommitRef>, VaultError>;

    /// Notes the last commit of the log.
    async fn note_commit(&self, commit: CommitRef) -> Result<(), VaultError>;

    /// Queues messages, as far as the budget of each contact goes, and moves the cursor, in one transaction; none if the
    /// cursor is not at `from`: another server was faster. Notes the last commit that was seen in the log with it: a cursor
    /// means nothing without the history that it counts in.
    async fn enqueue(
        &self,
        messages: &[NewMessage],
        budget: MessageBudget,
        now: DateTime<Utc>,
        from: Position,
        to: Position,
        seen: Option<CommitRef>,
    ) -> Result<Option<Queued>, VaultError>;

    /// Which codes of a sign-up, of a password reset, or of a member's changes of contact, were queued to be sent in the last days.
    async fn codes_sent(&self, subject: Uuid) -> Result<Vec<SentCode>, VaultError>;

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

    /// The pending messages of the queue, by channel; a channel without any is left out.
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
    pub oldest: Duration,
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
    /// What was destroyed: `data key`, `credential`, `sessions`, `messages`, `devices`, and how many of each.
    pub destroyed: Vec<(String, u64)>,
    /// The epochs of the key-encryption key that may have wrapped the data key and were not destroyed yet; none in a certificate
    /// from before epochs were counted, whose digest stays what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_epochs: Option<Vec<i64>>,
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

    /// The epochs of the key-encryption key, in their order.
    async fn key_epochs(&self) -> Result<Vec<KeyEpoch>, VaultError>;
}
