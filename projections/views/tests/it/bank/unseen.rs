//! What no view shows.

use chrono::Duration;
use events::recorded::{PaymentCodeIssued, PaymentCodeUsed, QuoteMade, QuoteUsed, RateSet, UsedFor};
use kernel::{MemberId, Money, StreamId, TransferId};
use uuid::Uuid;

use super::{Bank, units};

impl Bank {
    /// A rate is set, a quote made with it and used: no view shows that.
    pub(super) fn quote(&mut self) {
        let (one, other) = (self.accounts[0].asset, self.accounts[self.accounts.len() / 2].asset);
        let (rate, expires_at) = ("1350.5".to_owned(), self.now + Duration::minutes(1));
        let set = RateSet { from: one, to: other, rate: rate.clone(), spread_bps: 50, expires_at };
        let (stream, quote) = (self.random.bits(), self.random.bits());
        let money = |asset| Money { asset, amount: units(7) };
        let made = QuoteMade {
            owner: MemberId::new(Uuid::from_u128(1)),
            source: self.accounts[0].id,
            destination: self.accounts[1].id,
            pay: money(one),
            receive: money(other),
            rate,
            expires_at,
        };
        self.record(StreamId::new(Uuid::from_u128(stream)), 1, set);
        self.record(StreamId::new(Uuid::from_u128(quote)), 1, made);
        let transfer = TransferId::new(Uuid::from_u128(stream));
        self.record(StreamId::new(Uuid::from_u128(quote)), 2, QuoteUsed { transfer });
        // A payment code is issued and used: no view shows that either.
        let code = StreamId::new(Uuid::from_u128(self.random.bits()));
        let issued = PaymentCodeIssued { source: self.accounts[0].id, asset: one, max: Some(units(7)), expires_at };
        self.record(code, 1, issued);
        self.record(code, 2, PaymentCodeUsed { used_for: UsedFor::Transfer(transfer) });
        self.commit();
    }
}
