//! Which accounts are whose.

use kernel::{AccountId, MemberId};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Accounts];

impl Reads {
    /// The ids of every account of an owner, closed ones too; none for nobody.
    pub async fn accounts_owned(
        &self,
        owner: Option<MemberId>,
        need: &Need,
    ) -> Result<Fresh<Vec<AccountId>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.accounts_owned_now(owner)).await
    }

    async fn accounts_owned_now(&self, owner: Option<MemberId>) -> Result<Seen<Vec<AccountId>>, ReadsError> {
        let row = sqlx::query!(
            r#"select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
                   array(select account_id from live.accounts where owner = $2) as "accounts!: Vec<Uuid>",
                   (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
                    from registry.missing as m
                    where m.view = any($1) and $2::uuid is not null and (m.anything
                       or m.touches && array[$2::uuid::text]
                       or not m.names_owner and not exists (
                           select from live.accounts as a
                           where a.account_id = any(array(select t::uuid from unnest(m.touches) as t where t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))))
                   ) as "missing?: Json<MissingRow>"
               from registry.live_positions where view = any($1)"#,
            &names(VIEWS),
            owner.map(MemberId::uuid),
        )
        .fetch_one(&self.pool)
        .await?;
        let accounts = row.accounts.into_iter().map(AccountId::new).collect();
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, accounts)
    }
}
