//! The real vault, breaking where a test wants it to.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{ConsistencyToken, MemberId, PartnerId, PartnerKeyId, Position, Sealed, StreamId};
use tokio::sync::Notify;
use uuid::Uuid;
use vault::{
    Certificate, Credentials, DataKey, DeviceCommand, DeviceOutcome, Devices, DueMessage, DuePush, Erasures,
    KeptPreferences, KeyEpoch, Keys, KnownNetworks, MessageBudget, Messages, Names, NewDevice, NewMessage,
    NewNotification, NotificationCursor, Notifications, PartnerQuota, Partners, PasswordHash, PasswordResets, Pending,
    PostgresVault, Queued, RefreshRetry, Revocation, Revocations, Rotation, SentCode, Sessions, TokenDigest,
    VaultError, WaitingMessages, WebhookSecrets, Webhooks, Wishes,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Break {
    /// It cannot be reached; nothing happens.
    Before,
    /// It does what is asked, and the answer is lost.
    After,
    /// It does what is asked, and the process that asked dies waiting for the answer.
    Death,
}

pub struct FaultyVault {
    pub real: PostgresVault,
    breaks: Mutex<HashMap<&'static str, Break>>,
    /// Most tests take codes from the vault and run no process runner: then every code counts as sent.
    pub all_codes_are_sent: AtomicBool,
    /// Told when somebody waits for an answer that never comes.
    pub dying: Notify,
}

impl FaultyVault {
    pub fn new(real: PostgresVault) -> Self {
        Self { real, breaks: Mutex::default(), all_codes_are_sent: AtomicBool::new(true), dying: Notify::new() }
    }

    /// The next call of this name breaks so.
    pub fn break_next(&self, call: &'static str, how: Break) {
        self.breaks.lock().unwrap_or_else(PoisonError::into_inner).insert(call, how);
    }

    pub fn has_broken(&self, call: &str) -> bool {
        !self.breaks.lock().unwrap_or_else(PoisonError::into_inner).contains_key(call)
    }

    pub(super) async fn through<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, VaultError>> + Send,
    ) -> Result<T, VaultError> {
        let how = self.breaks.lock().unwrap_or_else(PoisonError::into_inner).remove(call);
        if how == Some(Break::Before) {
            return Err(VaultError::Unavailable(format!("{call} does not get through").into()));
        }
        let done = work.await;
        match how {
            Some(Break::After) => Err(VaultError::Unavailable(format!("the answer of {call} is lost").into())),
            Some(Break::Death) => {
                self.dying.notify_one();
                std::future::pending().await
            }
            _ => done,
        }
    }
}

#[async_trait]
impl Keys for FaultyVault {
    fn names(&self) -> &Names {
        self.real.names()
    }

    async fn make_key(&self, member: MemberId) -> Result<DataKey, VaultError> {
        self.through("make_key", self.real.make_key(member)).await
    }

    async fn owner_key(&self, owner: MemberId) -> Result<DataKey, VaultError> {
        self.through("owner_key", self.real.owner_key(owner)).await
    }

    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError> {
        self.through("key", self.real.key(member)).await
    }
}

#[async_trait]
impl Credentials for FaultyVault {
    async fn keep_pending(
        &self,
        sign_up: Uuid,
        member: MemberId,
        hash: &PasswordHash,
        origin: Option<Uuid>,
    ) -> Result<(), VaultError> {
        self.through("keep_pending", self.real.keep_pending(sign_up, member, hash, origin)).await
    }

    async fn keep_characters(&self, sign_up: Uuid, characters: &Sealed) -> Result<(), VaultError> {
        self.through("keep_characters", self.real.keep_characters(sign_up, characters)).await
    }

    async fn pending(&self, sign_up: Uuid) -> Result<Option<Pending>, VaultError> {
        self.real.pending(sign_up).await
    }

    async fn end_pending(&self, sign_up: Uuid) -> Result<(), VaultError> {
        self.through("end_pending", self.real.end_pending(sign_up)).await
    }

    async fn settle(&self, sign_up: Uuid, member: MemberId, login: StreamId) -> Result<(), VaultError> {
        self.through("settle", self.real.settle(sign_up, member, login)).await
    }

    async fn discard(&self, sign_up: Uuid, member: MemberId) -> Result<(), VaultError> {
        self.through("discard", self.real.discard(sign_up, member)).await
    }

    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64, VaultError> {
        self.through("sweep", self.real.sweep(before)).await
    }

    async fn by_login(&self, login: StreamId) -> Result<Option<(MemberId, PasswordHash)>, VaultError> {
        self.real.by_login(login).await
    }

