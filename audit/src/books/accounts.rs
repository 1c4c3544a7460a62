//! View `accounts`: one row for each account.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::{FreezeScope, Holder};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::Commit,
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "accounts",
    tables: &[Table {
        name: "accounts",
        columns: &[
            "account_id",
            "kind",
            "owner",
            "account_number",
            "name",
            "asset",
            "status",
            "balance",
            "version",
            "position",
            "opened_at",
            "held",
            "freeze",
        ],
    }],
    needs_ledger: true,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [accounts] = sinks.try_into().ok()?;
    Some(Box::new(Accounts::new(accounts)))
}

struct Accounts<S> {
    accounts: S,
}

impl<S> Accounts<S> {
    fn new(accounts: S) -> Self {
        Self { accounts }
    }
}

/// A row of `accounts`.
struct Row<'a> {
    kind: &'a str,
    owner: Option<Uuid>,
    account_number: Option<&'a dyn Display>,
    name: Option<&'a str>,
    asset: &'a str,
    status: &'a str,
    balance: &'a dyn Display,
    version: i64,
    position: i64,
    opened_at: DateTime<Utc>,
    held: &'a dyn Display,
    /// What its freeze stops.
    freeze: Option<&'a str>,
}

impl Row<'_> {
    fn write(&self, cells: &mut Cells) {
        cells.clear().put("kind", self.kind).maybe("owner", self.owner);
        cells.maybe("account_number", self.account_number).maybe("name", self.name);
        cells.put("asset", self.asset).put("status", self.status).put("balance", self.balance);
        cells.put("version", self.version).put("position", self.position).put("opened_at", time(self.opened_at));
        cells.put("held", self.held).maybe("freeze", self.freeze);
    }
}

impl<S: Sink> Book<S> for Accounts<S> {
    fn commit(&mut self, _: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {}

    fn settle(&mut self, ledger: &Ledger) {
        let mut cells = Cells::default();
        for (id, account) in &ledger.accounts {
            let (kind, owner, number, name) = match &account.holder {
                Holder::Member { owner, number } => ("member", Some(owner.uuid()), Some(number as &dyn Display), None),
                Holder::System { name } => ("system", None, None, Some(name.as_str())),
            };
            let row = Row {
                kind,
                owner,
                account_number: number,
                name,
                asset: account.asset.as_str(),
                status: account.status.as_str(),
                balance: &account.balance,
                version: account.version,
                position: account.position,
                opened_at: account.opened_at,
                held: &account.held,
                freeze: account.status.freeze().map(FreezeScope::as_str),
            };
            row.write(&mut cells);
            self.accounts.row(&id.to_string(), &cells);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.accounts]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [accounts] = sinks else { return Ok(()) };
    let mut rows = sqlx::query!(
        r#"select account_id as "account_id!", kind as "kind!", owner, account_number, name, asset as "asset!",
                  status as "status!", balance::text as "balance!", version as "version!", position as "position!",
                  opened_at as "opened_at!", held::text as "held!", "freeze"
           from live.accounts"#
    )
    .fetch(connection);
    let mut cells = Cells::default();
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            kind: &row.kind,
            owner: row.owner,
            account_number: row.account_number.as_ref().map(|n| n as &dyn Display),
            name: row.name.as_deref(),
            asset: &row.asset,
            status: &row.status,
            balance: &row.balance,
            version: row.version,
            position: row.position,
            opened_at: row.opened_at,
            held: &row.held,
            freeze: row.freeze.as_deref(),
        };
        found.write(&mut cells);
        accounts.row(&row.account_id.to_string(), &cells);
    }
    Ok(())
}
