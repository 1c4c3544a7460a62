//! Accounts.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Version};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, minor, names},
};

const VIEWS: &[View] = &[View::Accounts];

/// An account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub account_id: AccountId,
    /// What people type; none for an account of the bank.
    pub account_number: Option<AccountNumber>,
    /// Whose; none for an account of the bank.
    pub owner: Option<MemberId>,
    /// What an account of the bank stands for.
    pub name: Option<String>,
    /// What it holds.
    pub asset: AssetCode,
    /// Whether money may move.
    pub status: AccountStatus,
    /// How much is on it.
    pub balance: Minor,
    /// How much of that could be spent.
    pub available: Minor,
    /// How many events its stream has.
    pub version: Version,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// Whether money may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// It may.
    Open,
    /// Not until an operator lifts the freeze.
    Frozen,
    /// Never again.
    Closed,
}

impl AccountStatus {
    /// As it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

/// The columns of an account, as text where the word is the bank's.
#[derive(Debug, Deserialize)]
pub(crate) struct AccountRow {
    pub account_id: Uuid,
    pub account_number: Option<String>,
    pub owner: Option<Uuid>,
    pub name: Option<String>,
    pub asset: String,
    pub status: String,
    pub balance: String,
    pub version: i64,
    pub opened_at: DateTime<Utc>,
}

impl TryFrom<AccountRow> for Account {
    type Error = ReadsError;

    fn try_from(row: AccountRow) -> Result<Self, ReadsError> {
        let number = row.account_number.map(|text| text.parse());
        let balance = minor(&row.balance)?;
        Ok(Self {
            account_id: AccountId::new(row.account_id),
            account_number: number.transpose().map_err(|_| ReadsError::Damaged { what: "account number" })?,
            owner: row.owner.map(MemberId::new),
            name: row.name,
            asset: asset(&row.asset)?,
            status: [AccountStatus::Open, AccountStatus::Frozen, AccountStatus::Closed]
                .into_iter()
                .find(|status| status.as_str() == row.status)
                .ok_or(ReadsError::Damaged { what: "account status" })?,
            balance,
            available: balance,
            version: Version::new(row.version),
            opened_at: row.opened_at,
        })
    }
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
        let row = sqlx::query!(
            r#"select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at,
                   count(*) as live,
                   (select to_jsonb(found)
                    from (select account_id, account_number, owner, name, asset, status, balance::text as balance,
                              version, opened_at
                          from live.accounts where account_id = $2) as found
                   ) as "found?: Json<AccountRow>",
                   (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything or m.touches && array[$2::uuid::text])) as "missing?: Json<MissingRow>"
               from registry.live_positions where view = any($1)"#,
            &names(VIEWS),
            account.uuid(),
        )
        .fetch_one(&self.pool)
        .await?;
        let known = row.found.is_some();
        let visible = row.found.map(|Json(found)| found).filter(|found| viewer.may_see(found.owner));
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !known);
        let account = visible.map(Account::try_from).transpose()?;
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, account)
    }

    /// The accounts of an owner, or of everybody, newest first.
    pub async fn accounts(
        &self,
        owner: Option<MemberId>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Account>>, ReadsError> {
        let list = match owner {
            Some(owner) => List::named("accounts").bound_to(owner.uuid().as_bytes()),
            None => List::named("accounts"),
        };
        // The ids of accounts hold the time they were made, so their order is that of opening.
        let before = cursor.map(|cursor| list.after(cursor)).transpose()?.map_or(Uuid::max(), Uuid::from_u128);
        let fresh = self.gate.read(VIEWS, need, || self.accounts_now(owner, before, limit)).await?;
        Ok(fresh.map(|items| Page::of(items, limit, |last| list.cursor(last.account_id.uuid().as_u128()))))
    }

    async fn accounts_now(
        &self,
        owner: Option<MemberId>,
        before: Uuid,
        limit: u16,
    ) -> Result<Seen<Vec<Account>>, ReadsError> {
        let row = sqlx::query!(
            r#"with page as materialized (
                   (select account_id, account_number, owner, name, asset, status, balance::text as balance, version,
                       opened_at
                    from live.accounts
                    where owner = $2 and account_id < $3 order by account_id desc limit $4)
                   union all
                   (select account_id, account_number, owner, name, asset, status, balance::text as balance, version,
                       opened_at
                    from live.accounts
                    where $2 is null and account_id < $3 order by account_id desc limit $4)
               )
               select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at,
                   count(*) as live,
                   (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything
                        or m.touches && array(select account_id::text from page)
                        or m.touches && array[$2::uuid::text]
                        or not ($2 is not null and m.names_owner)
                            and not exists (select from live.accounts as a
                    where a.account_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))) as "missing?: Json<MissingRow>",
                   (select coalesce(jsonb_agg(to_jsonb(page)), '[]')
                    from page
                   ) as "page!: Json<Vec<AccountRow>>"
               from registry.live_positions where view = any($1)"#,
            &names(VIEWS),
            owner.map(MemberId::uuid),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let accounts = row.page.0.into_iter().map(Account::try_from).collect::<Result<Vec<_>, _>>()?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, accounts)
    }
}
