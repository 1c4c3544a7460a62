//! What one commit says of payout runs: their rows, and the transfers of rows that came out.

use std::collections::{HashMap, HashSet};

use events::recorded::{
    Event, PayoutResult, PayoutRow, PayoutRowsEvent, PayoutRunEvent, Refusal, TransferEvent, TransferKind,
    TransferPosted, TransferRejected,
};
use kernel::{Actor, AssetCode, PayoutRunId};
use uuid::Uuid;

use crate::{assemble::Commit, transfers::Payment};

/// What a transfer was to pay.
pub struct Asked<'a> {
    pub source: Option<Uuid>,
    pub destination: Option<Uuid>,
    pub asset: AssetCode,
    pub amount: i128,
    pub reference: Option<&'a str>,
    pub memo: Option<&'a str>,
    pub asked_by: Option<Actor>,
    pub is_refused: bool,
}

/// A transfer of a row.
enum Transfer<'a> {
    Posted(&'a TransferPosted),
    Rejected(&'a TransferRejected),
}

/// What a commit says.
#[derive(Default)]
pub struct Outcomes<'a> {
    transfers: HashMap<Uuid, Transfer<'a>>,
    /// How many results name a transfer.
    results: HashMap<Uuid, usize>,
    rows: HashMap<Uuid, &'a [PayoutRow]>,
    /// The streams of the chunks that a run says were added.
    chunks: HashSet<Uuid>,
}

/// Whether an event is of a payout run, or a transfer of one.
pub fn is_payout(event: &Event) -> bool {
    match event {
        Event::PayoutRun(_) | Event::PayoutRows(_) => true,
        Event::Transfer(transfer) => asked_of(transfer).is_some_and(|(kind, _)| kind == TransferKind::Payout),
        _ => false,
    }
}

/// Whether an event says that somebody else asked for it than who sent the command, and is of no payout run.
pub fn speaks_for_another(event: &Event) -> bool {
    let Event::Transfer(transfer) = event else { return false };
    asked_of(transfer).is_some_and(|(kind, asked_by)| kind != TransferKind::Payout && asked_by.is_some())
}

/// The kind of a transfer, and who is said to have asked for it.
fn asked_of(transfer: &TransferEvent) -> Option<(TransferKind, Option<Actor>)> {
    match transfer {
        TransferEvent::Posted(posted) => Some((posted.kind, posted.asked_by)),
        TransferEvent::Rejected(rejected) => Some((rejected.facts.kind, rejected.asked_by)),
        TransferEvent::Reversed(_) => None,
    }
}

impl<'a> Outcomes<'a> {
    pub fn of(commit: &'a Commit) -> Self {
        let mut outcomes = Self::default();
        for event in commit.events.iter().filter(|event| is_payout(&event.recorded)) {
            match &event.recorded {
                Event::Transfer(TransferEvent::Posted(posted)) => {
                    outcomes.transfers.insert(event.stream, Transfer::Posted(posted));
                }
                Event::Transfer(TransferEvent::Rejected(rejected)) => {
                    outcomes.transfers.insert(event.stream, Transfer::Rejected(rejected));
                }
                Event::PayoutRows(PayoutRowsEvent::Added(added)) => {
                    outcomes.rows.insert(event.stream, &added.rows);
                }
                Event::PayoutRun(PayoutRunEvent::ChunkAdded(added)) => {
                    let chunk = PayoutRunId::new(event.stream).chunk_stream(added.chunk);
                    outcomes.chunks.insert(chunk.uuid());
                }
                Event::PayoutRun(PayoutRunEvent::RowsPaid(paid)) => {
                    for result in &paid.results {
                        *outcomes.results.entry(result.transfer.uuid()).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        outcomes
    }

    /// The rows on the stream of a chunk.
    pub fn rows(&self, chunk: Uuid) -> &'a [PayoutRow] {
        self.rows.get(&chunk).copied().unwrap_or_default()
    }

    /// What the transfer of a row was to pay; none if it did not come out as the result says.
    pub fn asked(&self, result: &PayoutResult) -> Option<Asked<'a>> {
        match (self.transfers.get(&result.transfer.uuid())?, &result.refusal) {
            (Transfer::Posted(posted), None) => Asked::posted(posted),
            (Transfer::Rejected(rejected), Some(refusal)) => Asked::rejected(rejected, refusal),
            _ => None,
        }
    }

    /// What is wrong with rows that stand on a stream of their own, if no run says that they were added to it.
    pub fn rows_fault(&self, chunk: Uuid) -> Option<String> {
        (!self.chunks.contains(&chunk)).then(|| "are of no run".to_owned())
    }

    /// What is wrong with a transfer of a row, if not one row says that it came out as that.
    pub fn transfer_fault(&self, transfer: Uuid) -> Option<String> {
        let rows = self.results.get(&transfer).copied().unwrap_or_default();
        (rows != 1).then(|| format!("is a payout of {rows} rows"))
    }
}

impl<'a> Asked<'a> {
    fn posted(posted: &'a TransferPosted) -> Option<Self> {
        let Payment { source, destination, asset, amount } = Payment::of(posted)?;
        let (reference, memo) = (posted.reference.as_deref(), posted.memo.as_deref());
        let (source, destination, asked_by) = (Some(source), Some(destination), posted.asked_by);
        Some(Self { source, destination, asset, amount, reference, memo, asked_by, is_refused: false })
    }

    fn rejected(rejected: &'a TransferRejected, refusal: &Refusal) -> Option<Self> {
        let facts = Some(&rejected.facts).filter(|_| rejected.refusal == *refusal)?;
        Some(Self {
            source: facts.source.map(|account| account.uuid()),
            destination: facts.destination.map(|account| account.uuid()),
            asset: facts.asset,
            amount: facts.amount.units(),
            reference: facts.reference.as_deref(),
            memo: facts.memo.as_deref(),
            asked_by: rejected.asked_by,
            is_refused: true,
        })
    }
}
