//! Funds that are held: the part of the histories that is about holds.

use chrono::{DateTime, Duration, Utc};
use events::recorded::{
    AccountFundsHeld, AccountFundsReleased, HoldAmounts, HoldCaptured, HoldExpired, HoldIncreased, HoldPlaced,
    HoldReleased, TransferFacts, TransferKind,
};
use kernel::{HoldId, Minor};
use uuid::Uuid;

use crate::bank::{A_MEMBER, A_SERVICE, Bank, Cause, units};

/// A hold of which something remains.
#[derive(Clone)]
pub struct Held {
    id: HoldId,
    version: i64,
    source: usize,
    destination: Option<usize>,
    amount: i128,
    captured: i128,
    released: i128,
    expires_at: DateTime<Utc>,
}

impl Held {
    fn remaining(&self) -> i128 {
        self.amount - self.captured - self.released
    }

    fn left(&self) -> HoldAmounts {
        HoldAmounts { amount: units(self.amount), captured: units(self.captured), released: units(self.released) }
    }
}

impl Bank {
    /// One more thing that can happen to funds that are held, or will be.
    pub fn hold(&mut self) {
        if let Some(over) = self.holds.iter().position(|hold| hold.expires_at <= self.now) {
            return self.expire_hold(over);
        }
        if self.holds.is_empty() {
            return self.place_hold();
        }
        let at = self.random.below(self.holds.len());
        match self.random.below(10) {
            0..=2 => self.place_hold(),
            3 => self.increase_hold(at),
            4..=6 => self.release_hold(at),
            _ => self.capture_hold(at),
        }
    }

    /// Another member's account of the same asset.
    fn payee_of(&mut self, source: usize) -> Option<usize> {
        let at = self.random.below(self.accounts.len());
        let (from, to) = (&self.accounts[source], &self.accounts[at]);
        (at != source && !to.system && to.asset == from.asset && to.status != "closed").then_some(at)
    }

    /// All of an amount, or some of it.
    fn part(&mut self, most: i128) -> i128 {
        if self.random.percent(30) { most } else { most - most / 100 * self.random.below(100) as i128 }
    }

    /// How much more of an account can be held, if it is open: often not all that could be spent.
    fn holdable(&mut self, source: usize) -> Option<i128> {
        let is_open = self.accounts[source].status == "open" && !self.accounts[source].system;
        let most = self.spendable(source);
        (is_open && most > 0).then(|| self.part(most / 2 + 1))
    }

    pub fn place_hold(&mut self) {
        // A few tries find an account with something on it.
        let found = (0..12).find_map(|_| {
            let source = self.random.below(self.accounts.len());
            self.holdable(source).map(|amount| (source, amount))
        });
        let Some((source, amount)) = found else { return };
        let destination = self.payee_of(source);
        let expires_at = self.now + Duration::seconds(60 + self.random.below(1_500_000) as i64);
        let id = HoldId::new(Uuid::from_u128(self.random.bits()));
        let placed = HoldPlaced {
            source: self.accounts[source].id,
            destination: destination.map(|at| self.accounts[at].id),
            asset: self.accounts[source].asset,
            amount: units(amount),
            expires_at,
            memo: self.memo(),
            reference: self.memo(),
            placed_by: if self.random.percent(50) { A_MEMBER } else { A_SERVICE },
            counted: Vec::new(),
        };
        self.record_either((id.into(), 1), placed, false);
        self.fund(id, source, amount);
        let (version, captured, released) = (1, 0, 0);
        self.holds.push(Held { id, version, source, destination, amount, captured, released, expires_at });
    }

    fn increase_hold(&mut self, at: usize) {
        let source = self.holds[at].source;
        let Some(by) = self.holdable(source) else { return };
        let hold = &mut self.holds[at];
        // In all no more than an amount may have.
        if hold.amount > Minor::MAX.units() - by {
            return;
        }
        hold.amount += by;
        hold.version += 1;
        let hold = hold.clone();
        let increased = HoldIncreased { by: units(by), left: hold.left(), counted: Vec::new() };
        self.record_either((hold.id.into(), hold.version), increased, false);
        self.fund(hold.id, source, by);
    }

    fn release_hold(&mut self, at: usize) {
        let given_back = self.part(self.holds[at].remaining());
        let hold = self.give_back(at, given_back);
        let reason = self.memo();
        let event = HoldReleased { given_back: units(given_back), reason, left: hold.left() };
        self.record(hold.id.into(), hold.version, event);
        self.free(hold.id, hold.source, given_back);
        self.forget_what_is_over();
    }

    fn expire_hold(&mut self, at: usize) {
        let given_back = self.holds[at].remaining();
        let hold = self.give_back(at, given_back);
        self.record(hold.id.into(), hold.version, HoldExpired { given_back: units(given_back), left: hold.left() });
        self.free(hold.id, hold.source, given_back);
        self.forget_what_is_over();
    }

    fn capture_hold(&mut self, at: usize) {
        let source = self.holds[at].source;
        let Some(destination) = self.holds[at].destination.or_else(|| self.payee_of(source)) else { return };
        let (paid, is_final) = (self.part(self.holds[at].remaining()), self.random.percent(40));
        let (from, to) = (&self.accounts[source], &self.accounts[destination]);
        if from.status != "open" || !to.takes() || to.space() < paid {
            return;
        }
        let freed = if is_final { self.holds[at].remaining() } else { paid };
        let hold = &mut self.holds[at];
        hold.captured += paid;
        hold.released += freed - paid;
        hold.version += 1;
        let hold = hold.clone();
        self.free(hold.id, source, freed);
        let transfer = self.next_transfer();
        let captured = HoldCaptured { transfer, paid: units(paid), is_final, left: hold.left() };
        self.record(hold.id.into(), hold.version, captured);
        let facts = TransferFacts {
            kind: TransferKind::Capture,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount: units(paid),
            memo: None,
            reference: Some("order-7".into()),
            reverses: None,
        };
        self.post(source, destination, facts, Cause { hold: Some(hold.id), ..Cause::default() });
        self.forget_what_is_over();
    }

    fn give_back(&mut self, at: usize, given_back: i128) -> Held {
        let hold = &mut self.holds[at];
        hold.released += given_back;
        hold.version += 1;
        hold.clone()
    }

    fn forget_what_is_over(&mut self) {
        self.holds.retain(|hold| hold.remaining() > 0);
    }

    fn fund(&mut self, hold: HoldId, source: usize, amount: i128) {
        let (stream, version, held) = self.held(source, amount);
        let used = self.used(source);
        let has_news = !used.is_empty();
        let event = AccountFundsHeld { hold, amount: units(amount), held, used };
        self.record_either((stream, version), event, has_news);
    }

    fn free(&mut self, hold: HoldId, source: usize, amount: i128) {
        let (stream, version, held) = self.held(source, -amount);
        let used = self.used(source);
        let has_news = !used.is_empty();
        let event = AccountFundsReleased { hold, amount: units(amount), held, used };
        self.record_either((stream, version), event, has_news);
    }
}
