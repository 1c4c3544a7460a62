//! Movers from ranges of the log: each range adds up its own, the merge adds up the ranges.

use async_trait::async_trait;
use events::recorded::Event;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::fold::{Movers, fold_commit};
use crate::copy::CopyRows;

pub(super) struct AddUp;

/// About what an entry takes in memory.
const ENTRY_BYTES: usize = 150;

const COPY_PARTS: &str = "copy mover_parts (day, account_id, transfers, volume, asset) from stdin (format binary)";

const MERGE: &[&str] = &[
    // The day came as a time: what COPY writes, this reads.
    "insert into movers (day, account_id, transfers, volume, asset)
     select (day at time zone 'UTC')::date, account_id, sum(transfers), sum(volume::numeric), asset
     from mover_parts group by day, account_id, asset",
    "drop table mover_parts",
];

impl Bulk<Event> for AddUp {
    fn staging(&self) -> &'static str {
        "create table mover_parts (
            day timestamptz not null,
            account_id uuid not null,
            transfers bigint not null,
            volume text not null,
            asset text not null
         )"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts(Movers::default()))
    }
}

struct Parts(Movers);

#[async_trait]
impl Loader<Event> for Parts {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        commits.iter().for_each(|commit| fold_commit(&mut self.0, commit));
        Ok(())
    }

    fn held(&self) -> usize {
        self.0.0.len() * ENTRY_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let mut rows = CopyRows::new(COPY_PARTS, 5);
        for ((asset, day, account), moved) in std::mem::take(&mut self.0.0) {
            rows.row()
                .time(day.and_time(chrono::NaiveTime::MIN).and_utc())
                .uuid(account.uuid())
                .int8(moved.transfers)
                .text(&moved.volume.to_string())
                .text(asset.as_str());
        }
        rows.send(connection).await
    }
}