    async fn of(&self, member: MemberId) -> Result<Option<PasswordHash>, VaultError> {
        self.real.of(member).await
    }

    async fn replace(
        &self,
        member: MemberId,
        hash: &PasswordHash,
        since: ConsistencyToken,
    ) -> Result<bool, VaultError> {
        self.through("replace", self.real.replace(member, hash, since)).await
    }

    async fn rehash(&self, member: MemberId, from: &PasswordHash, to: &PasswordHash) -> Result<bool, VaultError> {
        self.real.rehash(member, from, to).await
    }
}

#[async_trait]
impl Sessions for FaultyVault {
    async fn open_session(
        &self,
        session: Uuid,
        member: MemberId,
        verified: &PasswordHash,
        token: TokenDigest,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, VaultError> {
        self.real.open_session(session, member, verified, token, expires_at).await
    }

    async fn rotate(
        &self,
        presented: TokenDigest,
        next: TokenDigest,
        retry: Option<&RefreshRetry>,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Rotation, VaultError> {
        self.real.rotate(presented, next, retry, now, expires_at).await
    }

    async fn end_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError> {
        self.real.end_session(session, member).await
    }

    async fn end_own_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError> {
        self.real.end_own_session(session, member).await
    }

    async fn end_sessions(&self, member: MemberId, but: Option<Uuid>) -> Result<Vec<Uuid>, VaultError> {
        self.real.end_sessions(member, but).await
    }

    async fn forget_tokens(&self, used_before: DateTime<Utc>) -> Result<u64, VaultError> {
        self.real.forget_tokens(used_before).await
    }
}

#[async_trait]
impl PasswordResets for FaultyVault {
    async fn note_reset(&self, reset: Uuid, origin: Option<Uuid>) -> Result<(), VaultError> {
        self.through("note_reset", self.real.note_reset(reset, origin)).await
    }

    async fn reset_origin(&self, reset: Uuid) -> Result<Option<Uuid>, VaultError> {
        self.real.reset_origin(reset).await
    }

    async fn settle_reset(
        &self,
        password: Uuid,
        member: MemberId,
        since: ConsistencyToken,
    ) -> Result<Vec<Uuid>, VaultError> {
        self.through("settle_reset", self.real.settle_reset(password, member, since)).await
    }
}

#[async_trait]
impl Webhooks for FaultyVault {
    async fn webhook_secrets(&self) -> Result<WebhookSecrets, VaultError> {
        self.through("webhook_secrets", self.real.webhook_secrets()).await
    }
}

#[async_trait]
impl KnownNetworks for FaultyVault {
    async fn knows_network(&self, login: StreamId, network: Uuid) -> Result<bool, VaultError> {
        self.real.knows_network(login, network).await
    }

    async fn remember_network(&self, member: MemberId, network: Uuid) -> Result<(), VaultError> {
        self.real.remember_network(member, network).await
    }
}

#[async_trait]
impl Devices for FaultyVault {
    async fn keep_device(
        &self,
        member: MemberId,
        command: DeviceCommand,
        device: &NewDevice,
        most: i64,
    ) -> Result<DeviceOutcome, VaultError> {
        self.through("keep_device", self.real.keep_device(member, command, device, most)).await
    }

    async fn remove_device(
        &self,
        member: MemberId,
        command: DeviceCommand,
        device: Uuid,
    ) -> Result<DeviceOutcome, VaultError> {
        self.through("remove_device", self.real.remove_device(member, command, device)).await
    }

    async fn set_preferences(
        &self,
        member: MemberId,
        command: DeviceCommand,
        preferences: &KeptPreferences,
    ) -> Result<DeviceOutcome, VaultError> {
        self.through("set_preferences", self.real.set_preferences(member, command, preferences)).await
    }
}

#[async_trait]
impl Notifications for FaultyVault {
    async fn notification_cursor(&self) -> Result<NotificationCursor, VaultError> {
        self.real.notification_cursor().await
    }

    async fn begin_notifications(&self, after: Position) -> Result<(), VaultError> {
        self.real.begin_notifications(after).await
    }

    async fn enqueue_notifications(
        &self,
        notifications: &[NewNotification],
        budget: MessageBudget,
        now: DateTime<Utc>,
        from: Position,
        to: Position,
    ) -> Result<bool, VaultError> {
        let queued = self.real.enqueue_notifications(notifications, budget, now, from, to);
        self.through("enqueue_notifications", queued).await
    }

    async fn wishes(&self, members: &[MemberId]) -> Result<Vec<Wishes>, VaultError> {
        self.real.wishes(members).await
    }

    async fn is_new_network(&self, member: MemberId, network: Uuid) -> Result<bool, VaultError> {
        self.real.is_new_network(member, network).await
    }

    async fn note_log_in(
        &self,
        member: MemberId,
        network: Uuid,
        notification: &NewNotification,
    ) -> Result<(), VaultError> {
        self.real.note_log_in(member, network, notification).await
    }

    async fn take_due_pushes(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DuePush>, VaultError> {
        self.real.take_due_pushes(now, lease_until, limit).await
    }

    async fn settle_push(&self, push: &DuePush) -> Result<(), VaultError> {
        self.real.settle_push(push).await
    }

    async fn postpone_push(&self, push: &DuePush, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError> {
        self.real.postpone_push(push, due_at, reason).await
    }

    async fn forget_token(&self, push: &DuePush) -> Result<(), VaultError> {
        self.real.forget_token(push).await
    }

    async fn waiting_pushes(&self) -> Result<u64, VaultError> {
        self.real.waiting_pushes().await
    }
}

#[async_trait]
impl Partners for FaultyVault {
    async fn revoke_key(&self, key: PartnerKeyId) -> Result<(), VaultError> {
        self.through("revoke_key", self.real.revoke_key(key)).await
    }

    async fn keep_quota(&self, partner: PartnerId, quota: PartnerQuota, position: Position) -> Result<(), VaultError> {
        self.through("keep_quota", self.real.keep_quota(partner, quota, position)).await
    }
}

#[async_trait]
impl Revocations for FaultyVault {
    async fn revoke_member(&self, member: MemberId) -> Result<(), VaultError> {
        self.through("revoke_member", self.real.revoke_member(member)).await
    }

    async fn known_everywhere(&self, limit: Duration) -> Result<bool, VaultError> {
        self.through("known_everywhere", self.real.known_everywhere(limit)).await
    }

    async fn revoke_everywhere(&self, member: MemberId, limit: Duration) -> Result<bool, VaultError> {
        self.through("revoke_everywhere", self.real.revoke_everywhere(member, limit)).await
    }

    async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError> {
        self.real.revoked_after(serial).await
    }
}

#[async_trait]
impl Messages for FaultyVault {
    async fn noted_commit(&self) -> Result<Option<kernel::CommitRef>, VaultError> {
        self.real.noted_commit().await
    }

    async fn note_commit(&self, commit: kernel::CommitRef) -> Result<(), VaultError> {
        self.real.note_commit(commit).await
    }

    async fn cursor(&self) -> Result<Position, VaultError> {
        self.through("cursor", self.real.cursor()).await
    }

    async fn enqueue(
        &self,
        messages: &[NewMessage],
        budget: MessageBudget,
        now: DateTime<Utc>,
        from: Position,
        to: Position,
        seen: Option<kernel::CommitRef>,
    ) -> Result<Option<Queued>, VaultError> {
        self.through("enqueue", self.real.enqueue(messages, budget, now, from, to, seen)).await
    }

    async fn codes_sent(&self, subject: Uuid) -> Result<Vec<SentCode>, VaultError> {
        let sent = self.real.codes_sent(subject).await?;
        let all = self.all_codes_are_sent.load(Ordering::Relaxed);
        Ok(if all { (1..=20).map(|serial| SentCode { serial, contact: None }).collect() } else { sent })
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DueMessage>, VaultError> {
        self.real.take_due(now, lease_until, limit).await
    }

    async fn settle_message(&self, position: Position) -> Result<(), VaultError> {
        self.real.settle_message(position).await
    }

    async fn postpone(&self, position: Position, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError> {
        self.real.postpone(position, due_at, reason).await
    }

    async fn waiting_messages(&self) -> Result<Vec<WaitingMessages>, VaultError> {
        self.real.waiting_messages().await
    }
}

#[async_trait]
impl Erasures for FaultyVault {
    async fn erase(
        &self,
        erasure: Uuid,
        member: MemberId,
        requested_by: &str,
        requested_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Certificate, VaultError> {
        self.through("erase", self.real.erase(erasure, member, requested_by, requested_at, now)).await
    }

    async fn destroy_again(&self, member: MemberId) -> Result<bool, VaultError> {
        self.through("destroy_again", self.real.destroy_again(member)).await
    }

    async fn certificate(&self, erasure: Uuid) -> Result<Option<Certificate>, VaultError> {
        self.real.certificate(erasure).await
    }

    async fn key_epochs(&self) -> Result<Vec<KeyEpoch>, VaultError> {
        self.real.key_epochs().await
    }
}
