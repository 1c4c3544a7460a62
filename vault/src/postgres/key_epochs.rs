//! The epochs of the key-encryption key in the vault's database: each begins, is retired and is destroyed once.

use chrono::TimeDelta;
use database::Pool;

use super::{classify::failed, keyring::Keyring};
use crate::{KeyEpoch, KeySchedule, VaultError};

/// All epochs, in their order.
pub(super) async fn key_epochs(pool: &Pool) -> Result<Vec<KeyEpoch>, VaultError> {
    sqlx::query_as!(
        KeyEpoch,
        "select epoch, kek, made_at, inherited, retired_at, destroyed_at from vault.key_epochs order by epoch"
    )
    .fetch_all(pool)
    .await
    .map_err(failed)
}

/// Begins epochs for all that is in use, if there is none yet: a build before epochs has written it. From then on the database begins one
/// for whatever is new.
pub(super) async fn begin_missing(pool: &Pool) -> Result<(), VaultError> {
    sqlx::query!(
        "select vault.begin_key_epoch(kek)
         from (select kek, bool_or(newest) as newest
               from (select kek, false as newest from vault.data_keys union all select kek, true from vault.secret) as wrapped
               group by kek) as in_use
         where not exists (select from vault.key_epochs)
         order by newest, kek"
    )
    .execute(pool)
    .await
    .map_err(failed)?;
    Ok(())
}

/// What a pass of the schedule did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Whether a new key-encryption key was made.
    pub made: bool,
    /// How many keys were wrapped with the current one.
    pub rewrapped: u64,
    /// How many keys do not open: see [`crate::Rewrapped`].
    pub lost: u64,
    /// How many retired key-encryption keys were destroyed.
    pub destroyed: usize,
}

impl Keyring {
    /// One pass of a schedule: makes a key if one is due, brings everything under the current key, retires the epochs before it, and
    /// destroys those that were kept long enough. Broken off anywhere, the next pass goes on.
    pub async fn keep_schedule(&self, schedule: &KeySchedule) -> Result<Rotated, VaultError> {
        let mut current = self.take_stock().await?;
        let mut rotated = Rotated::default();
        if let Some(every) = schedule.rotate_every
            && let Some(made) = self.begin_epoch(Some(every)).await?
        {
            (current, rotated.made) = (made, true);
        }
        if self.epochs().await?.iter().any(|epoch| epoch.retired_at.is_none() && epoch.kek != current) {
            let all = self.rewrap_all(&current, |_| ()).await?;
            (rotated.rewrapped, rotated.lost) = (all.count, all.lost);
            self.retire(&current).await?;
        }
        rotated.destroyed = self.destroy_retired(schedule.keep_retired).await?.len();
        Ok(rotated)
    }

    /// The epochs, in their order.
    pub async fn epochs(&self) -> Result<Vec<KeyEpoch>, VaultError> {
        key_epochs(&self.store.pool).await
    }

    /// Begins an epoch for whatever the holder has and the vault does not know, and returns the id of the current key. An older key
    /// is retired at once: nothing is wrapped with it, and what it wrapped once is not known.
    pub async fn take_stock(&self) -> Result<String, VaultError> {
        begin_missing(&self.store.pool).await?;
        // In this order: a key that is made in between is the current one, and never taken for a leftover.
        let held = self.store.kek.held().await?;
        let current = self.store.kek.current().await?;
        sqlx::query!("select vault.begin_key_epoch($1)", current).execute(&self.store.pool).await.map_err(failed)?;
        for leftover in held.iter().filter(|id| **id != current) {
            sqlx::query!("select vault.begin_key_epoch($1, true)", leftover)
                .execute(&self.store.pool)
                .await
                .map_err(failed)?;
        }
        Ok(current)
    }

