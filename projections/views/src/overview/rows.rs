//! The SQL of the totals.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;
use kernel::{AccountId, AssetCode};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::{
    fold::Additions,
    records::{self, RecordNumbers},
    states::Numbers,
};
use crate::wide::Wide;

/// What is to be added to the totals of one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    member: Wide,
    system: Wide,
    numbers: Numbers,
    held: Wide,
    open_holds: i64,
}

impl Totals {
    /// Whether nothing is to be added.
    fn is_nothing(&self) -> bool {
        let Self { member, system, numbers, held, open_holds } = *self;
        [member, system, held].into_iter().all(Wide::is_zero) && numbers == Numbers::default() && open_holds == 0
    }
}

#[async_trait]
impl Rows for Additions {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let system =
            if self.moved.is_empty() { HashSet::new() } else { self.states.system_accounts(connection).await? };
        let mut numbers = HashMap::new();
        self.states.write(connection, &mut numbers).await?;
        let mut of_records = RecordNumbers { holds: HashMap::new(), counts: self.counts.clone() };
        self.records.write(connection, &mut of_records).await?;
        let mut totals = self.totals(&system, numbers);
        for (asset, held) in self.held_of_members(connection).await? {
            totals.entry(asset).or_default().held = held;
        }
        for (asset, number) in of_records.holds {
            totals.entry(asset).or_default().open_holds = number;
        }
        // Transfers between members leave the totals as they are.
        totals.retain(|_, total| !total.is_nothing());
        if !totals.is_empty() {
            add(connection, &totals).await?;
        }
        of_records.counts.write(connection).await?;
        self.activity.write(connection).await?;
        self.refusals.write(connection).await
    }
}

impl Additions {
    fn totals(&self, system: &HashSet<AccountId>, numbers: HashMap<AssetCode, Numbers>) -> BTreeMap<AssetCode, Totals> {
        let mut totals: BTreeMap<AssetCode, Totals> = BTreeMap::new();
        for (account, (asset, sum)) in &self.moved {
            let total = totals.entry(*asset).or_default();
            let side = if system.contains(account) { &mut total.system } else { &mut total.member };
            side.add_wide(*sum);
        }
        for (asset, numbers) in numbers {
            totals.entry(asset).or_default().numbers = numbers;
        }
        totals
    }

    /// By how much what is held in members' accounts changed. The accounts are there: their states were written before.
    async fn held_of_members(&self, connection: &mut PgConnection) -> Result<HashMap<AssetCode, Wide>, WriteError> {
        let changed = self.held.iter().filter(|(_, held)| !held.is_zero());
        let account: Vec<Uuid> = changed.map(|(account, _)| account.uuid()).collect();
        let mut sums: HashMap<AssetCode, Wide> = HashMap::new();
        if account.is_empty() {
            return Ok(sums);
        }
        let found =
            sqlx::query!("select account_id, asset, system from account_states where account_id = any($1)", &account)
                .fetch_all(connection)
                .await?;
        if found.len() != account.len() {
            return Err(WriteError::Inconsistent("funds are held of an account that was never opened".into()));
        }
        for row in found.into_iter().filter(|row| !row.system) {
            let held = self.held.get(&AccountId::new(row.account_id)).copied().unwrap_or_default();
            sums.entry(records::asset(&row.asset)?).or_default().add_wide(held);
        }
        Ok(sums)
    }
}

async fn add(connection: &mut PgConnection, totals: &BTreeMap<AssetCode, Totals>) -> Result<(), WriteError> {
    let asset: Vec<String> = totals.keys().map(ToString::to_string).collect();
    let column = totals.values();
    let member: Vec<String> = column.clone().map(|total| total.member.to_string()).collect();
    let system: Vec<String> = column.clone().map(|total| total.system.to_string()).collect();
    let open: Vec<i64> = column.clone().map(|total| total.numbers.open).collect();
    let frozen: Vec<i64> = column.clone().map(|total| total.numbers.frozen).collect();
    let closed: Vec<i64> = column.clone().map(|total| total.numbers.closed).collect();
    let system_accounts: Vec<i64> = column.clone().map(|total| total.numbers.system).collect();
    let held: Vec<String> = column.clone().map(|total| total.held.to_string()).collect();
    let open_holds: Vec<i64> = column.map(|total| total.open_holds).collect();
    sqlx::query!(
        "insert into asset_totals (asset, member_sum, system_sum, members_open, members_frozen, members_closed,
            system_accounts, held, open_holds)
         select asset, member_sum::numeric, system_sum::numeric, members_open, members_frozen, members_closed,
            system_accounts, held::numeric, open_holds
         from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::text[],
                $9::int8[])
            as added(asset, member_sum, system_sum, members_open, members_frozen, members_closed, system_accounts, held,
                open_holds)
         on conflict (asset) do update
         set member_sum = asset_totals.member_sum + excluded.member_sum,
            system_sum = asset_totals.system_sum + excluded.system_sum,
            members_open = asset_totals.members_open + excluded.members_open,
            members_frozen = asset_totals.members_frozen + excluded.members_frozen,
            members_closed = asset_totals.members_closed + excluded.members_closed,
            system_accounts = asset_totals.system_accounts + excluded.system_accounts,
            held = asset_totals.held + excluded.held,
            open_holds = asset_totals.open_holds + excluded.open_holds",
        &asset,
        &member,
        &system,
        &open,
        &frozen,
        &closed,
        &system_accounts,
        &held,
        &open_holds
    )
    .execute(connection)
    .await?;
    Ok(())
}
