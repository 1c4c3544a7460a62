//! Passwords.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{ConsistencyToken, MemberId, Sealed, StreamId};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{PostgresVault, classify::failed, store::lock_member};
use crate::{Credentials, PasswordHash, Pending, VaultError};

#[async_trait]
impl Credentials for PostgresVault {
    async fn keep_pending(
        &self,
        sign_up: Uuid,
        member: MemberId,
        hash: &PasswordHash,
        origin: Option<Uuid>,
    ) -> Result<(), VaultError> {
        sqlx::query!(
            "insert into vault.pending_passwords (sign_up, member_id, hash, origin) values ($1, $2, $3, $4)
             on conflict (sign_up) do update set hash = excluded.hash
                 where pending_passwords.member_id = excluded.member_id",
            sign_up,
            member.uuid(),
            hash.0.expose_secret(),
            origin
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn keep_characters(&self, sign_up: Uuid, characters: &Sealed) -> Result<(), VaultError> {
        sqlx::query!(
            "update vault.pending_passwords set characters = $2 where sign_up = $1",
            sign_up,
            characters.as_str()
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn pending(&self, sign_up: Uuid) -> Result<Option<Pending>, VaultError> {
        let row =
            sqlx::query!("select hash, characters, ended from vault.pending_passwords where sign_up = $1", sign_up)
                .fetch_optional(&self.store.pool)
                .await
                .map_err(failed)?;
        Ok(row.map(|row| Pending {
            hash: PasswordHash(row.hash.into()),
            characters: row.characters.map(Sealed::new),
            ended: row.ended,
        }))
    }

    async fn end_pending(&self, sign_up: Uuid) -> Result<(), VaultError> {
        sqlx::query!("update vault.pending_passwords set ended = true where sign_up = $1 and not ended", sign_up)
            .execute(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn settle(&self, sign_up: Uuid, member: MemberId, login: StreamId) -> Result<(), VaultError> {
        let mut transaction = self.store.begin().await?;
        // Without a data key the member was erased meanwhile: then nothing is kept, and what was pending goes too.
        if lock_member(&mut transaction, member).await? {
            sqlx::query!(
                "update vault.data_keys set settled = true where member_id = $1 and not settled",
                member.uuid()
            )
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
            sqlx::query!(
                "insert into vault.credentials (member_id, login, hash)
                 select member_id, $3, hash from vault.pending_passwords where sign_up = $1 and member_id = $2
                 on conflict (member_id) do nothing",
                sign_up,
                member.uuid(),
                login.uuid()
            )
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        sqlx::query!(
            "delete from vault.pending_passwords where sign_up = $1 and member_id = $2",
            sign_up,
            member.uuid()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn discard(&self, sign_up: Uuid, member: MemberId) -> Result<(), VaultError> {
        let mut transaction = self.store.begin().await?;
        sqlx::query!("delete from vault.data_keys where member_id = $1 and not settled", member.uuid())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query!(
            "delete from vault.pending_passwords where sign_up = $1 and member_id = $2",
            sign_up,
            member.uuid()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    async fn sweep(&self, before: DateTime<Utc>) -> Result<u64, VaultError> {
        let mut transaction = self.store.begin().await?;
        let keys = sqlx::query!("delete from vault.data_keys where not settled and made_at < $1", before)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let passwords = sqlx::query!("delete from vault.pending_passwords where made_at < $1", before)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        // Nobody asks for these any more; they are not counted, for they are no sign-up's.
        // Ended ones stay as long as an access token of theirs may be good.
        sqlx::query!(
            "delete from vault.sessions where expires_at < $1 or ended_at < $1::timestamptz - interval '1 day'",
            before
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        // A code lives for a day at most.
        sqlx::query!(
            "delete from vault.contact_messages where queued_at < least($1, clock_timestamp() - interval '2 days')",
            before
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        sqlx::query!("delete from vault.password_resets where made_at < $1", before)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query!("delete from vault.known_networks where seen_at < clock_timestamp() - interval '180 days'")
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query!("delete from vault.refresh_answers where until < clock_timestamp()")
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query!("delete from vault.revocations where until < $1", before)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(keys.rows_affected() + passwords.rows_affected())
    }

    async fn by_login(&self, login: StreamId) -> Result<Option<(MemberId, PasswordHash)>, VaultError> {
        let row = sqlx::query!("select member_id, hash from vault.credentials where login = $1", login.uuid())
            .fetch_optional(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(row.map(|row| (MemberId::new(row.member_id), PasswordHash(row.hash.into()))))
    }

    async fn of(&self, member: MemberId) -> Result<Option<PasswordHash>, VaultError> {
        let hash = sqlx::query_scalar!("select hash from vault.credentials where member_id = $1", member.uuid())
            .fetch_optional(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(hash.map(|hash| PasswordHash(hash.into())))
    }

    async fn replace(
        &self,
        member: MemberId,
        hash: &PasswordHash,
        since: ConsistencyToken,
    ) -> Result<bool, VaultError> {
        sqlx::query_scalar!(
            r#"with changed as (
                 update vault.credentials as now set hash = $2, since_log = $3, since_position = $4
                 where now.member_id = $1 and (now.since_log is distinct from $3 or now.since_position <= $4)
                 returning member_id
               ), forgotten as (
                 delete from vault.known_networks where member_id in (select member_id from changed)
               )
               select exists (select from vault.credentials where member_id = $1) as "has!""#,
            member.uuid(),
            hash.0.expose_secret(),
            since.log.uuid(),
            since.position.number()
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)
    }

    async fn rehash(&self, member: MemberId, from: &PasswordHash, to: &PasswordHash) -> Result<bool, VaultError> {
        let done = sqlx::query!(
            "update vault.credentials set hash = $3 where member_id = $1 and hash = $2",
            member.uuid(),
            from.0.expose_secret(),
            to.0.expose_secret()
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }
}
