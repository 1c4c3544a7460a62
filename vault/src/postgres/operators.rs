//! Credentials and sessions of operators.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{OperatorId, Version};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::{failed, unknown},
    revocations::{Lasting, revoke},
};
use crate::{
    NewOperatorSession, OperatorCredentials, OperatorProof, OperatorSession, Operators, PasswordHash, SessionPlace,
    TokenDigest, VaultError,
};

#[async_trait]
impl Operators for PostgresVault {
    async fn operator_credentials(&self, operator: OperatorId, number: u32) -> Result<OperatorCredentials, VaultError> {
        let row = sqlx::query!(
            "select hash, subject from vault.operator_credentials where operator_id = $1 and number = $2",
            operator.uuid(),
            i64::from(number)
        )
        .fetch_optional(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(row.map_or_else(OperatorCredentials::default, |row| OperatorCredentials {
            hash: row.hash.map(|hash| PasswordHash(hash.into())),
            subject: row.subject,
        }))
    }

    async fn use_operator_step(&self, operator: OperatorId, number: u32, step: i64) -> Result<bool, VaultError> {
        let done = sqlx::query!(
            "insert into vault.operator_credentials as kept (operator_id, number, last_step) values ($1, $2, $3)
             on conflict (operator_id) do update
             set number = excluded.number, last_step = excluded.last_step,
                 hash = case when kept.number = excluded.number then kept.hash end,
                 subject = case when kept.number = excluded.number then kept.subject end
             where kept.number < excluded.number
                or (kept.number = excluded.number and (kept.last_step is null or kept.last_step < excluded.last_step))",
            operator.uuid(),
            i64::from(number),
            step
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn replace_operator_password(
        &self,
        operator: OperatorId,
        number: u32,
        hash: &PasswordHash,
    ) -> Result<bool, VaultError> {
        let done = sqlx::query!(
            "insert into vault.operator_credentials as kept (operator_id, number, hash) values ($1, $2, $3)
             on conflict (operator_id) do update
             set number = excluded.number, hash = excluded.hash,
                 last_step = case when kept.number = excluded.number then kept.last_step end,
                 subject = case when kept.number = excluded.number then kept.subject end
             where kept.number <= excluded.number",
            operator.uuid(),
            i64::from(number),
            hash.0.expose_secret()
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn bind_operator_subject(
        &self,
        operator: OperatorId,
        number: u32,
        subject: &str,
    ) -> Result<bool, VaultError> {
        let done = sqlx::query!(
            "insert into vault.operator_credentials as kept (operator_id, number, subject) values ($1, $2, $3)
             on conflict (operator_id) do update
             set number = excluded.number, subject = excluded.subject,
                 last_step = case when kept.number = excluded.number then kept.last_step end,
                 hash = case when kept.number = excluded.number then kept.hash end
             where kept.number < excluded.number
                or (kept.number = excluded.number and (kept.subject is null or kept.subject = excluded.subject))",
            operator.uuid(),
            i64::from(number),
            subject
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn open_operator_session(&self, new: &NewOperatorSession) -> Result<bool, VaultError> {
        let (is_password, hash) = match &new.proof {
            OperatorProof::Password(hash) => (true, hash.as_ref().map(|hash| hash.0.expose_secret())),
            OperatorProof::Provider => (false, None),
        };
        // The row of the operator is locked: what ends sessions meanwhile is waited for, or finds this one.
        let is_opened = sqlx::query_scalar!(
            r#"with kept as (
                   insert into vault.operator_credentials as kept (operator_id, number) values ($2, $4)
                   on conflict (operator_id) do update set version = kept.version
                   returning version, number, hash
               ),
               fits as (
                   select 1 as one from kept
                   where version <= $3 and number <= $4
                     and (not $5 or (case when number = $4 then hash end) is not distinct from $6)
               ),
               opened as (
                   insert into vault.operator_sessions
                       (session_id, operator_id, version, began_at, used_at, ends_at, digest, name, role,
                        began_address, began_agent, used_address, used_agent)
                   select $1, $2, $3, $7, $7, $8, $9, $10, $11, $12, $13, $12, $13 from fits
               )
               select exists (select from fits) as "opened!""#,
            new.session,
            new.operator.uuid(),
            new.version.number(),
            i64::from(new.number),
            is_password,
            hash,
            new.began_at,
            new.ends_at,
            new.token.0.as_slice(),
            new.name,
            new.role.as_str(),
            new.place.address,
            new.place.agent
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(is_opened)
    }

    async fn use_operator_session(
        &self,
        token: TokenDigest,
        place: &SessionPlace,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Option<OperatorSession>, VaultError> {
        let row = sqlx::query_as!(
            SessionRow,
            "update vault.operator_sessions
             set used_at = $2, used_address = $4, used_agent = $5
             where digest = $1 and ended_at is null and ends_at > $2 and used_at > $3
             returning session_id, operator_id, name, role, began_at, began_address, began_agent, used_at, used_address,
                       used_agent, ends_at",
            token.0.as_slice(),
            now,
            now - idle,
            place.address,
            place.agent
        )
        .fetch_optional(&self.store.pool)
        .await
        .map_err(failed)?;
        row.map(OperatorSession::try_from).transpose()
    }

    async fn operator_sessions(
        &self,
        operator: OperatorId,
        now: DateTime<Utc>,
        idle: TimeDelta,
    ) -> Result<Vec<OperatorSession>, VaultError> {
        let rows = sqlx::query_as!(
            SessionRow,
            "select session_id, operator_id, name, role, began_at, began_address, began_agent, used_at, used_address,
                    used_agent, ends_at
             from vault.operator_sessions
             where operator_id = $1 and ended_at is null and ends_at > $2 and used_at > $3
             order by began_at desc, session_id limit 200",
            operator.uuid(),
            now,
            now - idle
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        rows.into_iter().map(OperatorSession::try_from).collect()
    }

    async fn knows_operator_address(&self, operator: OperatorId, address: &str) -> Result<bool, VaultError> {
        sqlx::query_scalar!(
            r#"select exists (
                   select from vault.operator_sessions where operator_id = $1 and $2 in (began_address, used_address)
               ) as "known!""#,
            operator.uuid(),
            address
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)
    }

    async fn end_operator_session(&self, session: Uuid, operator: OperatorId) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        let owner = sqlx::query_scalar!(
            "update vault.operator_sessions
             set ended_at = case when operator_id = $2 then coalesce(ended_at, clock_timestamp()) else ended_at end
             where session_id = $1 returning operator_id",
            session,
            operator.uuid()
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        let is_others = owner.is_some_and(|owner| owner != operator.uuid());
        if !is_others {
            revoke(&mut transaction, &[session], Lasting::AccessTokens).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(!is_others)
    }

    async fn end_operator_sessions(&self, operator: OperatorId, before: Version) -> Result<Vec<Uuid>, VaultError> {
        let mut transaction = self.store.begin().await?;
        // First: whoever opens a session waits for this row, and finds that it is too late.
        sqlx::query!(
            "insert into vault.operator_credentials as kept (operator_id, version) values ($1, $2)
             on conflict (operator_id) do update set version = greatest(kept.version, excluded.version)",
            operator.uuid(),
            before.number()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let ended = sqlx::query_scalar!(
            "update vault.operator_sessions set ended_at = clock_timestamp()
             where operator_id = $1 and version < $2 and ended_at is null returning session_id",
            operator.uuid(),
            before.number()
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        revoke(&mut transaction, &ended, Lasting::AccessTokens).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(ended)
    }

    async fn end_other_operator_sessions(&self, operator: OperatorId, but: Uuid) -> Result<Vec<Uuid>, VaultError> {
        let mut transaction = self.store.begin().await?;
        let ended = sqlx::query_scalar!(
            "update vault.operator_sessions set ended_at = clock_timestamp()
             where operator_id = $1 and session_id <> $2 and ended_at is null returning session_id",
            operator.uuid(),
            but
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        revoke(&mut transaction, &ended, Lasting::AccessTokens).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(ended)
    }

    async fn forget_operator_sessions(&self, before: DateTime<Utc>) -> Result<u64, VaultError> {
        let done = sqlx::query!("delete from vault.operator_sessions where ends_at < $1", before)
            .execute(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(done.rows_affected())
    }
}

/// A row of `operator_sessions`.
struct SessionRow {
    session_id: Uuid,
    operator_id: Uuid,
    name: String,
    role: String,
    began_at: DateTime<Utc>,
    began_address: String,
    began_agent: String,
    used_at: DateTime<Utc>,
    used_address: String,
    used_agent: String,
    ends_at: DateTime<Utc>,
}

impl TryFrom<SessionRow> for OperatorSession {
    type Error = VaultError;

    fn try_from(row: SessionRow) -> Result<Self, VaultError> {
        Ok(Self {
            session: row.session_id,
            operator: OperatorId::new(row.operator_id),
            name: row.name,
            role: row.role.parse().map_err(|_| unknown("a role of an operator"))?,
            began_at: row.began_at,
            began: SessionPlace { address: row.began_address, agent: row.began_agent },
            used_at: row.used_at,
            used: SessionPlace { address: row.used_address, agent: row.used_agent },
            ends_at: row.ends_at,
        })
    }
}
