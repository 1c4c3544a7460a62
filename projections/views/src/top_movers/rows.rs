//! The SQL of the movers.

use async_trait::async_trait;
use chrono::NaiveDate;
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::Movers;

#[async_trait]
impl Rows for Movers {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let asset: Vec<String> = self.0.keys().map(|(asset, ..)| asset.to_string()).collect();
        let day: Vec<NaiveDate> = self.0.keys().map(|(_, day, _)| *day).collect();
        let account: Vec<Uuid> = self.0.keys().map(|(.., account)| account.uuid()).collect();
        let transfers: Vec<i64> = self.0.values().map(|moved| moved.transfers).collect();
        let volume: Vec<String> = self.0.values().map(|moved| moved.volume.to_string()).collect();
        sqlx::query!(
            "insert into movers (asset, day, account_id, transfers, volume)
             select asset, day, account_id, transfers, volume::numeric
             from unnest($1::text[], $2::date[], $3::uuid[], $4::int8[], $5::text[])
                as added(asset, day, account_id, transfers, volume)
             on conflict (asset, day, account_id) do update
             set transfers = movers.transfers + excluded.transfers, volume = movers.volume + excluded.volume",
            &asset,
            &day,
            &account,
            &transfers,
            &volume
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
