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
    /// How much is on it, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance: Minor,
    /// How much of that could be spent, in minor units.
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
        let row = sqlx::query!(
            r#"select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at,
                   count(*) as live,
                   (select to_jsonb(found)
                    from (select account_id, account_number, owner, name, asset, status, balance::text as balance,
                       balance::text as available,
                              version, opened_at
                          from live.accounts where account_id = $2) as found
                   ) as "found?: Json<Account>",
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
        let row = sqlx::query!(
            r#"with page as materialized (
                   (select account_id, account_number, owner, name, asset, status, balance::text as balance,
                       balance::text as available, version,
                       opened_at
                    from live.accounts
                    where owner = $2 and account_id < $3 order by account_id desc limit $4)
                   union all
                   (select account_id, account_number, owner, name, asset, status, balance::text as balance,
                       balance::text as available, version,
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
                   ) as "page!: Json<Vec<Account>>"
               from registry.live_positions where view = any($1)"#,
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
