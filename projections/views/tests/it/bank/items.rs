//! Items that are minted, given away, offered and sold.

use chrono::{DateTime, Duration, Utc};
use events::recorded::{
    ItemLocked, ItemMinted, ItemTraded, ItemTransferred, ItemUnlocked, OfferAccepted, OfferCancelled, OfferEvent,
    OfferExpired, OfferOpened, Trade, TransferFacts, TransferKind,
};
use kernel::{ItemId, MemberId, Money, OfferId};
use uuid::Uuid;

use super::{Bank, Cause, units};

/// An item.
pub struct Piece {
    id: ItemId,
    version: i64,
    collection: &'static str,
    owner: MemberId,
    offer: Option<Offered>,
}

/// The open offer of an item.
#[derive(Clone)]
struct Offered {
    id: OfferId,
    price: i128,
    destination: usize,
    expires_at: DateTime<Utc>,
}

const COLLECTIONS: [&str; 3] = ["coins", "tickets of a | concert", "우표"];

impl Bank {
    /// One more thing that can happen to items.
    pub(super) fn item(&mut self) {
        let over = |piece: &Piece| piece.offer.as_ref().is_some_and(|offer| offer.expires_at <= self.now);
        if let Some(at) = self.items.iter().position(over) {
            return self.end_offer(at, OfferExpired {}.into());
        }
        if self.items.is_empty() {
            return self.mint();
        }
        let at = self.random.below(self.items.len());
        match (self.items[at].offer.is_some(), self.random.below(10)) {
            (_, 0..=2) => self.mint(),
            (false, 3..=5) => self.give(at),
            (false, _) => self.offer(at),
            (true, 3..=4) => self.end_offer(at, OfferCancelled {}.into()),
            (true, _) => self.sell(at),
        }
    }

    fn mint(&mut self) {
        let (collection, serial) = (COLLECTIONS[self.random.below(COLLECTIONS.len())], self.items.len().to_string());
        let (id, owner) = (ItemId::of(collection, &serial), self.member());
        let metadata_url = self.random.percent(50).then(|| format!("https://example.org/{serial}.json"));
        let digest = metadata_url.as_ref().map(|_| "0f".repeat(32));
        let minted = ItemMinted { collection: collection.to_owned(), serial, owner, metadata_url, digest };
        self.items.push(Piece { id, version: 1, collection, owner, offer: None });
        self.record(id.into(), 1, minted);
        if self.random.percent(20) {
            // Its life begins within one commit.
            self.give(self.items.len() - 1);
            self.offer(self.items.len() - 1);
        }
    }

    fn give(&mut self, at: usize) {
        let (from, to) = (self.items[at].owner, self.member());
        self.items[at].owner = to;
        let (id, version) = self.changed(at);
        self.record(id.into(), version, ItemTransferred { from, to });
    }

    fn changed(&mut self, at: usize) -> (ItemId, i64) {
        let piece = &mut self.items[at];
        piece.version += 1;
        (piece.id, piece.version)
    }

    fn offer(&mut self, at: usize) {
        let members: Vec<_> = (0..self.accounts.len()).filter(|&at| !self.accounts[at].system).collect();
        let destination = members[self.random.below(members.len())];
        let offer = OfferId::new(Uuid::from_u128(self.random.bits()));
        let expires_at = self.now + Duration::seconds(60 + self.random.below(1_500_000) as i64);
        let price = 1 + self.random.below(1_000) as i128;
        let opened = OfferOpened {
            item: self.items[at].id,
            collection: self.items[at].collection.to_owned(),
            seller: self.items[at].owner,
            price: Money { asset: self.accounts[destination].asset, amount: units(price) },
            destination: self.accounts[destination].id,
            expires_at,
        };
        self.items[at].offer = Some(Offered { id: offer, price, destination, expires_at });
        let (id, version) = self.changed(at);
        self.record(offer.into(), 1, opened);
        self.record(id.into(), version, ItemLocked { offer });
    }

    fn end_offer(&mut self, at: usize, end: OfferEvent) {
        let Some(Offered { id: offer, .. }) = self.items[at].offer.take() else { return };
        let (id, version) = self.changed(at);
        self.record(offer.into(), 2, end);
        self.record(id.into(), version, ItemUnlocked { offer });
    }

    fn sell(&mut self, at: usize) {
        let Some(Offered { id: offer, price, destination, .. }) = self.items[at].offer.clone() else { return };
        // A few tries find an account with so much on it.
        let found = (0..12).find_map(|_| {
            let source = self.random.below(self.accounts.len());
            let pays = !self.accounts[source].system && self.room(source, destination) >= price;
            pays.then_some(source)
        });
        let Some(source) = found else { return self.end_offer(at, OfferCancelled {}.into()) };
        let (from, buyer) = (self.items[at].owner, self.member());
        let (item, version) = self.changed(at);
        let piece = &mut self.items[at];
        (piece.offer, piece.owner) = (None, buyer);
        let transfer = self.next_transfer();
        self.record(offer.into(), 2, OfferAccepted { buyer, transfer });
        self.record(item.into(), version, ItemTraded { offer, from, to: buyer, transfer });
        let facts = TransferFacts {
            kind: TransferKind::Trade,
            source: Some(self.accounts[source].id),
            destination: Some(self.accounts[destination].id),
            asset: self.accounts[source].asset,
            amount: units(price),
            memo: None,
            reference: None,
            reverses: None,
        };
        self.post(source, destination, facts, Cause { trade: Some(Trade { item, offer }), ..Cause::default() });
    }
}
