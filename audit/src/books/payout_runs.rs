//! View `payout_runs`: one row for each payout run, for each chunk of rows, for each row, and for each row that came out.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, PayoutDestination, PayoutRow, PayoutRowsEvent, PayoutRowsPaid, PayoutRunEvent, PayoutRunOpened,
};
use futures::TryStreamExt;
use kernel::{Minor, PayoutRunId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "payout_runs",
    tables: &[
        Table {
            name: "payout_runs",
            columns: &[
                "opened_position",
                "position",
                "rows",
                "posted",
                "refused",
                "done_before",
                "recorded_at",
                "paying_since",
                "run_id",
                "source",
                "opened_by",
                "total",
                "paid",
                "status",
                "asset",
                "name",
                "reference",
            ],
        },
        Table { name: "payout_chunks", columns: &["position", "last_row", "chunk", "run_id", "chunk_id"] },
        Table {
            name: "payout_rows",
            columns: &["row_number", "chunk_id", "account_id", "amount", "account_number", "memo"],
        },
        Table { name: "payout_results", columns: &["position", "row_number", "run_id", "transfer_id", "code"] },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [runs, chunks, rows, results] = sinks.try_into().ok()?;
    let (active, cells) = (HashMap::new(), Cells::default());
    Some(Box::new(PayoutRuns { active, cells, runs, chunks, rows, results }))
}

/// A run as it stands.
struct Run {
    opened: PayoutRunOpened,
    opened_position: i64,
    status: &'static str,
    rows: i64,
    total: Minor,
    posted: i64,
    refused: i64,
    paid: Minor,
    paying_since: Option<DateTime<Utc>>,
    done_before: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
}

/// A run that is over is given away, and so is every row at once: memory grows with the runs that go on.
struct PayoutRuns<S> {
    active: HashMap<Uuid, Run>,
    cells: Cells,
    runs: S,
    chunks: S,
    rows: S,
    results: S,
}

/// A row of `payout_runs`.
struct RunRow<'a> {
    opened_position: i64,
    position: i64,
    rows: i64,
    posted: i64,
    refused: i64,
    done_before: i64,
    recorded_at: DateTime<Utc>,
    paying_since: Option<DateTime<Utc>>,
    source: Uuid,
    opened_by: Uuid,
    total: &'a dyn Display,
    paid: &'a dyn Display,
    status: &'a str,
    asset: &'a str,
    name: &'a str,
    reference: &'a str,
}

impl RunRow<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, runs: &mut dyn Sink) {
        cells.clear().put("opened_position", self.opened_position).put("position", self.position);
        cells.put("rows", self.rows).put("posted", self.posted).put("refused", self.refused);
        cells.put("done_before", self.done_before).put("recorded_at", time(self.recorded_at));
        cells.maybe("paying_since", self.paying_since.map(time)).put("source", self.source);
        cells.put("opened_by", self.opened_by).put("total", self.total).put("paid", self.paid);
        cells.put("status", self.status).put("asset", self.asset).put("name", self.name);
        runs.row(&id.to_string(), cells.put("reference", self.reference));
    }
}

fn give_chunk(position: i64, last_row: i64, chunk: i64, ids: (Uuid, Uuid), cells: &mut Cells, chunks: &mut dyn Sink) {
    let (run, chunk_id) = ids;
    cells.clear().put("position", position).put("chunk", chunk).put("chunk_id", chunk_id);
    chunks.row(&format!("run {run} up to row {last_row}"), cells);
}

/// A row of `payout_rows`.
struct AddedRow<'a> {
    account: Option<Uuid>,
    amount: &'a dyn Display,
    number: Option<&'a str>,
    memo: Option<&'a str>,
}

impl AddedRow<'_> {
    fn give(&self, (chunk, row): (Uuid, i64), cells: &mut Cells, rows: &mut dyn Sink) {
        cells.clear().maybe("account_id", self.account).put("amount", self.amount);
        cells.maybe("account_number", self.number).maybe("memo", self.memo);
        rows.row(&format!("row {row} of chunk {chunk}"), cells);
    }
}

/// A row of `payout_results`.
struct ResultRow<'a> {
    position: i64,
    transfer: Uuid,
    code: Option<&'a str>,
}

