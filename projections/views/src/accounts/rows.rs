//! The SQL of the view `accounts`.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::Holder;
use kernel::AccountId;
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Change, State};

/// What is to be written: accounts opened in these commits, and changes of those opened before.
#[derive(Debug, Default)]
pub(super) struct AccountRows {
    opened: Opened,
    changed: Changed,
}

#[derive(Debug, Default)]
struct Opened {
    account_id: Vec<Uuid>,
    account_number: Vec<Option<String>>,
    owner: Vec<Option<Uuid>>,
    name: Vec<Option<String>>,
    asset: Vec<String>,
    opened_at: Vec<DateTime<Utc>>,
    status: Vec<&'static str>,
    balance: Vec<String>,
    held: Vec<String>,
    freeze: Vec<Option<&'static str>>,
    version: Vec<i64>,
    position: Vec<i64>,
}

#[derive(Debug, Default)]
struct Changed {
    account_id: Vec<Uuid>,
    status: Vec<Option<&'static str>>,
    /// Of those whose status is given.
    freeze: Vec<Option<&'static str>>,
    balance: Vec<Option<String>>,
    held: Vec<Option<String>>,
    version: Vec<i64>,
    position: Vec<i64>,
}

impl From<HashMap<AccountId, Change>> for AccountRows {
    fn from(changes: HashMap<AccountId, Change>) -> Self {
        let mut changes: Vec<_> = changes.into_iter().collect();
        // In the order of the key: neighbours in the index are touched together.
        changes.sort_unstable_by_key(|(account, _)| *account);
        let mut rows = Self::default();
        for (account, change) in changes {
            if change.opened.is_some() { rows.opened.push(account, change) } else { rows.changed.push(account, change) }
        }
        rows
    }
}

impl Opened {
    fn push(&mut self, account: AccountId, change: Change) {
        let Some((opened, opened_at)) = change.opened else { return };
        let (owner, number, name) = match opened.holder {
            Holder::Member { owner, number } => (Some(owner.uuid()), Some(number.to_string()), None),
            Holder::System { name } => (None, None, Some(name)),
        };
        self.account_id.push(account.uuid());
        self.account_number.push(number);
        self.owner.push(owner);
        self.name.push(name);
        self.asset.push(opened.asset.to_string());
        self.opened_at.push(opened_at);
        let state = change.state.unwrap_or(State::Open);
        self.status.push(state.status());
        self.freeze.push(state.freeze());
        self.balance.push(change.balance.unwrap_or_default().to_string());
        self.held.push(change.held.unwrap_or_default().to_string());
        self.version.push(change.version);
        self.position.push(change.position);
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            r#"insert into accounts (account_id, account_number, owner, kind, name, asset, opened_at, status, "freeze",
                balance, held, version, position)
             select account_id, account_number, owner, case when name is null then 'member' else 'system' end, name,
                asset, opened_at, status, "freeze", balance::numeric, held::numeric, version, position
             from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
                $8::text[], $9::text[], $10::text[], $11::int8[], $12::int8[])
                as opened(account_id, account_number, owner, name, asset, opened_at, status, "freeze", balance, held,
                    version, position)"#,
            &self.account_id,
            &self.account_number as &[Option<String>],
            &self.owner as &[Option<Uuid>],
            &self.name as &[Option<String>],
            &self.asset,
            &self.opened_at,
            &self.status as &[&str],
            &self.freeze as &[Option<&str>],
            &self.balance,
            &self.held,
            &self.version,
            &self.position
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Changed {
    fn push(&mut self, account: AccountId, change: Change) {
        self.account_id.push(account.uuid());
        self.status.push(change.state.map(State::status));
        self.freeze.push(change.state.and_then(State::freeze));
        self.balance.push(change.balance.map(|balance| balance.to_string()));
        self.held.push(change.held.map(|held| held.to_string()));
        self.version.push(change.version);
        self.position.push(change.position);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            r#"update accounts
             set status = coalesce(changed.status, accounts.status),
                "freeze" = case when changed.status is null then accounts."freeze" else changed."freeze" end,
                balance = coalesce(changed.balance::numeric, accounts.balance),
                held = coalesce(changed.held::numeric, accounts.held),
                version = changed.version, position = changed.position
             from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::int8[])
                as changed(account_id, status, "freeze", balance, held, version, position)
             where accounts.account_id = changed.account_id"#,
            &self.account_id,
            &self.status as &[Option<&str>],
            &self.freeze as &[Option<&str>],
            &self.balance as &[Option<String>],
            &self.held as &[Option<String>],
            &self.version,
            &self.position
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.account_id.len() as u64 {
            return Err(WriteError::Inconsistent("an account changed that was never opened".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for AccountRows {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if !self.opened.account_id.is_empty() {
            self.opened.insert(connection).await?;
        }
        if !self.changed.account_id.is_empty() {
            self.changed.update(connection).await?;
        }
        Ok(())
    }
}
