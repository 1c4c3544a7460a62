//! Devices and preferences.

use async_trait::async_trait;
use database::{Pool, Transaction};
use kernel::{MemberId, Sealed};
use uuid::Uuid;

use super::{PostgresVault, classify::failed, store::lock_member};
use crate::{DeviceCommand, DeviceOutcome, Devices, KeptDevice, KeptPreferences, NewDevice, QUIET_HOURS, VaultError};

#[async_trait]
impl Devices for PostgresVault {
    async fn keep_device(
        &self,
        member: MemberId,
        command: DeviceCommand,
        device: &NewDevice,
        most: i64,
    ) -> Result<DeviceOutcome, VaultError> {
        let mut transaction = self.begin_command(member).await?;
        if let Some(outcome) = before(&mut transaction, command).await? {
            return Ok(outcome);
        }
        let others = sqlx::query_scalar!(
            r#"select count(*) as "count!" from vault.devices
               where member_id = $1 and device_id <> $2 and token_name <> $3"#,
            member.uuid(),
            device.device,
            device.token_name
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        let is_refused = others >= most;
        if !is_refused {
            upsert(&mut transaction, member, device).await?;
            look_again(&mut transaction, member).await?;
        }
        note(&mut transaction, member, command, is_refused).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(match is_refused {
            true => DeviceOutcome::TooMany { replayed: false },
            false => DeviceOutcome::Done { replayed: false },
        })
    }

    async fn remove_device(
        &self,
        member: MemberId,
        command: DeviceCommand,
        device: Uuid,
    ) -> Result<DeviceOutcome, VaultError> {
        let mut transaction = self.begin_command(member).await?;
        if let Some(outcome) = before(&mut transaction, command).await? {
            return Ok(outcome);
        }
        let removed =
            sqlx::query!("delete from vault.devices where member_id = $1 and device_id = $2", member.uuid(), device)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        if removed.rows_affected() == 0 {
            return Ok(DeviceOutcome::Unknown);
        }
        note(&mut transaction, member, command, false).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(DeviceOutcome::Done { replayed: false })
    }

    async fn set_preferences(
        &self,
        member: MemberId,
        command: DeviceCommand,
        preferences: &KeptPreferences,
    ) -> Result<DeviceOutcome, VaultError> {
        let mut transaction = self.begin_command(member).await?;
        if let Some(outcome) = before(&mut transaction, command).await? {
            return Ok(outcome);
        }
        let (from, until) = preferences.quiet.unzip();
        sqlx::query!(
            "insert into vault.notification_preferences (member_id, push, email, quiet_from, quiet_until)
             values ($1, $2, $3, $4, $5)
             on conflict (member_id) do update
                 set push = excluded.push, email = excluded.email, quiet_from = excluded.quiet_from,
                     quiet_until = excluded.quiet_until, changed_at = excluded.changed_at",
            member.uuid(),
            &preferences.push,
            &preferences.email,
            from,
            until
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        look_again(&mut transaction, member).await?;
        note(&mut transaction, member, command, false).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(DeviceOutcome::Done { replayed: false })
    }
}

impl PostgresVault {
    /// Begins a command of a member; two of one member wait for each other.
    async fn begin_command(&self, member: MemberId) -> Result<Transaction<'static>, VaultError> {
        let mut transaction = self.store.begin().await?;
        match lock_member(&mut transaction, member).await? {
            true => Ok(transaction),
            false => Err(VaultError::Erased),
        }
    }
}

/// What came of the command before, if it came before.
async fn before(
    transaction: &mut Transaction<'static>,
    command: DeviceCommand,
) -> Result<Option<DeviceOutcome>, VaultError> {
    let known =
        sqlx::query!("select fingerprint, refused from vault.device_commands where command_id = $1", command.id.uuid())
            .fetch_optional(&mut **transaction)
            .await
            .map_err(failed)?;
    Ok(known.map(|known| match (known.fingerprint == command.fingerprint, known.refused) {
        (false, _) => DeviceOutcome::KeyReused,
        (true, true) => DeviceOutcome::TooMany { replayed: true },
        (true, false) => DeviceOutcome::Done { replayed: true },
    }))
}

async fn note(
    transaction: &mut Transaction<'static>,
    member: MemberId,
    command: DeviceCommand,
    is_refused: bool,
) -> Result<(), VaultError> {
    sqlx::query!(
        "insert into vault.device_commands (command_id, member_id, fingerprint, refused) values ($1, $2, $3, $4)",
        command.id.uuid(),
        member.uuid(),
        &command.fingerprint[..],
        is_refused
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)
    .map(drop)
}

/// The token leaves every other device first: a telephone that has another owner now tells nobody of the money of the one before.
async fn upsert(
    transaction: &mut Transaction<'static>,
    member: MemberId,
    device: &NewDevice,
) -> Result<(), VaultError> {
    sqlx::query!(
        "delete from vault.devices where token_name = $1 and (member_id, device_id) <> ($2, $3)",
        device.token_name,
        member.uuid(),
        device.device
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    sqlx::query!(
        "insert into vault.devices (member_id, device_id, platform, token, token_name, masked, locale, zone)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (member_id, device_id) do update
             set platform = excluded.platform, token = excluded.token, token_name = excluded.token_name,
                 masked = excluded.masked, locale = excluded.locale, zone = excluded.zone,
                 changed_at = excluded.changed_at",
        member.uuid(),
        device.device,
        device.platform,
        device.token.as_str(),
        device.token_name,
        device.masked.as_str(),
        device.locale,
        device.zone
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Pushes that wait for the end of quiet hours are due: other hours, or clocks of another zone, may count for them now.
async fn look_again(transaction: &mut Transaction<'static>, member: MemberId) -> Result<(), VaultError> {
    sqlx::query!(
        "update vault.pushes set due_at = '-infinity' where member_id = $1 and reason = $2",
        member.uuid(),
        QUIET_HOURS
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// The devices of a member, in the order in which they were registered.
pub(super) async fn devices(pool: &Pool, member: MemberId) -> Result<Vec<KeptDevice>, VaultError> {
    let rows = sqlx::query!(
        "select device_id, platform, masked, locale, zone, registered_at, changed_at from vault.devices
         where member_id = $1 order by registered_at, device_id",
        member.uuid()
    )
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    let kept = rows.into_iter().map(|row| KeptDevice {
        device: row.device_id,
        platform: row.platform,
        masked: Sealed::new(row.masked),
        locale: row.locale,
        zone: row.zone,
        registered_at: row.registered_at,
        changed_at: row.changed_at,
    });
    Ok(kept.collect())
}

/// What a member wants to be told; none if they never said.
pub(super) async fn preferences(pool: &Pool, member: MemberId) -> Result<Option<KeptPreferences>, VaultError> {
    let row = sqlx::query!(
        "select push, email, quiet_from, quiet_until from vault.notification_preferences where member_id = $1",
        member.uuid()
    )
    .fetch_optional(pool)
    .await
    .map_err(failed)?;
    Ok(row.map(|row| KeptPreferences { push: row.push, email: row.email, quiet: row.quiet_from.zip(row.quiet_until) }))
}
