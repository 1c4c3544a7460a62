//! The oracle's own book of payout runs: each row is paid once, in its turn and as it was added, and only while the run is running.
//!
//! A row is forgotten once it came out, and a run once it is over: so memory grows with the rows that are still to be paid. What comes
//! after the end of a run is found because nothing is known of it.

mod outcomes;

use std::collections::{HashMap, VecDeque};

use events::recorded::{
    Event, Holder, PayoutChunkAdded, PayoutDestination, PayoutResult, PayoutRow, PayoutRowsEvent, PayoutRowsPaid,
    PayoutRunEvent, PayoutRunOpened,
};
use kernel::{Actor, AssetCode, Minor, PayoutRunId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::outcomes::{Asked, Outcomes, is_payout, speaks_for_another};
use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
};

/// A row that is still to be paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row {
    row: u32,
    destination: PayoutDestination,
    amount: Minor,
    /// Of its memo, if it has one.
    digest: Option<u64>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Open,
    Running,
    Paused,
}

/// A run that is not over.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Run {
    source: Uuid,
    asset: AssetCode,
    reference: String,
    opened_by: Actor,
    stage: Stage,
    chunks: u32,
    last_row: u32,
    rows: u32,
    total: Minor,
    posted: u32,
    refused: u32,
    paid: Minor,
    pending: VecDeque<Row>,
}

/// All runs that are not over.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payouts {
    runs: HashMap<Uuid, Run>,
}

impl Payouts {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, ledger: &Ledger, findings: &mut Findings) {
        if !commit.events.iter().any(|event| is_payout(&event.recorded) || speaks_for_another(&event.recorded)) {
            return;
        }
        let outcomes = Outcomes::of(commit);
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::PayoutRun(PayoutRunEvent::Opened(opened)) => self.open(event, opened, ledger),
                Event::PayoutRun(of_run) => self.go_on(event.stream, of_run, &outcomes, ledger),
                Event::PayoutRows(PayoutRowsEvent::Added(_)) => outcomes.rows_fault(event.stream),
                recorded if speaks_for_another(recorded) => Some("is of no run, and says who asked for it".to_owned()),
                Event::Transfer(_) if is_payout(&event.recorded) => outcomes.transfer_fault(event.stream),
                _ => continue,
            };
            findings.require(Rule::Payouts, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
    }

    fn open(&mut self, event: &assemble::Event, opened: &PayoutRunOpened, ledger: &Ledger) -> Option<String> {
        let (source, asset) = (opened.source.uuid(), opened.asset);
        let run = Run {
            source,
            asset,
            reference: opened.reference.clone(),
            opened_by: opened.opened_by,
            stage: Stage::Open,
            chunks: 0,
            last_row: 0,
            rows: 0,
            total: Minor::ZERO,
            posted: 0,
            refused: 0,
            paid: Minor::ZERO,
            pending: VecDeque::new(),
        };
        let is_known = self.runs.insert(event.stream, run).is_some();
        if is_known || event.version != 1 {
            return Some(format!("is opened as version {}", event.version));
        }
        let account = ledger.accounts.get(&source).filter(|account| account.asset == asset && !account.is_system());
        account.is_none().then(|| format!("is to pay {asset} from {source}, which is no member's account of it"))
    }

    /// What is wrong with what happens to a run later, if anything is.
    fn go_on(&mut self, id: Uuid, event: &PayoutRunEvent, outcomes: &Outcomes<'_>, ledger: &Ledger) -> Option<String> {
        let Some(run) = self.runs.get_mut(&id) else { return Some("was never opened, or is over".to_owned()) };
        let (fault, is_over) = match event {
            // It is opened once.
            PayoutRunEvent::Opened(_) => (None, false),
            PayoutRunEvent::ChunkAdded(added) => {
                let chunk = PayoutRunId::new(id).chunk_stream(added.chunk).uuid();
                (run.add(added, outcomes.rows(chunk)), false)
            }
            PayoutRunEvent::Started(_) => (run.turn("is started", Stage::Open, Stage::Running), false),
            PayoutRunEvent::Paused(_) => (run.turn("is paused", Stage::Running, Stage::Paused), false),
            PayoutRunEvent::Resumed(_) => (run.turn("is resumed", Stage::Paused, Stage::Running), false),
            PayoutRunEvent::RowsPaid(paid) => (run.pay(paid, outcomes, ledger), run.pending.is_empty()),
            PayoutRunEvent::Cancelled(_) => (None, true),
        };
        if is_over {
            self.runs.remove(&id);
        }
        fault
    }
}

impl Run {
    /// Goes on to another stage; what is wrong with that.
    fn turn(&mut self, what: &str, from: Stage, to: Stage) -> Option<String> {
        let was = std::mem::replace(&mut self.stage, to);
        (was != from).then(|| format!("{what}, and was {}", was.as_str()))
    }

    /// A chunk of rows is added; what is wrong with it. What the event states is what the run has, so that one wrong event is
    /// reported once.
    fn add(&mut self, added: &PayoutChunkAdded, rows: &[PayoutRow]) -> Option<String> {
        let fault = self.chunk_fault(added, rows);
        self.pending.extend(rows.iter().map(Row::of));
        (self.chunks, self.last_row, self.rows, self.total) = (added.chunk, added.last_row, added.rows, added.total);
        fault
    }

