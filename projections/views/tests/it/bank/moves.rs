//! How money moves in it: transfers of every kind, refused, posted and reversed.

use events::recorded::{
    self, AccountCredited, AccountDebited, Leg, Legs, ReferenceUsed, Refusal, Trade, TransferFacts, TransferKind,
    TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{AccountId, Actor, HoldId, Minor, Money, OrderId, StreamId, TransferId};
use uuid::Uuid;

use super::{Bank, Posted};

/// Why a transfer is posted, beside what it says.
#[derive(Default)]
pub struct Cause {
    pub hold: Option<HoldId>,
    pub trade: Option<Trade>,
    pub order: Option<OrderId>,
    pub asked_by: Option<Actor>,
}

impl Bank {
    pub(super) fn rejected(&mut self) {
        let id = TransferId::new(Uuid::from_u128(self.random.bits()));
        let source = self.random.below(self.accounts.len());
        let known = self.random.percent(80);
        let destination = known.then(|| self.accounts[self.random.below(self.accounts.len())].id);
        let facts = TransferFacts {
            kind: TransferKind::Transfer,
            source: Some(self.accounts[source].id),
            destination,
            asset: self.accounts[source].asset,
            amount: Minor::new(self.random.below(1_000) as i128 - 10).expect("an amount"),
            memo: self.memo(),
            reference: None,
            reverses: None,
        };
        let refusal = match known {
            true => Refusal { available: Some(Minor::ZERO), ..Refusal::of("insufficient-funds") },
            false => Refusal::of("account-unknown"),
        };
        self.record(id.into(), 1, TransferRejected { facts, asked_by: None, refusal });
    }

    /// A deposit, withdrawal or transfer, if two accounts can be found for one.
    pub fn movement(&mut self) {
        let Some((source, destination)) = self.pair() else { return };
        let kind = match (self.accounts[source].system, self.accounts[destination].system) {
            (true, _) => TransferKind::Deposit,
            (false, true) => TransferKind::Withdrawal,
            (false, false) if self.random.percent(20) => TransferKind::Charge,
            (false, false) => TransferKind::Transfer,
        };
        let memo = self.memo();
        let reference = (kind != TransferKind::Transfer).then(|| "bank-7".to_owned());
        let amount = self.amount(source, destination);
        let facts = TransferFacts {
            kind,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount,
            memo,
            reference,
            reverses: None,
        };
        self.post(source, destination, facts, Cause::default());
    }

    /// Several movements as one transfer: of one asset or two, with accounts that come up once or more.
    pub(super) fn compound(&mut self) {
        let transfer = TransferId::new(Uuid::from_u128(self.random.bits()));
        let (mut legs, mut events) = (Vec::new(), Vec::new());
        for _ in 0..2 + self.random.below(2) {
            let Some((source, destination)) = self.pair() else { continue };
            let amount = self.amount(source, destination).units();
            for (at, units) in [(source, -amount), (destination, amount)] {
                let amount = Minor::new(units).expect("an amount");
                legs.push(Leg { account: self.accounts[at].id, asset: self.accounts[at].asset, amount });
                let (stream, version, balance) = self.booked(at, units);
                let used = self.used(at);
                let event = match units < 0 {
                    true => recorded::Event::from(AccountDebited { transfer, amount: amount.negated(), balance, used }),
                    false => AccountCredited { transfer, amount, balance, used }.into(),
                };
                events.push((stream, version, event));
            }
        }
        if legs.is_empty() {
            return;
        }
        let legs = Legs::new(legs).expect("they cancel");
        let (kind, memo, reference) = (TransferKind::Compound, self.memo(), self.memo());
        let (reverses, hold, despite_freeze, trade, order, asked_by) = (None, None, false, None, None, None);
        let counted = Vec::new();
        let posted = TransferPosted {
            kind,
            legs,
            memo,
            reference,
            reverses,
            hold,
            despite_freeze,
            trade,
            order,
            asked_by,
            counted,
        };
        self.record(transfer.into(), 1, posted);
        events.into_iter().for_each(|(stream, version, event)| self.record(stream, version, event));
    }

    /// A deposit of exactly so much to a new account, from a new system account.
    pub fn deposit(&mut self, amount: i128) {
        self.open_system("BUP", self.accounts.len());
        let source = self.accounts.len() - 1;
        self.open_member("BUP");
        let destination = self.accounts.len() - 1;
        let facts = TransferFacts {
            kind: TransferKind::Deposit,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount: Minor::new(amount).expect("an amount"),
            memo: None,
            reference: Some(String::new()),
            reverses: None,
        };
        self.post(source, destination, facts, Cause::default());
        self.commit();
    }

    /// An operator undoes a transfer, which no freeze stops.
    pub(super) fn reverse(&mut self) {
        let open: Vec<_> = (0..self.posted.len()).filter(|&i| !self.posted[i].reversed).collect();
        if open.is_empty() {
            return;
        }
        let at = open[self.random.below(open.len())];
        let before = self.posted[at].facts.clone();
        let place =
            |id: Option<AccountId>| self.accounts.iter().position(|account| Some(account.id) == id).expect("it");
        let (source, destination) = (place(before.destination), place(before.source));
        let (from, to) = (&self.accounts[source], &self.accounts[destination]);
        let is_closed = from.status == "closed" || to.status == "closed";
        let fits = self.spendable(source).min(to.space()) >= before.amount.units();
        if is_closed || !fits || before.kind == TransferKind::Reversal {
            return;
        }
        self.posted[at].reversed = true;
        let original = self.posted[at].id;
        let by = self.next_transfer();
        self.record(original.into(), 2, TransferReversed { by });
        let facts = TransferFacts {
            kind: TransferKind::Reversal,
            source: before.destination,
            destination: before.source,
            reverses: Some(original),
            memo: Some("undone".into()),
            reference: None,
            ..before
        };
        self.post(source, destination, facts, Cause::default());
        self.commit();
    }

    /// Posts a transfer, with why.
    pub fn post(&mut self, source: usize, destination: usize, facts: TransferFacts, cause: Cause) {
        let transfer = TransferId::new(Uuid::from_u128(self.random.bits()));
        let despite_freeze = self.accounts[source].status == "frozen" || !self.accounts[destination].takes();
        let amount = facts.amount;
        let TransferFacts { kind, memo, reference, reverses, .. } = facts.clone();
        let money = Money { asset: facts.asset, amount };
        let legs = Legs::between(self.accounts[source].id, self.accounts[destination].id, money);
        let (Cause { hold, trade, order, asked_by }, counted) = (cause, Vec::new());
        let has_4 = trade.is_some() || order.is_some() || asked_by.is_some();
        let posted = TransferPosted {
            kind,
            legs,
            memo,
            reference,
            reverses,
            hold,
            despite_freeze,
            trade,
            order,
            asked_by,
            counted,
        };
        let json = serde_json::to_string(&posted).expect("json");
        // As earlier builds wrote it.
        let has_3 = hold.is_some() || despite_freeze;
        match transfer.uuid().as_u128() % 5 {
            0 | 1 if !has_3 && !has_4 => {
                self.store(transfer.into(), 1, "TransferPosted", (1, serde_json::to_string(&facts).expect("json")));
            }
            2 if !has_3 && !has_4 => self.store(transfer.into(), 1, "TransferPosted", (2, json)),
            2 | 3 if !has_4 => self.store(transfer.into(), 1, "TransferPosted", (3, json)),
            _ => self.record(transfer.into(), 1, posted),
        }
        let (stream, version, balance) = self.booked(source, -amount.units());
        let used = self.used(source);
        let has_news = !used.is_empty();
        self.record_either((stream, version), AccountDebited { transfer, amount, balance, used }, has_news);
        let (stream, version, balance) = self.booked(destination, amount.units());
        let used = self.used(destination);
        let has_news = !used.is_empty();
        self.record_either((stream, version), AccountCredited { transfer, amount, balance, used }, has_news);
        if facts.kind == TransferKind::Deposit && self.random.percent(20) {
            let reference = StreamId::new(Uuid::from_u128(self.random.bits()));
            self.record(reference, 1, ReferenceUsed { transfer });
        }
        self.posted.push(Posted { id: transfer, facts, reversed: false });
    }
}
