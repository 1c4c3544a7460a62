//! Payout runs: rows that are added in chunks, and paid one after the other.

use events::recorded::{
    PayoutChunkAdded, PayoutDestination, PayoutResult, PayoutRow, PayoutRowsAdded, PayoutRowsPaid, PayoutRunCancelled,
    PayoutRunEvent, PayoutRunOpened, PayoutRunPaused, PayoutRunResumed, PayoutRunStarted, Refusal, TransferFacts,
    TransferKind, TransferRejected,
};
use kernel::{AccountNumber, Actor, MemberId, PayoutRunId, Role, TransferId};
use uuid::Uuid;

use super::{Bank, Cause, units};

/// A payout run that is not over.
pub struct Payout {
    id: PayoutRunId,
    version: i64,
    source: usize,
    reference: String,
    opened_by: Actor,
    /// Each row with the place of the account that it pays to; none if nobody has the number.
    rows: Vec<(PayoutRow, Option<usize>)>,
    chunks: u32,
    status: Status,
    /// How many rows were paid or refused.
    done: usize,
    posted: u32,
    refused: u32,
    paid: i128,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Open,
    Running,
    Paused,
    Over,
}

impl Bank {
    /// One more thing that can happen to payout runs.
    pub(super) fn payout(&mut self) {
        if self.payouts.is_empty() || self.random.percent(15) {
            self.open_payout();
        }
        let at = self.random.below(self.payouts.len());
        // Several changes within one commit are as good as one.
        for _ in 0..=self.random.below(3) {
            let what = self.random.below(20);
            match (self.payouts[at].status, what) {
                (Status::Over, _) => {}
                (_, 0) => self.turn_payout(at, Status::Over, PayoutRunCancelled {}.into()),
                (Status::Open, 1..=9) if !self.payouts[at].rows.is_empty() => {
                    self.turn_payout(at, Status::Running, PayoutRunStarted {}.into());
                }
                (Status::Open, _) => self.add_rows(at),
                (Status::Running, 1..=3) => self.turn_payout(at, Status::Paused, PayoutRunPaused {}.into()),
                (Status::Running, _) => self.pay_rows(at),
                (Status::Paused, _) => self.turn_payout(at, Status::Running, PayoutRunResumed {}.into()),
            }
        }
        self.payouts.retain(|run| run.status != Status::Over);
    }

    fn open_payout(&mut self) {
        let members: Vec<_> = (0..self.accounts.len()).filter(|&at| !self.accounts[at].system).collect();
        let source = members[self.random.below(members.len())];
        let id = PayoutRunId::new(Uuid::from_u128(self.random.bits()));
        let reference = format!("run-{}", self.random.below(100));
        let number = id.uuid().as_u128();
        let role = if number.is_multiple_of(3) { Role::Operator } else { Role::Service };
        let opened_by = Actor { role, id: MemberId::new(Uuid::from_u128(number % 4)) };
        let opened = PayoutRunOpened {
            source: self.accounts[source].id,
            asset: self.accounts[source].asset,
            name: "salaries | 급여".to_owned(),
            reference: reference.clone(),
            opened_by,
        };
        let (version, rows, status) = (1, Vec::new(), Status::Open);
        let (chunks, done, posted, refused, paid) = Default::default();
        let run =
            Payout { id, version, source, reference, opened_by, rows, chunks, status, done, posted, refused, paid };
        self.payouts.push(run);
        self.record(id.into(), 1, opened);
    }

    fn turn_payout(&mut self, at: usize, status: Status, event: PayoutRunEvent) {
        let run = &mut self.payouts[at];
        run.status = status;
        run.version += 1;
        let (stream, version) = (run.id.into(), run.version);
        self.record(stream, version, event);
    }

    fn add_rows(&mut self, at: usize) {
        let mut last_row = self.payouts[at].rows.last().map_or(0, |(row, _)| row.row);
        let mut added = Vec::new();
        for _ in 0..=self.random.below(4) {
            // Numbers may be left out.
            last_row += 1 + u32::from(self.random.percent(20));
            let to = self.random.percent(85).then(|| self.random.below(self.accounts.len()));
            let destination = match to {
                Some(to) => PayoutDestination::Account(self.accounts[to].id),
                None => PayoutDestination::Number(AccountNumber::from_digits(self.random.number())),
            };
            let amount = units(1 + self.random.below(50) as i128);
            added.push((PayoutRow { row: last_row, destination, amount, memo: self.memo() }, to));
        }
        let run = &mut self.payouts[at];
        run.chunks += 1;
        let chunk = run.chunks;
        let rows = added.iter().map(|(row, _)| row.clone()).collect();
        run.rows.extend(added);
        let total: i128 = run.rows.iter().map(|(row, _)| row.amount.units()).sum();
        let count = u32::try_from(run.rows.len()).expect("a number");
        let (stream, status) = (run.id.chunk_stream(chunk), run.status);
        let chunk = PayoutChunkAdded { chunk, last_row, rows: count, total: units(total) };
        if self.random.percent(50) {
            self.record(stream, 1, PayoutRowsAdded { rows });
            self.turn_payout(at, status, chunk.into());
        } else {
            self.turn_payout(at, status, chunk.into());
            self.record(stream, 1, PayoutRowsAdded { rows });
        }
    }

    fn pay_rows(&mut self, at: usize) {
        let done = self.payouts[at].done;
        let count = 1 + self.random.below(3);
        let next: Vec<_> = self.payouts[at].rows.iter().skip(done).take(count).cloned().collect();
        let results: Vec<_> = next.iter().map(|(row, to)| self.pay_row(at, row, *to)).collect();
        let run = &mut self.payouts[at];
        run.done += results.len();
        for ((row, _), result) in next.iter().zip(&results) {
            match result.refusal {
                None => (run.posted, run.paid) = (run.posted + 1, run.paid + row.amount.units()),
                Some(_) => run.refused += 1,
            }
        }
        let status = if run.done == run.rows.len() { Status::Over } else { Status::Running };
        let (posted, refused, finished) = (run.posted, run.refused, run.done == run.rows.len());
        let paid = PayoutRowsPaid { results, posted, refused, paid: units(run.paid), finished };
        self.turn_payout(at, status, paid.into());
    }

    fn pay_row(&mut self, at: usize, row: &PayoutRow, to: Option<usize>) -> PayoutResult {
        let (source, asked_by) = (self.payouts[at].source, Some(self.payouts[at].opened_by));
        let facts = TransferFacts {
            kind: TransferKind::Payout,
            source: Some(self.accounts[source].id),
            destination: to.map(|to| self.accounts[to].id),
            asset: self.accounts[source].asset,
            amount: row.amount,
            memo: row.memo.clone(),
            reference: Some(self.payouts[at].reference.clone()),
            reverses: None,
        };
        if let Some(to) = to.filter(|&to| self.room(source, to) >= row.amount.units()) {
            let transfer = self.next_transfer();
            self.post(source, to, facts, Cause { asked_by, ..Cause::default() });
            return PayoutResult { row: row.row, transfer, refusal: None };
        }
        let code = if to.is_some() { "insufficient-funds" } else { "account-unknown" };
        let (transfer, refusal) = (TransferId::new(Uuid::from_u128(self.random.bits())), Refusal::of(code));
        self.record(transfer.into(), 1, TransferRejected { facts, asked_by, refusal: refusal.clone() });
        PayoutResult { row: row.row, transfer, refusal: Some(refusal) }
    }
}