    fn chunk_fault(&self, added: &PayoutChunkAdded, rows: &[PayoutRow]) -> Option<String> {
        let PayoutChunkAdded { chunk, last_row, rows: count, total } = *added;
        if self.stage != Stage::Open {
            return Some(format!("gets rows, and is {}", self.stage.as_str()));
        }
        if self.chunks.checked_add(1) != Some(chunk) {
            return Some(format!("gets chunk {chunk} after chunk {}", self.chunks));
        }
        let (mut last, mut sum) = (self.last_row, self.total.units());
        for row in rows {
            if row.row <= last || !row.amount.is_positive() {
                return Some(format!("gets row {} of {} after row {last}", row.row, row.amount));
            }
            last = row.row;
            sum = sum.saturating_add(row.amount.units());
        }
        if rows.is_empty() || last != last_row {
            return Some(format!(
                "gets {} rows up to row {last}, and says that row {last_row} is the last",
                rows.len()
            ));
        }
        let all = usize::try_from(self.rows).ok().and_then(|before| before.checked_add(rows.len()));
        let is_right = all == usize::try_from(count).ok() && sum == total.units();
        (!is_right).then(|| {
            format!("says that it has {count} rows of {total}, and has {} of {sum}", all.unwrap_or(usize::MAX))
        })
    }

    /// Rows are paid; what is wrong with that.
    fn pay(&mut self, paid: &PayoutRowsPaid, outcomes: &Outcomes<'_>, ledger: &Ledger) -> Option<String> {
        let mut fault = match self.stage {
            Stage::Running if paid.results.is_empty() => Some("pays no row".to_owned()),
            Stage::Running => None,
            stage => Some(format!("pays rows, and is {}", stage.as_str())),
        };
        let (mut posted, mut refused, mut sum) = (self.posted, self.refused, self.paid.units());
        for result in &paid.results {
            let next = self.pending.front().cloned().filter(|next| next.row == result.row);
            let of_row = match &next {
                Some(next) => self.result_fault(next, result, outcomes, ledger),
                None => Some(self.turn_fault(result.row)),
            };
            fault = fault.or(of_row);
            match result.refusal {
                None => {
                    posted = posted.saturating_add(1);
                    sum = sum.saturating_add(next.map_or(0, |next| next.amount.units()));
                }
                Some(_) => refused = refused.saturating_add(1),
            }
            // A row that was left out is not waited for.
            while self.pending.pop_front_if(|next| next.row <= result.row).is_some() {}
        }
        let (is, ought) = ((paid.posted, paid.refused, paid.paid.units()), (posted, refused, sum));
        (self.posted, self.refused, self.paid) = (paid.posted, paid.refused, paid.paid);
        // Version 1 of the event never says that it is.
        let early = paid.finished && !self.pending.is_empty();
        fault = fault.or_else(|| early.then(|| "says that it is finished, and has rows left".to_owned()));
        fault.or_else(|| {
            (is != ought).then(|| {
                format!(
                    "says that {} rows of {} were posted and {} refused, not {posted} of {sum} and {refused}",
                    is.0, is.2, is.1
                )
            })
        })
    }

    fn turn_fault(&self, row: u32) -> String {
        match self.pending.front() {
            Some(next) => format!("pays row {row}, and row {} is next", next.row),
            None => format!("pays row {row}, and no row is left"),
        }
    }

    /// What is wrong with how a row came out, if anything is.
    fn result_fault(
        &self,
        row: &Row,
        result: &PayoutResult,
        outcomes: &Outcomes<'_>,
        ledger: &Ledger,
    ) -> Option<String> {
        let Some(asked) = outcomes.asked(result) else {
            let done = if result.refusal.is_some() { "refused" } else { "posted" };
            let (row, transfer) = (row.row, result.transfer);
            return Some(format!("has row {row} {done} as transfer {transfer}, which its commit does not say"));
        };
        let is_ordered = asked.source == Some(self.source)
            && (asked.asset, asked.amount) == (self.asset, row.amount.units())
            && leads_to(row.destination, &asked, ledger);
        if !is_ordered {
            let shown = |id: Option<Uuid>| id.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
            let (number, amount, asset) = (row.row, row.amount, self.asset);
            let (ought, from, to) = (shown_as(row.destination), shown(asked.source), shown(asked.destination));
            return Some(format!(
                "is to pay {amount} {asset} from {} to {ought} for row {number}, and pays {} {} from {from} to {to}",
                self.source, asked.amount, asked.asset
            ));
        }
        let is_named = asked.reference == Some(self.reference.as_str()) && asked.memo.map(digest) == row.digest;
        if !is_named {
            return Some(format!("pays row {} with another reference or memo", row.row));
        }
        let is_asked = asked.asked_by == Some(self.opened_by);
        (!is_asked).then(|| format!("pays row {} for somebody else than who opened it", row.row))
    }
}

impl Row {
    fn of(row: &PayoutRow) -> Self {
        let PayoutRow { row, destination, amount, memo } = row;
        Self { row: *row, destination: *destination, amount: *amount, digest: memo.as_deref().map(digest) }
    }
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Running => "running",
            Self::Paused => "paused",
        }
    }
}

/// Enough of a digest to notice another text.
fn digest(text: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(text)[..8]);
    u64::from_be_bytes(first)
}

/// Whether a transfer goes where a row says. What is refused may name nobody, if nobody has the number.
fn leads_to(destination: PayoutDestination, asked: &Asked<'_>, ledger: &Ledger) -> bool {
    match (destination, asked.destination) {
        (PayoutDestination::Account(account), to) => to == Some(account.uuid()),
        (PayoutDestination::Number(_), None) => asked.is_refused,
        (PayoutDestination::Number(wanted), Some(to)) => ledger
            .accounts
            .get(&to)
            .is_some_and(|account| matches!(account.holder, Holder::Member { number, .. } if number == wanted)),
    }
}

fn shown_as(destination: PayoutDestination) -> String {
    match destination {
        PayoutDestination::Account(account) => account.to_string(),
        PayoutDestination::Number(number) => format!("number {number}"),
    }
}

#[cfg(test)]
mod tests;
