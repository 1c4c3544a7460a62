//! The payout runs of the synthetic bank.

use events::recorded::{
    Event, PayoutChunkAdded, PayoutDestination, PayoutResult, PayoutRow, PayoutRowsAdded, PayoutRowsPaid,
    PayoutRunCancelled, PayoutRunOpened, PayoutRunPaused, PayoutRunResumed, PayoutRunStarted, Refusal, TransferEvent,
    TransferFacts, TransferKind, TransferRejected,
};
use kernel::{AccountId, AccountNumber, Actor, MemberId, PayoutRunId, Role, TransferId};
use uuid::Uuid;

use super::{
    Bank, CASH, Events,
    ids::{account, member, payout, transfer, units},
};

/// Who pays, and who is paid.
const PAYER: u128 = 21;
const PAID: u128 = 22;

fn reference(n: u128) -> String {
    format!("payroll-{n}")
}

/// The stream of a chunk of a run.
fn chunk(n: u128, number: u32) -> Uuid {
    PayoutRunId::new(payout(n)).chunk_stream(number).uuid()
}

/// Who opened a run.
fn opener(n: u128) -> Actor {
    Actor { role: Role::Service, id: MemberId::new(member(0x5e + n % 2)) }
}

fn row(row: u32, destination: PayoutDestination, amount: i128, memo: Option<&str>) -> PayoutRow {
    PayoutRow { row, destination, amount: units(amount), memo: memo.map(Into::into) }
}

fn by_number(digits: u128) -> PayoutDestination {
    PayoutDestination::Number(AccountNumber::from_digits(digits as u64))
}

fn by_id(n: u128) -> PayoutDestination {
    PayoutDestination::Account(AccountId::new(account(n)))
}

fn came_out(row: u32, n: u128, refusal: Option<Refusal>) -> PayoutResult {
    PayoutResult { row, transfer: TransferId::new(transfer(n)), refusal }
}

fn says(n: u128, results: Vec<PayoutResult>, (posted, refused, paid): (u32, u32, i128)) -> (Uuid, Event) {
    (payout(n), PayoutRowsPaid { results, posted, refused, paid: units(paid), finished: false }.into())
}

impl Bank {
    /// Four runs: one of two chunks that pays all its rows, of which one is refused, with a pause; one that is cancelled in the middle; one
    /// that is paused; and one that is filled.
    pub(super) fn pay_out(&mut self) {
        self.open(PAYER, "KRW");
        self.open(PAID, "KRW");
        self.transfer(150, TransferKind::Deposit, CASH, PAYER, 1000, "KRW", None);
        self.open_run(1);
        let first = vec![row(1, by_id(PAID), 100, Some("thanks")), row(2, by_number(PAID), 50, None)];
        let mut events = self.added((1, 1), first, (2, 150));
        events.extend(self.added((1, 2), vec![row(5, by_number(77), 10, None)], (3, 160)));
        self.commit(events);
        self.turn_run(1, PayoutRunStarted {}.into());
        let mut events = self.payout((1, 151), 100, Some("thanks"));
        events.extend(self.payout((1, 152), 50, None));
        events.push(says(1, vec![came_out(1, 151, None), came_out(2, 152, None)], (2, 0, 150)));
        self.commit(events);
        self.turn_run(1, PayoutRunPaused {}.into());
        self.turn_run(1, PayoutRunResumed {}.into());
        self.refuse_row();
        for n in 2..=4 {
            self.open_run(n);
            let rows = vec![row(1, by_id(PAID), 7, None), row(2, by_id(PAID), 8, None)];
            let events = self.added((n, 1), rows, (2, 15));
            self.commit(events);
        }
        for n in [2, 3] {
            self.turn_run(n, PayoutRunStarted {}.into());
            let mut events = self.payout((n, 152 + n), 7, None);
            events.push(says(n, vec![came_out(1, 152 + n, None)], (1, 0, 7)));
            self.commit(events);
        }
        self.turn_run(2, PayoutRunCancelled {}.into());
        self.turn_run(3, PayoutRunPaused {}.into());
    }

    fn open_run(&mut self, n: u128) {
        let opened = PayoutRunOpened {
            source: AccountId::new(account(PAYER)),
            asset: "KRW".parse().expect("an asset"),
            name: format!("salaries {n}"),
            reference: reference(n),
            opened_by: opener(n),
        };
        self.commit(vec![(payout(n), opened.into())]);
    }

    fn turn_run(&mut self, n: u128, event: Event) {
        self.commit(vec![(payout(n), event)]);
    }

    /// Rows of a run as its chunk of this number, with which it has so many, which come to so much.
    fn added(&self, (n, number): (u128, u32), rows: Vec<PayoutRow>, (count, total): (u32, i128)) -> Events {
        let last_row = rows.last().map_or(0, |row| row.row);
        let of_run = PayoutChunkAdded { chunk: number, last_row, rows: count, total: units(total) };
        vec![(payout(n), of_run.into()), (chunk(n, number), PayoutRowsAdded { rows }.into())]
    }

    /// The transfer of this number that pays a row.
    fn payout(&mut self, (of, n): (u128, u128), amount: i128, memo: Option<&str>) -> Events {
        let mut events = self.moved(n, TransferKind::Payout, PAYER, PAID, amount, "KRW", None);
        for (_, event) in &mut events {
            if let Event::Transfer(TransferEvent::Posted(posted)) = event {
                (posted.reference, posted.memo) = (Some(reference(of)), memo.map(Into::into));
                posted.asked_by = Some(opener(of));
            }
        }
        events
    }

    /// The last row of the first run: nobody has its number.
    fn refuse_row(&mut self) {
        let refusal = Refusal::of("account-unknown");
        let facts = TransferFacts {
            kind: TransferKind::Payout,
            source: Some(AccountId::new(account(PAYER))),
            destination: None,
            asset: "KRW".parse().expect("an asset"),
            amount: units(10),
            memo: None,
            reference: Some(reference(1)),
            reverses: None,
        };
        let rejected = TransferRejected { facts, asked_by: Some(opener(1)), refusal: refusal.clone() };
        let paid = says(1, vec![came_out(5, 153, Some(refusal))], (2, 1, 150));
        self.commit(vec![(transfer(153), rejected.into()), paid]);
    }
}
