//! The SQL of the totals.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;
use kernel::{AccountId, AssetCode};
use projection_engine::{Rows, WriteError};
use sqlx::PgConnection;

use super::{fold::Additions, states::Numbers};
use crate::wide::Wide;

/// What is to be added to the totals of one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    member: Wide,
    system: Wide,
    numbers: Numbers,
}

#[async_trait]
impl Rows for Additions {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let system =
            if self.moved.is_empty() { HashSet::new() } else { self.states.system_accounts(connection).await? };
        let mut numbers = HashMap::new();
        self.states.write(connection, &mut numbers).await?;
        let totals = self.totals(&system, numbers);
        if !totals.is_empty() {
            add(connection, &totals).await?;
        }
        self.activity.write(connection).await
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
        // Transfers between members leave the totals as they are.
        totals.retain(|_, t| !t.member.is_zero() || !t.system.is_zero() || t.numbers != Numbers::default());
        totals
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
    let system_accounts: Vec<i64> = column.map(|total| total.numbers.system).collect();
    sqlx::query!(
        "insert into asset_totals (asset, member_sum, system_sum, members_open, members_frozen, members_closed,
            system_accounts)
         select asset, member_sum::numeric, system_sum::numeric, members_open, members_frozen, members_closed,
            system_accounts
         from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int8[])
            as added(asset, member_sum, system_sum, members_open, members_frozen, members_closed, system_accounts)
         on conflict (asset) do update
         set member_sum = asset_totals.member_sum + excluded.member_sum,
            system_sum = asset_totals.system_sum + excluded.system_sum,
            members_open = asset_totals.members_open + excluded.members_open,
            members_frozen = asset_totals.members_frozen + excluded.members_frozen,
            members_closed = asset_totals.members_closed + excluded.members_closed,
            system_accounts = asset_totals.system_accounts + excluded.system_accounts",
        &asset,
        &member,
        &system,
        &open,
        &frozen,
        &closed,
        &system_accounts
    )
    .execute(connection)
    .await?;
    Ok(())
}
