//! Devices and preferences of members: kept in the vault and not in the log.
//!
//! A push token is personal and changes often, and nothing is decided on it. The vault keeps the id of each command with what was asked for, so
//! that a repetition is recognised there as others are in the log.

use kernel::{ConsistencyToken, MemberId, NotificationKind};
use log::ReadError;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{DeviceCommand, DeviceOutcome, KeptPreferences, NewDevice, VaultError};

use super::{AuthError, AuthService};
use crate::{
    ExecuteError, MemberError, Meta, Receipt,
    engine::read_failed,
    notifications::{DeviceRegistration, MOST_DEVICES, NotificationPreferences},
};

impl AuthService {
    /// Registers a device of a member, or what changed of it.
    pub(super) async fn keep_device(
        &self,
        member: MemberId,
        device: Uuid,
        registration: &DeviceRegistration,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        let at = self.begin(meta).await?;
        let key = self.vault().key(member).await?.ok_or(MemberError::MemberUnknown)?;
        let token = registration.token.secret();
        let masked = SecretString::from(registration.token.masked());
        let device = NewDevice {
            device,
            platform: registration.platform.as_str(),
            token: key.seal(&NewDevice::token_place(device), token)?,
            token_name: Uuid::from_bytes(self.vault().names().throttle("push token", token.expose_secret())),
            masked: key.seal(&NewDevice::masked_place(device), &masked)?,
            locale: registration.locale.as_str().to_owned(),
            zone: registration.zone.name().to_owned(),
        };
        drop(key);
        receipt(self.vault().keep_device(member, recognised(meta), &device, MOST_DEVICES).await, at)
    }

    /// Forgets a device of a member.
    pub(super) async fn remove_device(
        &self,
        member: MemberId,
        device: Uuid,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        let at = self.begin(meta).await?;
        receipt(self.vault().remove_device(member, recognised(meta), device).await, at)
    }

    /// Sets what a member wants to be told.
    pub(super) async fn set_notifications(
        &self,
        member: MemberId,
        preferences: &NotificationPreferences,
        meta: Meta,
    ) -> Result<Receipt<()>, AuthError> {
        let at = self.begin(meta).await?;
        let words = |kinds: &[NotificationKind]| kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        let kept = KeptPreferences {
            push: words(&preferences.push),
            email: words(&preferences.email),
            quiet: preferences.quiet.map(|quiet| (quiet.begin(), quiet.end())),
        };
        receipt(self.vault().set_preferences(member, recognised(meta), &kept).await, at)
    }

    /// What has to hold before anything is kept: the token still counts, and the log has no command of this id. Tells where the log ends.
    async fn begin(&self, meta: Meta) -> Result<ConsistencyToken, AuthError> {
        if meta.token.is_some_and(|token| token.is_refused(self.revoked())) {
            return Err(MemberError::from(ExecuteError::TokenRefused).into());
        }
        let log = &self.0.parts.log;
        let unreadable = |error: ReadError| AuthError::from(MemberError::from(read_failed(&error)));
        if !log.find_commits(&[meta.command_id]).await.map_err(unreadable)?.is_empty() {
            return Err(MemberError::from(ExecuteError::KeyReused).into());
        }
        let head = log.head().await.map_err(unreadable)?;
        Ok(ConsistencyToken::of(head.log, head.commit))
    }
}

fn recognised(meta: Meta) -> DeviceCommand {
    DeviceCommand { id: meta.command_id, fingerprint: meta.fingerprint.0 }
}

fn receipt(outcome: Result<DeviceOutcome, VaultError>, token: ConsistencyToken) -> Result<Receipt<()>, AuthError> {
    match outcome {
        Ok(DeviceOutcome::Done { replayed }) => Ok(Receipt { answer: (), replayed, token }),
        Ok(DeviceOutcome::TooMany { replayed }) => {
            Err(AuthError::Refused { code: "too-many-devices", tries_left: None, replayed, token })
        }
        Ok(DeviceOutcome::KeyReused) => Err(MemberError::from(ExecuteError::KeyReused).into()),
        Ok(DeviceOutcome::Unknown) => Err(MemberError::DeviceUnknown.into()),
        Err(VaultError::Erased) => Err(MemberError::MemberUnknown.into()),
        Err(error) => Err(error.into()),
    }
}
