//! The SQL of the view `payout_runs`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::{PayoutDestination, PayoutRow, PayoutRunOpened};
use kernel::{Minor, PayoutRunId, Position, StreamId};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Change, Changes, Chunk, Paid};
use crate::copy::CopyRows;

/// What is to be written: runs that were opened, what became of these and of earlier ones, and rows, which only grow.
#[derive(Debug)]
pub(super) struct PayoutTables {
    opened: CopyRows,
    changed: Changed,
    chunks: CopyRows,
    rows: CopyRows,
    results: CopyRows,
}

/// Null where a run is what it was.
#[derive(Debug, Default)]
struct Changed {
    run_id: Vec<Uuid>,
    status: Vec<Option<&'static str>>,
    rows: Vec<Option<i64>>,
    total: Vec<Option<String>>,
    posted: Vec<Option<i64>>,
    refused: Vec<Option<i64>>,
    paid: Vec<Option<String>>,
    paying_since: Vec<Option<DateTime<Utc>>>,
    done_before: Vec<Option<i64>>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

const COPY_RUNS: &str = "copy payout_runs (run_id, source, asset, name, reference, opened_by, opened_position, status, rows, total, posted, \
    refused, paid, paying_since, done_before, position, recorded_at) from stdin (format binary)";
const COPY_CHUNKS: &str = "copy payout_chunks (run_id, chunk, last_row, chunk_id, position) from stdin (format binary)";
const COPY_ROWS: &str =
    "copy payout_rows (chunk_id, row_number, account_id, account_number, amount, memo) from stdin (format binary)";
const COPY_RESULTS: &str =
    "copy payout_results (run_id, row_number, transfer_id, code, position) from stdin (format binary)";

impl From<Changes<'_>> for PayoutTables {
    fn from(changes: Changes<'_>) -> Self {
        let mut tables = Self {
            opened: CopyRows::new(COPY_RUNS, 17),
            changed: Changed::default(),
            chunks: CopyRows::new(COPY_CHUNKS, 5),
            rows: CopyRows::new(COPY_ROWS, 6),
            results: CopyRows::new(COPY_RESULTS, 5),
        };
        for (id, change) in &changes.runs {
            if let Some((opened, position)) = change.opened {
                change.write_opened(*id, (opened, position), &mut tables.opened);
            }
            if change.goes_on() {
                tables.changed.push(*id, change);
            }
        }
        changes.chunks.iter().for_each(|chunk| chunk.write(&mut tables.chunks));
        for (chunk, row) in changes.rows {
            write_row(chunk, row, &mut tables.rows);
        }
        changes.results.iter().for_each(|paid| paid.write(&mut tables.results));
        tables
    }
}

impl Change<'_> {
    /// Whether more happened to it than that it was opened.
    fn goes_on(&self) -> bool {
        self.opened.is_none() || self.status.is_some() || self.added.is_some()
    }

    /// The run as it was opened: what came after is written as the changes of any run are.
    fn write_opened(&self, id: PayoutRunId, (opened, at): (&PayoutRunOpened, Position), rows: &mut CopyRows) {
        rows.row()
            .uuid(id.uuid())
            .uuid(opened.source.uuid())
            .text(opened.asset.as_str())
            .text(&opened.name)
            .text(&opened.reference)
            .uuid(opened.opened_by.id.uuid())
            .int8(at.number())
            .text("open")
            .int8(0)
            .numeric(Minor::ZERO)
            .int8(0)
            .int8(0)
            .numeric(Minor::ZERO)
            .null()
            .int8(0)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl Chunk {
    fn write(&self, rows: &mut CopyRows) {
        rows.row()
            .uuid(self.run.uuid())
            .int8(self.chunk.into())
            .int8(self.last_row.into())
            .uuid(self.run.chunk_stream(self.chunk).uuid())
            .int8(self.position.number());
    }
}

fn write_row(chunk: StreamId, row: &PayoutRow, rows: &mut CopyRows) {
    let (account, number) = match row.destination {
        PayoutDestination::Account(account) => (Some(account.uuid()), None),
        PayoutDestination::Number(number) => (None, Some(number.to_string())),
    };
    rows.row()
        .uuid(chunk.uuid())
        .int8(row.row.into())
        .maybe(account, CopyRows::uuid)
        .maybe(number.as_deref(), CopyRows::text)
        .numeric(row.amount)
        .maybe(row.memo.as_deref(), CopyRows::text);
}

impl Paid<'_> {
    fn write(&self, rows: &mut CopyRows) {
        rows.row()
            .uuid(self.run.uuid())
            .int8(self.result.row.into())
            .uuid(self.result.transfer.uuid())
            .maybe(self.result.refusal.as_ref().map(|refusal| refusal.code.as_str()), CopyRows::text)
            .int8(self.position.number());
    }
}

impl Changed {
    fn push(&mut self, id: PayoutRunId, change: &Change<'_>) {
        self.run_id.push(id.uuid());
        self.status.push(change.status);
        self.rows.push(change.added.map(|added| added.rows.into()));
        self.total.push(change.added.map(|added| added.total.to_string()));
        self.posted.push(change.paid.map(|paid| paid.posted.into()));
        self.refused.push(change.paid.map(|paid| paid.refused.into()));
        self.paid.push(change.paid.map(|paid| paid.paid.to_string()));
        self.paying_since.push(change.paying.map(|paying| paying.since));
        self.done_before.push(change.paying.and_then(|paying| paying.done_before));
        self.position.push(change.position.number());
        self.recorded_at.push(change.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        // A run is finished once all rows came out. What is over stays as it is: an event after the last is an error.
        let updated = sqlx::query!(
            "update payout_runs as run
             set status = case
                    when changed.status = 'running' and coalesce(changed.posted + changed.refused, run.posted + run.refused)
                        = coalesce(changed.rows, run.rows) and coalesce(changed.rows, run.rows) > 0 then 'finished'
                    else coalesce(changed.status, run.status) end,
                rows = coalesce(changed.rows, run.rows), total = coalesce(changed.total::numeric, run.total),
                posted = coalesce(changed.posted, run.posted), refused = coalesce(changed.refused, run.refused),
                paid = coalesce(changed.paid::numeric, run.paid),
                paying_since = coalesce(changed.paying_since, run.paying_since),
                done_before = case when changed.paying_since is null then run.done_before
                    else coalesce(changed.done_before, run.posted + run.refused) end,
                position = changed.position, recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::text[], $3::int8[], $4::text[], $5::int8[], $6::int8[], $7::text[],
                $8::timestamptz[], $9::int8[], $10::int8[], $11::timestamptz[])
                as changed(run_id, status, rows, total, posted, refused, paid, paying_since, done_before, position, recorded_at)
             where run.run_id = changed.run_id and run.status not in ('finished', 'cancelled')",
            &self.run_id,
            &self.status as &[Option<&str>],
            &self.rows as &[Option<i64>],
            &self.total as &[Option<String>],
            &self.posted as &[Option<i64>],
            &self.refused as &[Option<i64>],
            &self.paid as &[Option<String>],
            &self.paying_since as &[Option<DateTime<Utc>>],
            &self.done_before as &[Option<i64>],
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.run_id.len() as u64 {
            return Err(WriteError::Inconsistent("a payout run changed that was never opened, or is over".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for PayoutTables {
    fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.changed.run_id.is_empty() && self.rows.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.opened.send(connection).await?;
        if !self.changed.run_id.is_empty() {
            self.changed.update(connection).await?;
        }
        self.chunks.send(connection).await?;
        self.rows.send(connection).await?;
        self.results.send(connection).await
    }
}