impl ResultRow<'_> {
    fn give(&self, (run, row): (Uuid, i64), cells: &mut Cells, results: &mut dyn Sink) {
        cells.clear().put("position", self.position).put("transfer_id", self.transfer).maybe("code", self.code);
        results.row(&format!("row {row} of run {run}"), cells);
    }
}

impl Run {
    fn new(opened: &PayoutRunOpened, opened_position: i64, commit: &Commit) -> Self {
        Self {
            opened: opened.clone(),
            opened_position,
            status: "open",
            rows: 0,
            total: Minor::ZERO,
            posted: 0,
            refused: 0,
            paid: Minor::ZERO,
            paying_since: None,
            done_before: 0,
            position: commit.last,
            recorded_at: commit.recorded_at,
        }
    }

    fn event(&mut self, event: &PayoutRunEvent, commit: &Commit) {
        (self.position, self.recorded_at) = (commit.last, commit.recorded_at);
        match event {
            PayoutRunEvent::Opened(_) => {}
            PayoutRunEvent::ChunkAdded(added) => (self.rows, self.total) = (added.rows.into(), added.total),
            PayoutRunEvent::Started(_) | PayoutRunEvent::Resumed(_) => {
                self.status = "running";
                (self.paying_since, self.done_before) = (Some(commit.recorded_at), self.posted + self.refused);
            }
            PayoutRunEvent::RowsPaid(paid) => {
                (self.posted, self.refused, self.paid) = (paid.posted.into(), paid.refused.into(), paid.paid);
                let is_done = self.posted + self.refused == self.rows;
                self.status = if is_done { "finished" } else { "running" };
            }
            PayoutRunEvent::Paused(_) => self.status = "paused",
            PayoutRunEvent::Cancelled(_) => self.status = "cancelled",
        }
    }

    fn give(&self, id: Uuid, cells: &mut Cells, runs: &mut dyn Sink) {
        let opened = &self.opened;
        let row = RunRow {
            opened_position: self.opened_position,
            position: self.position,
            rows: self.rows,
            posted: self.posted,
            refused: self.refused,
            done_before: self.done_before,
            recorded_at: self.recorded_at,
            paying_since: self.paying_since,
            source: opened.source.uuid(),
            opened_by: opened.opened_by.id.uuid(),
            total: &self.total,
            paid: &self.paid,
            status: self.status,
            asset: opened.asset.as_str(),
            name: &opened.name,
            reference: &opened.reference,
        };
        row.give(id, cells, runs);
    }
}

impl<S: Sink> PayoutRuns<S> {
    fn of_run(&mut self, event: &assemble::Event, of_run: &PayoutRunEvent, commit: &Commit) {
        let (id, position) = (event.stream, event.position);
        match of_run {
            PayoutRunEvent::Opened(opened) => {
                self.active.insert(id, Run::new(opened, position, commit));
                return;
            }
            PayoutRunEvent::ChunkAdded(added) => {
                let chunk_id = PayoutRunId::new(id).chunk_stream(added.chunk).uuid();
                let (last_row, chunk) = (added.last_row.into(), added.chunk.into());
                give_chunk(position, last_row, chunk, (id, chunk_id), &mut self.cells, &mut self.chunks);
            }
            PayoutRunEvent::RowsPaid(paid) => self.results(id, position, paid),
            _ => {}
        }
        if let Some(run) = self.active.get_mut(&id) {
            run.event(of_run, commit);
        }
    }

    fn results(&mut self, run: Uuid, position: i64, paid: &PayoutRowsPaid) {
        for result in &paid.results {
            let code = result.refusal.as_ref().map(|refusal| refusal.code.as_str());
            let row = ResultRow { position, transfer: result.transfer.uuid(), code };
            row.give((run, result.row.into()), &mut self.cells, &mut self.results);
        }
    }

    fn rows(&mut self, chunk: Uuid, rows: &[PayoutRow]) {
        for row in rows {
            let (account, number) = match row.destination {
                PayoutDestination::Account(account) => (Some(account.uuid()), None),
                PayoutDestination::Number(number) => (None, Some(number.to_string())),
            };
            let (number, memo) = (number.as_deref(), row.memo.as_deref());
            let added = AddedRow { account, amount: &row.amount, number, memo };
            added.give((chunk, row.row.into()), &mut self.cells, &mut self.rows);
        }
    }
}

