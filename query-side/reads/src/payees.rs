//! Who would be paid.

use kernel::{AccountId, AccountNumber, AssetCode, MemberId};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, SealedText, View,
    freshness::Seen,
    members::NameRow,
    row::{MissingRow, Snapshot, asset, names},
};

const VIEWS: &[View] = &[View::Accounts, View::Members];

/// What a payer may know of the account behind a number: enough to pay, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// Which.
    pub account_id: AccountId,
    /// Its number.
    pub account_number: AccountNumber,
    /// What it takes.
    pub asset: AssetCode,
    /// Whose it is, and their name, sealed; none if the owner is no member, or has left.
    pub name: Option<(MemberId, SealedText)>,
}

#[derive(Debug, Deserialize)]
struct PayeeRow {
    account_id: Uuid,
    account_number: AccountNumber,
    asset: String,
    #[serde(flatten)]
    name: NameRow,
}

impl TryFrom<PayeeRow> for Payee {
    type Error = ReadsError;

    fn try_from(row: PayeeRow) -> Result<Self, ReadsError> {
        Ok(Self {
            account_id: AccountId::new(row.account_id),
            account_number: row.account_number,
            asset: asset(&row.asset)?,
            name: row.name.name()?,
        })
    }
}

/// How an account is named by somebody who wants to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayeeKey {
    /// By its number.
    Number(AccountNumber),
    /// By its id, as it stands in a statement.
    Id(AccountId),
}

impl Reads {
    /// The account that is named so and could be paid; a closed one never can again, and one of the bank is nobody's to pay.
    pub async fn payee(&self, key: PayeeKey, need: &Need) -> Result<Fresh<Option<Payee>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.payee_now(key)).await
    }

    async fn payee_now(&self, key: PayeeKey) -> Result<Seen<Option<Payee>>, ReadsError> {
        let (number, id) = match key {
            PayeeKey::Number(number) => (Some(number.to_string()), None),
            PayeeKey::Id(id) => (None, Some(id.uuid())),
        };
        let row = sqlx::query!(
            r#"with payee as materialized (
                   select account_id, account_number, owner, accounts.status, asset, member_id, real_name, real_name_version
                   from live.accounts
                   left join live.members on member_id = owner
                   where account_number = coalesce($2, (select account_number from live.accounts where account_id = $3))
               )
               select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at,
                   count(*) as live,
                   (select to_jsonb(found)
                    from (select account_id, account_number, asset, member_id, real_name, real_name_version
                          from payee where status <> 'closed') as found
                   ) as "found?: Json<PayeeRow>",
                   (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.anything
                        or m.touches && array(select unnest(array[account_id, owner])::text from payee)
                        or (not exists (select from payee) and m.view = 'accounts' and not exists (select from live.accounts as a
                    where a.account_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')))))) as "missing?: Json<MissingRow>"
               from registry.live_positions where view = any($1)"#,
            &names(VIEWS),
            number,
            id,
        )
        .fetch_one(&self.pool)
        .await?;
        let payee = row.found.map(|Json(found)| Payee::try_from(found)).transpose()?;
        let missing = MissingRow::whole(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, payee)
    }
}
