//! Who would be paid.

use kernel::{AccountId, AccountNumber, AssetCode};
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{Snapshot, asset, names},
};

const VIEWS: &[View] = &[View::Accounts];

/// What a payer may know of the account behind a number: enough to pay, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// Which.
    pub account_id: AccountId,
    /// What it takes.
    pub asset: AssetCode,
}

#[derive(Debug, Deserialize)]
struct PayeeRow {
    account_id: Uuid,
    asset: String,
}

impl Reads {
    /// The account that bears this number and could be paid; a closed one never can again.
    pub async fn payee(&self, number: AccountNumber, need: &Need) -> Result<Fresh<Option<Payee>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.payee_now(number)).await
    }

    async fn payee_now(&self, number: AccountNumber) -> Result<Seen<Option<Payee>>, ReadsError> {
        let row = sqlx::query!(
            r#"select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at,
                   count(*) as live,
                   (select to_jsonb(found)
                    from (select account_id, asset from live.accounts
                          where account_number = $2 and status <> 'closed') as found
                   ) as "found?: Json<PayeeRow>"
               from registry.live_positions where view = any($1)"#,
            &names(VIEWS),
            number.to_string(),
        )
        .fetch_one(&self.pool)
        .await?;
        let payee = match row.found {
            Some(Json(found)) => {
                Some(Payee { account_id: AccountId::new(found.account_id), asset: asset(&found.asset)? })
            }
            None => None,
        };
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live }.with(VIEWS, payee)
    }
}
