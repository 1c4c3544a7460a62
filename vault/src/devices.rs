//! The devices of members, and what members want to be told.

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use kernel::{CommandId, MemberId, Place, Sealed, StreamId, Version};
use uuid::Uuid;

use crate::VaultError;

/// A command on devices or preferences, as it is recognised when it comes again.
#[derive(Clone, Copy, Debug)]
pub struct DeviceCommand {
    /// Its id, which derives from the member and the idempotency key.
    pub id: CommandId,
    /// What was asked for, as a keyed hash.
    pub fingerprint: [u8; 16],
}

/// What came of a [`DeviceCommand`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceOutcome {
    /// It is done.
    Done {
        /// Whether an earlier request did it.
        replayed: bool,
    },
    /// The member has as many devices as there may be. The refusal is kept.
    TooMany {
        /// Whether an earlier request was refused.
        replayed: bool,
    },
    /// The id was used for something else.
    KeyReused,
    /// There is no such device. Nothing is kept.
    Unknown,
}

/// A device, as its member registers it.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its id, which the app chose.
    pub device: Uuid,
    /// `android`, `ios` or `web`.
    pub platform: &'static str,
    /// The push token.
    pub token: Sealed,
    /// A keyed hash of the token.
    pub token_name: Uuid,
    /// What the member is shown of the token.
    pub masked: Sealed,
    /// In which language it is told.
    pub locale: String,
    /// The name of its time zone.
    pub zone: String,
}

impl NewDevice {
    /// Where the token of a device is sealed.
    pub fn token_place(device: Uuid) -> Place {
        Place { stream: StreamId::new(device), version: Version::ZERO, field: "push_token" }
    }

    /// Where the part of it is sealed that its member is shown.
    pub fn masked_place(device: Uuid) -> Place {
        Place { stream: StreamId::new(device), version: Version::ZERO, field: "masked_push_token" }
    }
}

/// A device, as it is shown to its member.
#[derive(Clone, Debug)]
pub struct KeptDevice {
    /// Its id.
    pub device: Uuid,
    /// `android`, `ios` or `web`.
    pub platform: String,
    /// What the member is shown of the token.
    pub masked: Sealed,
    /// In which language it is told.
    pub locale: String,
    /// The name of its time zone.
    pub zone: String,
    /// When it was first registered.
    pub registered_at: DateTime<Utc>,
    /// When it was last registered.
    pub changed_at: DateTime<Utc>,
}

/// What a member wants to be told, in words that only the bank knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPreferences {
    /// The kinds that are pushed.
    pub push: Vec<String>,
    /// The kinds that are mailed.
    pub email: Vec<String>,
    /// From when until when pushes wait, by the clocks of each device.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
}

/// The devices of members, and their preferences. A member without a data key is [`VaultError::Erased`].
#[async_trait]
pub trait Devices: Send + Sync {
    /// Registers a device, or what changed of it; refused if the member has `most` others. A token that was another's is theirs no more:
    /// whoever held the device before is not told on it.
    async fn keep_device(
        &self,
        member: MemberId,
        command: DeviceCommand,
        device: &NewDevice,
        most: i64,
    ) -> Result<DeviceOutcome, VaultError>;

    /// Forgets a device, and the pushes that wait for it.
    async fn remove_device(
        &self,
        member: MemberId,
        command: DeviceCommand,
        device: Uuid,
    ) -> Result<DeviceOutcome, VaultError>;

    /// Sets what a member wants to be told. Pushes that wait for the end of quiet hours are looked at again.
    async fn set_preferences(
        &self,
        member: MemberId,
        command: DeviceCommand,
        preferences: &KeptPreferences,
    ) -> Result<DeviceOutcome, VaultError>;
}
