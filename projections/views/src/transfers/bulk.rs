//! Transfers from ranges of the log: rows in whatever order, and a list of those that were reversed in a later one.

use async_trait::async_trait;
use events::recorded::Event;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::{
    fold::fold,
    rows::{COLUMNS, COPY_TRANSFERS},
};
use crate::copy::CopyRows;

pub(super) struct InOrder;

const COPY_REVERSALS: &str = "copy reversals (transfer_id, by) from stdin (format binary)";

const MERGE: &[&str] = &[
    "do $$ begin
        if exists (
            select from reversals left join transfers using (transfer_id) where transfers.transfer_id is null
        ) then
            raise exception 'a transfer was reversed that was never posted';
        end if;
     end $$",
    "update transfers set reversed_by = reversals.by from reversals where transfers.transfer_id = reversals.transfer_id",
    "drop table reversals",
];

impl Bulk<Event> for InOrder {
    fn staging(&self) -> &'static str {
        "create table reversals (transfer_id uuid not null, by uuid not null)"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        let (transfers, reversals) = (CopyRows::new(COPY_TRANSFERS, COLUMNS), CopyRows::new(COPY_REVERSALS, 2));
        Box::new(Gathered { transfers, reversals })
    }
}

struct Gathered {
    transfers: CopyRows,
    reversals: CopyRows,
}

#[async_trait]
impl Loader<Event> for Gathered {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        let folded = fold(commits.iter())?;
        folded.rows.iter().for_each(|row| row.write(&mut self.transfers));
        for (transfer, by) in folded.reversed {
            self.reversals.row().uuid(transfer.uuid()).uuid(by.uuid());
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.transfers.held() + self.reversals.held()
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.transfers.flush(connection).await?;
        self.reversals.flush(connection).await
    }
}
