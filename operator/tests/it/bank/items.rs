//! The payment codes, the items and the offers of the synthetic bank.

use chrono::TimeDelta;
use events::recorded::{
    Event, ItemLocked, ItemMinted, ItemTraded, ItemTransferred, ItemUnlocked, LimitedKind, OfferAccepted,
    OfferCancelled, OfferExpired, OfferOpened, PaymentCodeIssued, PaymentCodeUsed, Trade, TransferEvent, TransferKind,
    UsedFor,
};
use kernel::{AccountId, HoldId, ItemId, MemberId, Money, OfferId, TransferId};
use uuid::Uuid;

use super::{
    Bank,
    ids::{account, code, hold, member, offer, transfer, units},
};

/// The item of a number.
pub fn item(n: u128) -> ItemId {
    ItemId::of("cards", &format!("{n}/100"))
}

impl Bank {
    /// A code that pays, one with which funds are held, and one that nobody uses.
    pub(super) fn charge(&mut self) {
        for (n, source, max) in [(1, 11, Some(100)), (2, 12, None), (3, 12, Some(1))] {
            let source = AccountId::new(account(source));
            let (asset, expires_at) = ("KRW".parse().expect("an asset"), self.now + TimeDelta::minutes(5));
            let issued = PaymentCodeIssued { source, asset, max: max.map(units), expires_at };
            self.commit(vec![(code(n), issued.into())]);
        }
        let mut events = self.paid(121, TransferKind::Charge, (11, 12), 30);
        for (_, event) in &mut events {
            if let Event::Transfer(TransferEvent::Posted(posted)) = event {
                posted.reference = Some("till 7".into());
            }
        }
        events.push((code(1), used_for(UsedFor::Transfer(TransferId::new(transfer(121))))));
        self.commit(events);
        let placed = self.holds.place((12, 12, Some(11)), 10, self.now + TimeDelta::days(7));
        let mut events = self.held(placed, 12, LimitedKind::Charge, (10, 1));
        events.push((code(2), used_for(UsedFor::Hold(HoldId::new(hold(12))))));
        self.commit(events);
    }

    /// Two items: one that is sold, and one that is given away and offered three times.
    pub(super) fn trade(&mut self) {
        self.mint(1, 11);
        self.mint(2, 12);
        let given = ItemTransferred { from: MemberId::new(member(12)), to: MemberId::new(member(11)) };
        self.commit(vec![(item(2).uuid(), given.into())]);
        self.offer(1, 1, 200, TimeDelta::days(7));
        self.sell(122, 1, 1, 200);
        self.offer(2, 2, 50, TimeDelta::days(7));
        self.commit(vec![(offer(2), OfferCancelled {}.into()), unlocked(2, 2)]);
        self.offer(3, 2, 60, TimeDelta::minutes(1));
        self.now += TimeDelta::minutes(2);
        self.commit(vec![(offer(3), OfferExpired {}.into()), unlocked(3, 2)]);
        self.offer(4, 2, 70, TimeDelta::days(30));
    }

    fn mint(&mut self, n: u128, owner: u128) {
        let minted = ItemMinted {
            collection: "cards".into(),
            serial: format!("{n}/100"),
            owner: MemberId::new(member(owner)),
            metadata_url: n.is_multiple_of(2).then(|| format!("https://cards.example/{n}")),
            digest: n.is_multiple_of(2).then(|| "0f".repeat(32)),
        };
        self.commit(vec![(item(n).uuid(), minted.into())]);
    }

    /// 11 offers an item.
    fn offer(&mut self, n: u128, of: u128, price: i128, lasts: TimeDelta) {
        let opened = OfferOpened {
            item: item(of),
            collection: "cards".into(),
            seller: MemberId::new(member(11)),
            price: Money { asset: "KRW".parse().expect("an asset"), amount: units(price) },
            destination: AccountId::new(account(11)),
            expires_at: self.now + lasts,
        };
        let locked = ItemLocked { offer: OfferId::new(offer(n)) };
        self.commit(vec![(offer(n), opened.into()), (item(of).uuid(), locked.into())]);
    }

    /// 12 buys an item of 11, with the transfer of a number.
    fn sell(&mut self, n: u128, of: u128, by: u128, price: i128) {
        let mut events = self.paid(n, TransferKind::Trade, (12, 11), price);
        for (_, event) in &mut events {
            if let Event::Transfer(TransferEvent::Posted(posted)) = event {
                posted.trade = Some(Trade { item: item(of), offer: OfferId::new(offer(by)) });
            }
        }
        let (transfer, offered) = (TransferId::new(transfer(n)), OfferId::new(offer(by)));
        let [from, to] = [11, 12].map(|n| MemberId::new(member(n)));
        events.push((offer(by), OfferAccepted { buyer: to, transfer }.into()));
        events.push((item(of).uuid(), ItemTraded { offer: offered, from, to, transfer }.into()));
        self.commit(events);
    }
}

fn used_for(used_for: UsedFor) -> Event {
    PaymentCodeUsed { used_for }.into()
}

fn unlocked(n: u128, of: u128) -> (Uuid, Event) {
    (item(of).uuid(), ItemUnlocked { offer: OfferId::new(offer(n)) }.into())
}
