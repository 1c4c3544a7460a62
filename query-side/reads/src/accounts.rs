//! Accounts.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Version};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Accounts];

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Which.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// What people type; null for an account of the bank.
    #[schema(value_type = Option<String>, required, pattern = "^[0-9]{12}$")]
    pub account_number: Option<AccountNumber>,
    /// Whose; null for an account of the bank.
    #[schema(value_type = Option<Uuid>, required)]
    pub owner: Option<MemberId>,
    /// What an account of the bank stands for; left out of a member's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// Whether money may move.
    #[schema(value_type = String, pattern = "^(open|frozen|closed)$")]
    pub status: AccountStatus,
    /// What its freeze stops: `all`, or `debits` only, so that money may still come in; null if it is not frozen.
    #[schema(value_type = Option<String>, required, pattern = "^(all|debits)$")]
    pub freeze: Option<FreezeScope>,
    /// How much is on it, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance: Minor,
    /// How much of that is held, in minor units: it can be spent by capturing a hold only.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$")]
    pub held: Minor,
    /// How much could be spent: the balance without what is held, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub available: Minor,
    /// How many events its stream has.
    #[schema(value_type = i64, minimum = 1)]
    pub version: Version,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// Whether money may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// It may.
    Open,
    /// Not until an operator lifts the freeze.
    Frozen,
    /// Never again.
    Closed,
}

/// What a freeze stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreezeScope {
    /// Nothing goes in or out.
    All,
    /// Nothing goes out.
    Debits,
}

/// The list of the accounts of an owner, or of everybody.
pub(crate) fn accounts_of(owner: Option<MemberId>) -> List {
    match owner {
        Some(owner) => List::named("accounts").bound_to(owner.uuid().as_bytes()),
        None => List::named("accounts"),
    }
}

/// Where the list goes on after this account.
pub(crate) fn cursor_at(list: &List, last: &Account) -> String {
    list.cursor(last.account_id.uuid().as_u128())
}

impl Reads {
    /// One account; none if there is none that the viewer may know of.
    pub async fn account(
        &self,
        viewer: Viewer,
        account: AccountId,
        need: &Need,
    ) -> Result<Fresh<Option<Account>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.account_now(viewer, account)).await
    }

    async fn account_now(&self, viewer: Viewer, account: AccountId) -> Result<Seen<Option<Account>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/account.sql", &names(VIEWS), account.uuid()).fetch_one(&self.pool).await?;
        let known = row.found.is_some();
        let visible =
            row.found.map(|Json(found)| found).filter(|found| viewer.may_see(found.owner.map(MemberId::uuid)));
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !known);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, visible)
    }

    /// The accounts of an owner, or of everybody, newest first.
    pub async fn accounts(
        &self,
        owner: Option<MemberId>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Account>>, ReadsError> {
        let list = accounts_of(owner);
        // The ids of accounts hold the time they were made, so their order is that of opening.
        let before = cursor.map(|cursor| list.after(cursor)).transpose()?.map_or(Uuid::max(), Uuid::from_u128);
        let fresh = self.gate.read(VIEWS, need, || self.accounts_now(owner, before, limit)).await?;
        Ok(fresh.map(|items| Page::of(items, limit, |last| cursor_at(&list, last))))
    }

    async fn accounts_now(
        &self,
        owner: Option<MemberId>,
        before: Uuid,
        limit: u16,
    ) -> Result<Seen<Vec<Account>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/accounts.sql",
            &names(VIEWS),
            owner.map(MemberId::uuid),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, row.page.0)
    }
}
