//! Holds from ranges of the log: each range says what it last knew of a hold, the merge lets the last one have the last word.

use std::collections::HashMap;

use async_trait::async_trait;
use events::recorded::Event;
use kernel::HoldId;
use projection_engine::{Bulk, Commit, Fault, Loader, WriteError};
use sqlx::PgConnection;

use super::{
    fold::{Change, fold_commit},
    rows::COLUMNS,
};
use crate::copy::CopyRows;

pub(super) struct LastWord;

/// About what one change takes in memory.
const CHANGE_BYTES: usize = 400;

const COPY_PARTS: &str = "copy hold_parts (hold_id, source, destination, asset, expires_at, memo, reference, placed_by, placed_position, \
    amount, captured, released, status, position, recorded_at) from stdin (format binary)";

const MERGE: &[&str] = &[
    "insert into holds (hold_id, source, destination, asset, expires_at, memo, reference, placed_by, placed_position, amount,
        captured, released, status, position, recorded_at)
     select hold_id, placed.source, placed.destination, placed.asset, placed.expires_at, placed.memo, placed.reference,
        placed.placed_by, placed.placed_position, last.amount, last.captured, last.released, last.status, last.position,
        last.recorded_at
     from (
        select distinct on (hold_id) hold_id, amount, captured, released, status, position, recorded_at
        from hold_parts order by hold_id, position desc
     ) as last
     join hold_parts as placed using (hold_id)
     where placed.placed_position is not null",
    "do $$ begin
        if exists (
            select from hold_parts as part left join holds using (hold_id) where holds.hold_id is null
        ) then
            raise exception 'a hold changed that was never placed';
        end if;
     end $$",
    "drop table hold_parts",
];

impl Bulk<Event> for LastWord {
    fn staging(&self) -> &'static str {
        "create table hold_parts (
            placed_position bigint,
            position bigint not null,
            recorded_at timestamptz not null,
            expires_at timestamptz,
            hold_id uuid not null,
            source uuid,
            destination uuid,
            placed_by uuid,
            amount numeric(38, 0) not null,
            captured numeric(38, 0) not null,
            released numeric(38, 0) not null,
            status text not null,
            asset text,
            memo text,
            reference text
        )"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts(HashMap::new()))
    }
}

/// What a range knows of each hold so far.
struct Parts(HashMap<HoldId, Change>);

#[async_trait]
impl Loader<Event> for Parts {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        commits.iter().try_for_each(|commit| fold_commit(&mut self.0, commit))
    }

    fn held(&self) -> usize {
        self.0.len() * CHANGE_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let mut rows = CopyRows::new(COPY_PARTS, COLUMNS);
        for (hold, change) in self.0.drain() {
            change.write(hold, &mut rows);
        }
        rows.send(connection).await
    }
}
