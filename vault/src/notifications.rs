//! Telling members what happens to their money: the queue of pushes, and how far the log was followed for it.

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use kernel::{MemberId, Position, Sealed};
use uuid::Uuid;

use crate::{MessageBudget, NewMessage, VaultError};

/// Why a push waits that is not to disturb anybody: it is looked at again when preferences change.
pub const QUIET_HOURS: &str = "quiet hours";

/// Something that a member is told, on each device that they want to be told it on.
#[derive(Clone, Debug)]
pub struct NewNotification {
    /// Its id: the same if the same event is followed again.
    pub id: Uuid,
    /// Whom.
    pub member: MemberId,
    /// What of, in a word of the bank.
    pub kind: &'static str,
    /// What its words need.
    pub about: String,
    /// When it happened. Devices that were registered later are not told.
    pub at: DateTime<Utc>,
    /// After this it is not worth sending.
    pub until: DateTime<Utc>,
    /// The mail that says the same, if the member wants one. The vault gives it its number.
    pub mail: Option<NewMessage>,
}

/// How far the log was followed for notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationCursor {
    /// Up to here; none if it never was.
    pub position: Option<Position>,
    /// Whether any member has a device, or wants mail.
    pub anybody: bool,
}

/// What a member wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Who.
    pub member: MemberId,
    /// Whether they have a device.
    pub has_devices: bool,
    /// The kinds that are mailed.
    pub email: Vec<String>,
    /// Since when; what happened before is not mailed.
    pub since: Option<DateTime<Utc>>,
}

/// A push taken from the queue. Unless it is settled, it is due again when its lease is over.
#[derive(Clone, Debug)]
pub struct DuePush {
    /// The notification.
    pub id: Uuid,
    /// Whom.
    pub member: MemberId,
    /// On which device.
    pub device: Uuid,
    /// What of.
    pub kind: String,
    /// What its words need.
    pub about: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// After this it is not worth sending.
    pub until: DateTime<Utc>,
    /// Where to.
    pub token: Sealed,
    /// A keyed hash of the token.
    pub token_name: Uuid,
    /// In which language.
    pub locale: String,
    /// The name of the device's time zone.
    pub zone: String,
    /// The member's quiet hours.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
    /// Whether the member still wants to be told this.
    pub is_wanted: bool,
    /// How often it was taken before.
    pub attempts: i64,
}

/// The durable queue of pushes.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// How far the log was followed, and whether there is anybody to follow it for.
    async fn notification_cursor(&self) -> Result<NotificationCursor, VaultError>;

    /// Begins to follow the log after this position, unless that was done before.
    async fn begin_notifications(&self, after: Position) -> Result<(), VaultError>;

    /// Queues notifications for the devices whose members want them, the mails among them as far as the budget of each member
    /// goes, and moves the cursor, in one transaction. `false`, and nothing is queued, if the cursor is not at `from`: another server was faster.
    async fn enqueue_notifications(
        &self,
        notifications: &[NewNotification],
        budget: MessageBudget,
        now: DateTime<Utc>,
        from: Position,
        to: Position,
    ) -> Result<bool, VaultError>;

    /// What these members want; those who have neither a device nor a wish are left out.
    async fn wishes(&self, members: &[MemberId]) -> Result<Vec<Wishes>, VaultError>;

    /// Whether a member never logged in from this network, as far as is known.
    async fn is_new_network(&self, member: MemberId, network: Uuid) -> Result<bool, VaultError>;

    /// The member logged in from a network: it is remembered. If it is new, the notification is queued in the same transaction.
    async fn note_log_in(
        &self,
        member: MemberId,
        network: Uuid,
        notification: &NewNotification,
    ) -> Result<(), VaultError>;

    /// Takes pushes that are due, for a time.
    async fn take_due_pushes(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DuePush>, VaultError>;

    /// The push was sent, or is not worth sending any more: it is forgotten.
    async fn settle_push(&self, push: &DuePush) -> Result<(), VaultError>;

    /// The push cannot be sent now: try again later. `reason` holds nothing personal.
    async fn postpone_push(&self, push: &DuePush, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError>;

    /// The token of the push is good for nothing: its device is forgotten, unless it has another token by now.
    async fn forget_token(&self, push: &DuePush) -> Result<(), VaultError>;

    /// How many pushes wait.
    async fn waiting_pushes(&self) -> Result<u64, VaultError>;
}