    /// Makes a new key-encryption key and begins its epoch, unless the last epoch began within `at_least` of now: of two that
    /// rotate on a schedule at once, one does. Returns the current key's id if it is new.
    pub async fn begin_epoch(&self, at_least: Option<TimeDelta>) -> Result<Option<String>, VaultError> {
        let mut transaction = self.store.begin().await?;
        sqlx::query!("select pg_advisory_xact_lock($1)", ROTATION).execute(&mut *transaction).await.map_err(failed)?;
        if let Some(at_least) = at_least {
            let is_early = sqlx::query_scalar!(
                r#"select coalesce(max(made_at) > clock_timestamp() - make_interval(secs => $1), false) as "is_early!"
                   from vault.key_epochs where retired_at is null"#,
                at_least.num_milliseconds() as f64 / 1000.0
            )
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
            if is_early {
                return Ok(None);
            }
        }
        // Lost before it is noted, the key is there and has no epoch: taking stock begins one.
        let current = self.store.kek.rotate().await?;
        sqlx::query!("select vault.begin_key_epoch($1)", current).execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(current))
    }

    /// Retires every epoch before the current one with which nothing that lives is wrapped; returns their keys' ids. From then on
    /// the database refuses what a server wraps with one, and the server wraps it again with the current key. A later epoch than
    /// `current` was begun by another rotation a moment ago.
    pub async fn retire(&self, current: &str) -> Result<Vec<String>, VaultError> {
        let (mut retired, epochs) = (Vec::new(), self.epochs().await?);
        let Some(newest) = epochs.iter().find(|epoch| epoch.kek == current).map(|epoch| epoch.epoch) else {
            return Ok(retired);
        };
        for epoch in epochs {
            if epoch.retired_at.is_none() && epoch.epoch < newest && self.retire_one(&epoch.kek).await? {
                retired.push(epoch.kek);
            }
        }
        Ok(retired)
    }

    async fn retire_one(&self, kek: &str) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        // First: what is being wrapped with it at this moment is waited for, and nothing more comes.
        sqlx::query!(
            "update vault.key_epochs set retired_at = clock_timestamp() where kek = $1 and retired_at is null",
            kek
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let is_used = sqlx::query_scalar!(
            r#"select (exists (select from vault.data_keys where kek = $1)
                       or exists (select from vault.secret where kek = $1)) as "is_used!""#,
            kek
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        if is_used {
            transaction.rollback().await.map_err(failed)?;
            return Ok(false);
        }
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    /// Destroys the keys of epochs that were retired at least so long ago; returns those that their holder no longer has. Broken
    /// off anywhere, it is completed by the next call.
    pub async fn destroy_retired(&self, kept_for: TimeDelta) -> Result<Vec<String>, VaultError> {
        // A holder that cannot open the secret is not this vault's, and what it does not have is not destroyed.
        self.store.secret().await?;
        let doomed = self.doom(kept_for).await?;
        if doomed.is_empty() {
            return Ok(Vec::new());
        }
        self.store.kek.drop_old(&doomed).await?;
        let held = self.store.kek.held().await?;
        let gone: Vec<String> = doomed.into_iter().filter(|id| !held.contains(id)).collect();
        sqlx::query!(
            "update vault.key_epochs set destroyed_at = clock_timestamp() where kek = any($1) and destroyed_at is null",
            &gone
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(gone)
    }

    /// The keys to be destroyed, noted before their holder is asked: never one with which anything is wrapped, or can be.
    async fn doom(&self, kept_for: TimeDelta) -> Result<Vec<String>, VaultError> {
        sqlx::query_scalar!(
            "update vault.key_epochs e set destroying_at = coalesce(destroying_at, clock_timestamp())
             where destroyed_at is null
               and retired_at <= clock_timestamp() - make_interval(secs => $1)
               and not exists (select from vault.data_keys k where k.kek = e.kek)
               and not exists (select from vault.secret s where s.kek = e.kek)
             returning kek",
            kept_for.num_milliseconds() as f64 / 1000.0
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)
    }
}

/// Held while a key is made: two rotations on a schedule make one.
const ROTATION: i64 = 0x6b65_6b72_6f74;