impl<S: Sink> Book<S> for PayoutRuns<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            match &event.recorded {
                Event::PayoutRun(of_run) => self.of_run(event, of_run, commit),
                Event::PayoutRows(PayoutRowsEvent::Added(added)) => self.rows(event.stream, &added.rows),
                _ => {}
            }
        }
        for event in &commit.events {
            let is_over = |run: &Run| matches!(run.status, "finished" | "cancelled");
            if self.active.get(&event.stream).is_some_and(is_over)
                && let Some(run) = self.active.remove(&event.stream)
            {
                run.give(event.stream, &mut self.cells, &mut self.runs);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, run) in &self.active {
            run.give(*id, &mut self.cells, &mut self.runs);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.runs, self.chunks, self.rows, self.results]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [runs, chunks, rows, results] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    read_runs(connection, &mut cells, runs).await?;
    read_chunks(connection, &mut cells, chunks).await?;
    read_rows(connection, &mut cells, rows).await?;
    read_results(connection, &mut cells, results).await
}

async fn read_runs(connection: &mut PgConnection, cells: &mut Cells, runs: &mut impl Sink) -> Result<(), sqlx::Error> {
    let mut found = sqlx::query!(
        r#"select opened_position as "opened_position!", position as "position!", rows as "rows!", posted as "posted!",
                  refused as "refused!", done_before as "done_before!", recorded_at as "recorded_at!", paying_since,
                  run_id as "run_id!", source as "source!", opened_by as "opened_by!", total::text as "total!",
                  paid::text as "paid!", status as "status!", asset as "asset!", name as "name!", reference as "reference!"
           from live.payout_runs"#
    )
    .fetch(connection);
    while let Some(row) = found.try_next().await? {
        let run = RunRow {
            opened_position: row.opened_position,
            position: row.position,
            rows: row.rows,
            posted: row.posted,
            refused: row.refused,
            done_before: row.done_before,
            recorded_at: row.recorded_at,
            paying_since: row.paying_since,
            source: row.source,
            opened_by: row.opened_by,
            total: &row.total,
            paid: &row.paid,
            status: &row.status,
            asset: &row.asset,
            name: &row.name,
            reference: &row.reference,
        };
        run.give(row.run_id, cells, runs);
    }
    Ok(())
}

async fn read_chunks(
    connection: &mut PgConnection,
    cells: &mut Cells,
    chunks: &mut impl Sink,
) -> Result<(), sqlx::Error> {
    let mut found = sqlx::query!(
        r#"select position as "position!", last_row as "last_row!", chunk as "chunk!", run_id as "run_id!",
                  chunk_id as "chunk_id!"
           from live.payout_chunks"#
    )
    .fetch(connection);
    while let Some(row) = found.try_next().await? {
        give_chunk(row.position, row.last_row, row.chunk, (row.run_id, row.chunk_id), cells, chunks);
    }
    Ok(())
}

async fn read_rows(connection: &mut PgConnection, cells: &mut Cells, rows: &mut impl Sink) -> Result<(), sqlx::Error> {
    let mut found = sqlx::query!(
        r#"select row_number as "row_number!", chunk_id as "chunk_id!", account_id, amount::text as "amount!",
                  account_number, memo
           from live.payout_rows"#
    )
    .fetch(connection);
    while let Some(row) = found.try_next().await? {
        let (number, memo) = (row.account_number.as_deref(), row.memo.as_deref());
        let added = AddedRow { account: row.account_id, amount: &row.amount, number, memo };
        added.give((row.chunk_id, row.row_number), cells, rows);
    }
    Ok(())
}

async fn read_results(
    connection: &mut PgConnection,
    cells: &mut Cells,
    results: &mut impl Sink,
) -> Result<(), sqlx::Error> {
    let mut found = sqlx::query!(
        r#"select position as "position!", row_number as "row_number!", run_id as "run_id!",
                  transfer_id as "transfer_id!", code
           from live.payout_results"#
    )
    .fetch(connection);
    while let Some(row) = found.try_next().await? {
        let result = ResultRow { position: row.position, transfer: row.transfer_id, code: row.code.as_deref() };
        result.give((row.run_id, row.row_number), cells, results);
    }
    Ok(())
}
