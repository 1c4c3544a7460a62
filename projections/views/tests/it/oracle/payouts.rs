//! What the tables of payout runs must hold.

use std::collections::BTreeMap;

use events::recorded::{
    Event, PayoutDestination, PayoutResult, PayoutRow, PayoutRowsEvent, PayoutRunEvent, PayoutRunOpened,
};
use kernel::PayoutRunId;
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::or_dash;

struct Run {
    opened: PayoutRunOpened,
    opened_at: i64,
    /// As the last event but those of rows left it.
    status: &'static str,
    /// Number, number of the last row, stream, and position.
    chunks: Vec<(u32, u32, Uuid, i64)>,
    /// With the position of the event.
    results: Vec<(PayoutResult, i64)>,
    paying_since: Option<i64>,
    done_before: usize,
    moment: Moment,
}

#[derive(Default)]
pub struct Payouts {
    runs: BTreeMap<Uuid, Run>,
    rows: BTreeMap<Uuid, Vec<PayoutRow>>,
}

impl Payouts {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        let event = match body {
            Event::PayoutRows(PayoutRowsEvent::Added(added)) => {
                self.rows.insert(stream, added.rows.clone());
                return;
            }
            Event::PayoutRun(PayoutRunEvent::Opened(opened)) => {
                let (opened, opened_at) = (opened.clone(), moment.position);
                let (chunks, results) = (Vec::new(), Vec::new());
                let (status, paying_since, done_before) = ("open", None, 0);
                let run = Run { opened, opened_at, status, chunks, results, paying_since, done_before, moment };
                self.runs.insert(stream, run);
                return;
            }
            Event::PayoutRun(event) => event,
            _ => return,
        };
        let run = self.runs.get_mut(&stream).expect("opened");
        run.moment = moment;
        match event {
            PayoutRunEvent::Opened(_) => {}
            PayoutRunEvent::ChunkAdded(added) => {
                let chunk = PayoutRunId::new(stream).chunk_stream(added.chunk).uuid();
                run.chunks.push((added.chunk, added.last_row, chunk, moment.position));
            }
            PayoutRunEvent::Started(_) | PayoutRunEvent::Resumed(_) => {
                (run.status, run.paying_since, run.done_before) = ("running", Some(moment.at), run.results.len());
            }
            PayoutRunEvent::RowsPaid(paid) => {
                run.results.extend(paid.results.iter().map(|result| (result.clone(), moment.position)));
            }
            PayoutRunEvent::Paused(_) => run.status = "paused",
            PayoutRunEvent::Cancelled(_) => run.status = "cancelled",
        }
    }

    fn rows_of(&self, run: &Run) -> Vec<&PayoutRow> {
        run.chunks.iter().flat_map(|(_, _, chunk, _)| &self.rows[chunk]).collect()
    }

    pub fn tables(self) -> Vec<Table> {
        let runs = self.runs.iter().map(|(id, run)| run.line(*id, &self.rows_of(run)));
        let chunks = self.runs.iter().flat_map(|(id, run)| {
            let line = move |(chunk, last_row, stream, position): &(u32, u32, Uuid, i64)| {
                format!("{id}|{chunk}|{last_row}|{stream}|{position}")
            };
            run.chunks.iter().map(line)
        });
        let rows = self.rows.iter().flat_map(|(chunk, rows)| {
            rows.iter().map(move |row| {
                let (account, number) = match row.destination {
                    PayoutDestination::Account(account) => (account.to_string(), "-".to_owned()),
                    PayoutDestination::Number(number) => ("-".to_owned(), number.to_string()),
                };
                format!("{chunk}|{}|{account}|{number}|{}|{}", row.row, row.amount, or_dash(&row.memo))
            })
        });
        let results = self.runs.iter().flat_map(|(id, run)| {
            run.results.iter().map(move |(result, position)| {
                let code = or_dash(&result.refusal.as_ref().map(|refusal| &refusal.code));
                format!("{id}|{}|{}|{code}|{position}", result.row, result.transfer)
            })
        });
        vec![
            Table::of("payout_runs", SELECT_RUNS, runs),
            Table::of("payout_chunks", SELECT_CHUNKS, chunks),
            Table::of("payout_rows", SELECT_ROWS, rows),
            Table::of("payout_results", SELECT_RESULTS, results),
        ]
    }
}

impl Run {
    /// What it adds up to is added up here, not taken from what its events state.
    fn line(&self, id: Uuid, rows: &[&PayoutRow]) -> String {
        let PayoutRunOpened { source, asset, name, reference, opened_by } = &self.opened;
        let total: i128 = rows.iter().map(|row| row.amount.units()).sum();
        let posted: Vec<u32> =
            self.results.iter().filter(|(result, _)| result.refusal.is_none()).map(|(result, _)| result.row).collect();
        let paid: i128 = rows.iter().filter(|row| posted.contains(&row.row)).map(|row| row.amount.units()).sum();
        let (all, done, posted) = (rows.len(), self.results.len(), posted.len());
        let status = if self.status == "running" && done == all { "finished" } else { self.status };
        let said = format!("{source}|{asset}|{name}|{reference}|{}|{}", opened_by.id, self.opened_at);
        let sums = format!("{status}|{all}|{total}|{posted}|{}|{paid}", done - posted);
        let (since, before) = (or_dash(&self.paying_since), self.done_before);
        format!("{id}|{said}|{sums}|{since}|{before}|{}|{}", self.moment.end, self.moment.at)
    }
}

const SELECT_RUNS: &str = "select concat_ws('|', run_id, source, asset, name, reference, opened_by, opened_position, status, rows,
    total, posted, refused, paid, coalesce((extract(epoch from paying_since) * 1000000)::int8::text, '-'), done_before, position,
    (extract(epoch from recorded_at) * 1000000)::int8) from live.payout_runs";
const SELECT_CHUNKS: &str =
    "select concat_ws('|', run_id, chunk, last_row, chunk_id, position) from live.payout_chunks";
const SELECT_ROWS: &str = "select concat_ws('|', chunk_id, row_number, coalesce(account_id::text, '-'),
    coalesce(account_number, '-'), amount, coalesce(memo, '-')) from live.payout_rows";
const SELECT_RESULTS: &str =
    "select concat_ws('|', run_id, row_number, transfer_id, coalesce(code, '-'), position) from live.payout_results";
