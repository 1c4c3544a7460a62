//! Which state each account is in: what the numbers of accounts by state are counted from.

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{AccountId, AssetCode, Position};
use projection_engine::WriteError;
use sqlx::{PgConnection, types::Uuid};

use crate::copy::CopyRows;

/// Accounts that were opened or changed their state, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct States {
    opened: BTreeMap<AccountId, Opened>,
    changed: BTreeMap<AccountId, &'static str>,
}

#[derive(Debug)]
struct Opened {
    asset: AssetCode,
    system: bool,
    status: &'static str,
}

/// How many accounts more, or fewer, of one asset are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) open: i64,
    pub(super) frozen: i64,
    pub(super) closed: i64,
    pub(super) system: i64,
}

impl Numbers {
    fn add(&mut self, system: bool, status: &str, number: i64) {
        match (system, status) {
            (true, _) => self.system += number,
            (false, "frozen") => self.frozen += number,
            (false, "closed") => self.closed += number,
            (false, _) => self.open += number,
        }
    }
}

impl States {
    pub(super) fn opened(&mut self, account: AccountId, asset: AssetCode, system: bool) {
        self.opened.insert(account, Opened { asset, system, status: "open" });
    }

    pub(super) fn became(&mut self, account: AccountId, status: &'static str) {
        match self.opened.get_mut(&account) {
            Some(opened) => opened.status = status,
            None => drop(self.changed.insert(account, status)),
        }
    }

    /// How many accounts there are in it.
    pub(super) fn len(&self) -> usize {
        self.opened.len() + self.changed.len()
    }

    /// Adds its accounts to the rows of a COPY: account, position, asset, whether it is a system account, status.
    pub(super) fn copy(&self, rows: &mut CopyRows, position: Position) {
        for (account, opened) in &self.opened {
            let row = rows.row().uuid(account.uuid()).int8(position.number());
            row.text(opened.asset.as_str()).bool(opened.system).text(opened.status);
        }
        for (account, status) in &self.changed {
            let row = rows.row().uuid(account.uuid()).int8(position.number());
            row.maybe(None, CopyRows::text).maybe(None, CopyRows::bool).text(status);
        }
    }

    /// The system accounts, those of these commits included. There are a few for each command server.
    pub(super) async fn system_accounts(
        &self,
        connection: &mut PgConnection,
    ) -> Result<HashSet<AccountId>, WriteError> {
        let stored =
            sqlx::query_scalar!("select account_id from account_states where system").fetch_all(connection).await?;
        let opened = self.opened.iter().filter(|(_, opened)| opened.system).map(|(account, _)| *account);
        Ok(stored.into_iter().map(AccountId::new).chain(opened).collect())
    }

    /// Writes the new states, and says how the numbers of accounts change.
    pub(super) async fn write(
        &self,
        connection: &mut PgConnection,
        numbers: &mut HashMap<AssetCode, Numbers>,
    ) -> Result<(), WriteError> {
        if !self.opened.is_empty() {
            self.insert(connection).await?;
            for opened in self.opened.values() {
                numbers.entry(opened.asset).or_default().add(opened.system, opened.status, 1);
            }
        }
        if !self.changed.is_empty() {
            self.update(connection, numbers).await?;
        }
        Ok(())
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let account: Vec<Uuid> = self.opened.keys().map(|account| account.uuid()).collect();
        let asset: Vec<String> = self.opened.values().map(|opened| opened.asset.to_string()).collect();
        let status: Vec<&str> = self.opened.values().map(|opened| opened.status).collect();
        let system: Vec<bool> = self.opened.values().map(|opened| opened.system).collect();
        sqlx::query!(
            "insert into account_states (account_id, asset, status, system)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bool[])",
            &account,
            &asset,
            &status as &[&str],
            &system
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn update(
        &self,
        connection: &mut PgConnection,
        numbers: &mut HashMap<AssetCode, Numbers>,
    ) -> Result<(), WriteError> {
        let account: Vec<Uuid> = self.changed.keys().map(|account| account.uuid()).collect();
        let status: Vec<&str> = self.changed.values().copied().collect();
        // The old states come back with the update: what is counted up in one state is counted down in the other.
        let changed = sqlx::query!(
            "update account_states
             set status = changed.status
             from unnest($1::uuid[], $2::text[]) as changed(account_id, status),
                account_states as before
             where account_states.account_id = changed.account_id and before.account_id = changed.account_id
             returning account_states.asset, account_states.system, before.status as old_status,
                account_states.status as new_status",
            &account,
            &status as &[&str]
        )
        .fetch_all(connection)
        .await?;
        if changed.len() != account.len() {
            return Err(WriteError::Inconsistent("an account changed its state that was never opened".into()));
        }
        for row in changed {
            let asset =
                row.asset.parse().map_err(|_| WriteError::Inconsistent(format!("`{}` is no asset", row.asset)))?;
            let numbers = numbers.entry(asset).or_default();
            numbers.add(row.system, &row.old_status, -1);
            numbers.add(row.system, &row.new_status, 1);
        }
        Ok(())
    }
}
