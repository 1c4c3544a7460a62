//! Sessions and their refresh tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use database::{Pool, Transaction};
use kernel::{MemberId, Sealed};
use secrecy::ExposeSecret;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::failed,
    revocations::{Lasting, revoke},
    store::lock_member,
};
use crate::{KeptSession, PasswordHash, RefreshRetry, Rotation, Sessions, TokenDigest, VaultError};

#[async_trait]
impl Sessions for PostgresVault {
    async fn open_session(
        &self,
        session: Uuid,
        member: MemberId,
        verified: &PasswordHash,
        token: TokenDigest,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, VaultError> {
        // A change of password that is under way is waited for; one that comes later finds the session and ends it. The data
        // key is locked first, as an erasure does.
        let in_force = sqlx::query_scalar!(
            r#"with key as (
                   select member_id from vault.data_keys where member_id = $2 for key share
               ),
               verified as (
                   select c.member_id from key join vault.credentials as c on c.member_id = key.member_id
                   where c.hash = $5 for share of c
               ),
               session as (
                   insert into vault.sessions (session_id, member_id, expires_at) select $1, member_id, $3 from verified
                   on conflict (session_id) do nothing
               ),
               token as (
                   insert into vault.refresh_tokens (digest, session_id) select $4, $1 from verified
                   on conflict (digest) do nothing
               )
               select exists (select from verified) as "in_force!""#,
            session,
            member.uuid(),
            expires_at,
            token.0.as_slice(),
            verified.0.expose_secret()
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(in_force)
    }

    async fn rotate(
        &self,
        presented: TokenDigest,
        next: TokenDigest,
        retry: Option<&RefreshRetry>,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Rotation, VaultError> {
        let mut transaction = self.store.begin().await?;
        let Some(held) = Held::by(&mut transaction, presented).await? else { return Ok(Rotation::Unknown) };
        let (session, member) = (held.session, held.member);
        if !use_up(&mut transaction, presented, now, held.over(now)).await? {
            let Some(used_at) = held.used_at(&mut transaction, presented).await? else { return Ok(Rotation::Unknown) };
            if !held.over(now)
                && let Some(retry) = retry
                && let Some(answer) = kept_answer(&mut transaction, presented, retry).await?
            {
                return Ok(Rotation::Repeated { session, member, answer, at: used_at });
            }
            end(&mut transaction, session, now).await?;
            revoke(&mut transaction, &[session], Lasting::AccessTokens).await?;
            transaction.commit().await.map_err(failed)?;
            return Ok(Rotation::Reused { session, member });
        }
        sqlx::query!(
            "with extended as (update vault.sessions set expires_at = $3 where session_id = $2)
             insert into vault.refresh_tokens (digest, session_id) values ($1, $2)",
            next.0.as_slice(),
            session,
            expires_at
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if let Some(retry) = retry {
            keep_answer(&mut transaction, presented, retry).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(Rotation::Rotated { session, member })
    }

    async fn end_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        let owner = sqlx::query_scalar!(
            "update vault.sessions
             set ended_at = case when member_id = $2 then coalesce(ended_at, clock_timestamp()) else ended_at end
             where session_id = $1 returning member_id",
            session,
            member.uuid()
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        // The vault may have come back from a backup and not know the session: its token holds all the same.
        if owner.is_none_or(|owner| owner == member.uuid()) {
            revoke(&mut transaction, &[session], Lasting::AccessTokens).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(owner == Some(member.uuid()))
    }

    async fn end_own_session(&self, session: Uuid, member: MemberId) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        let ended = sqlx::query!(
            "update vault.sessions set ended_at = coalesce(ended_at, clock_timestamp())
             where session_id = $1 and member_id = $2",
            session,
            member.uuid()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let is_theirs = ended.rows_affected() == 1;
        // Anybody can name an id. One that is not theirs may be somebody else's session, key or member: it is not revoked.
        if is_theirs {
            revoke(&mut transaction, &[session], Lasting::AccessTokens).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(is_theirs)
    }

    async fn end_sessions(&self, member: MemberId, but: Option<Uuid>) -> Result<Vec<Uuid>, VaultError> {
        let mut transaction = self.store.begin().await?;
        lock_member(&mut transaction, member).await?;
        let ended = sqlx::query_scalar!(
            "update vault.sessions set ended_at = clock_timestamp()
             where member_id = $1 and session_id is distinct from $2 and ended_at is null returning session_id",
            member.uuid(),
            but
        )
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        revoke(&mut transaction, &ended, Lasting::AccessTokens).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(ended)
    }

    async fn forget_tokens(&self, used_before: DateTime<Utc>) -> Result<u64, VaultError> {
        let mut forgotten = 0;
        for _ in 0..FORGOTTEN_BATCHES {
            let done = sqlx::query!(
                "delete from vault.refresh_tokens where digest in (
                     select digest from vault.refresh_tokens where used_at < $1 order by used_at limit $2
                 )",
                used_before,
                FORGOTTEN_AT_ONCE as i64
            )
            .execute(&self.store.pool)
            .await
            .map_err(failed)?;
            forgotten += done.rows_affected();
            if done.rows_affected() < FORGOTTEN_AT_ONCE {
                break;
            }
        }
        Ok(forgotten)
    }
}

/// So many refresh tokens are forgotten in one statement, which stays well within its time.
const FORGOTTEN_AT_ONCE: u64 = 5000;
/// So many statements in one sweep; the next one goes on.
const FORGOTTEN_BATCHES: u32 = 400;

/// A session, locked until the transaction ends: of several that bring the same token, one is first.
struct Held {
    session: Uuid,
    member: MemberId,
    expires_at: DateTime<Utc>,
    ended: bool,
}

impl Held {
    async fn by(transaction: &mut Transaction<'static>, token: TokenDigest) -> Result<Option<Self>, VaultError> {
        let row = sqlx::query!(
            r#"select session_id, member_id, expires_at,
                      ended_at is not null or exists (select from vault.revocations where subject = member_id) as "ended!"
               from vault.sessions
               where session_id = (select session_id from vault.refresh_tokens where digest = $1) for update"#,
            token.0.as_slice()
        )
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed)?;
        Ok(row.map(|row| Self {
            session: row.session_id,
            member: MemberId::new(row.member_id),
            expires_at: row.expires_at,
            ended: row.ended,
        }))
    }

    fn over(&self, now: DateTime<Utc>) -> bool {
        self.ended || self.expires_at <= now
    }

    async fn used_at(
        &self,
        transaction: &mut Transaction<'static>,
        token: TokenDigest,
    ) -> Result<Option<DateTime<Utc>>, VaultError> {
        let used =
            sqlx::query_scalar!("select used_at from vault.refresh_tokens where digest = $1", token.0.as_slice())
                .fetch_optional(&mut **transaction)
                .await
                .map_err(failed)?;
        Ok(used.flatten())
    }
}

/// Keeps the answer to a refresh, sealed, for a client that may lose it.
async fn keep_answer(
    transaction: &mut Transaction<'static>,
    presented: TokenDigest,
    retry: &RefreshRetry,
) -> Result<(), VaultError> {
    sqlx::query!(
        "insert into vault.refresh_answers (digest, key, answer, until) values ($1, $2, $3, clock_timestamp() + $4)",
        presented.0.as_slice(),
        retry.key.as_slice(),
        retry.answer.as_str(),
        PgInterval { months: 0, days: 0, microseconds: retry.grace.num_microseconds().unwrap_or(i64::MAX) }
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// The answer that was kept for this very request, while it may be given again.
async fn kept_answer(
    transaction: &mut Transaction<'static>,
    presented: TokenDigest,
    retry: &RefreshRetry,
) -> Result<Option<Sealed>, VaultError> {
    let answer = sqlx::query_scalar!(
        "select answer from vault.refresh_answers where digest = $1 and key = $2 and until > clock_timestamp()",
        presented.0.as_slice(),
        retry.key.as_slice()
    )
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(answer.map(Sealed::new))
}

/// Marks a token as used; whether it was in force.
async fn use_up(
    transaction: &mut Transaction<'static>,
    token: TokenDigest,
    now: DateTime<Utc>,
    over: bool,
) -> Result<bool, VaultError> {
    if over {
        return Ok(false);
    }
    let done = sqlx::query!(
        "update vault.refresh_tokens set used_at = $2 where digest = $1 and used_at is null",
        token.0.as_slice(),
        now
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

async fn end(transaction: &mut Transaction<'static>, session: Uuid, now: DateTime<Utc>) -> Result<(), VaultError> {
    sqlx::query!("update vault.sessions set ended_at = coalesce(ended_at, $2) where session_id = $1", session, now)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    Ok(())
}

/// The sessions of a member, those that end last first.
pub(super) async fn sessions(pool: &Pool, member: MemberId, limit: i64) -> Result<Vec<KeptSession>, VaultError> {
    sqlx::query_as!(
        KeptSession,
        "select session_id as session, expires_at, ended_at from vault.sessions where member_id = $1
         order by expires_at desc, session_id limit $2",
        member.uuid(),
        limit
    )
    .fetch_all(pool)
    .await
    .map_err(failed)
}
