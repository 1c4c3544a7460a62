//! What the tables of items and offers must hold.

use std::collections::BTreeMap;

use events::recorded::{Event, ItemEvent, ItemMinted, OfferEvent, OfferOpened};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::{micros, or_dash};

struct Item {
    minted: ItemMinted,
    owner: Uuid,
    owned: i64,
    offer: Option<Uuid>,
    moment: Moment,
}

struct Offer {
    opened: OfferOpened,
    opened_at: i64,
    status: &'static str,
    /// Who bought, and the transfer that paid.
    bought: [Option<Uuid>; 2],
    moment: Moment,
}

#[derive(Default)]
pub struct Items {
    items: BTreeMap<Uuid, Item>,
    owners: Vec<String>,
    offers: BTreeMap<Uuid, Offer>,
}

impl Items {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        match body {
            Event::Item(ItemEvent::Minted(minted)) => {
                let (owner, owned) = (minted.owner.uuid(), moment.position);
                self.items.insert(stream, Item { minted: minted.clone(), owner, owned, offer: None, moment });
                self.owned(stream, owner, "minted", moment);
            }
            Event::Item(event) => self.changed(stream, moment, event),
            Event::Offer(OfferEvent::Opened(opened)) => {
                let (status, opened_at) = ("open", moment.position);
                let offer = Offer { opened: opened.clone(), opened_at, status, bought: [None; 2], moment };
                self.offers.insert(stream, offer);
            }
            Event::Offer(event) => {
                let offer = self.offers.get_mut(&stream).expect("opened");
                offer.moment = moment;
                offer.status = match event {
                    OfferEvent::Opened(_) => "open",
                    OfferEvent::Accepted(_) => "accepted",
                    OfferEvent::Cancelled(_) => "cancelled",
                    OfferEvent::Expired(_) => "expired",
                };
                if let OfferEvent::Accepted(accepted) = event {
                    offer.bought = [Some(accepted.buyer.uuid()), Some(accepted.transfer.uuid())];
                }
            }
            _ => {}
        }
    }

    fn changed(&mut self, stream: Uuid, moment: Moment, event: &ItemEvent) {
        let item = self.items.get_mut(&stream).expect("minted");
        item.moment = moment;
        match event {
            ItemEvent::Minted(_) => {}
            ItemEvent::Locked(locked) => item.offer = Some(locked.offer.uuid()),
            ItemEvent::Unlocked(_) => item.offer = None,
            ItemEvent::Transferred(given) => {
                assert_eq!((item.owner, item.offer), (given.from.uuid(), None), "a valid history");
                self.owned(stream, given.to.uuid(), "transferred", moment);
            }
            ItemEvent::Traded(traded) => {
                let sold = (item.owner, item.offer.take());
                assert_eq!(sold, (traded.from.uuid(), Some(traded.offer.uuid())), "a valid history");
                self.owned(stream, traded.to.uuid(), "traded", moment);
            }
        }
    }

    fn owned(&mut self, stream: Uuid, owner: Uuid, how: &str, moment: Moment) {
        let item = self.items.get_mut(&stream).expect("minted");
        (item.owner, item.owned) = (owner, moment.position);
        self.owners.push(format!("{stream}|{owner}|{how}|{}|{}", moment.position, moment.at));
    }

    pub fn tables(self) -> Vec<Table> {
        let items = self.items.iter().map(|(id, item)| {
            let Item { minted, owner, owned, offer, moment } = item;
            let (url, digest, offer) = (or_dash(&minted.metadata_url), or_dash(&minted.digest), or_dash(offer));
            let texts = [&minted.collection, &minted.serial, &url, &digest].map(String::as_str).join("|");
            format!("{id}|{owner}|{owned}|{offer}|{texts}|{}|{}", moment.end, moment.at)
        });
        let offers = self.offers.iter().map(|(id, offer)| {
            let Offer { opened, opened_at, status, bought, moment } = offer;
            let OfferOpened { item, collection, seller, price, destination, expires_at } = opened;
            let (price, expires_at) = (format!("{}|{}", price.asset, price.amount), micros(*expires_at));
            let bought = bought.map(|by| or_dash(&by)).join("|");
            let said = format!("{item}|{collection}|{seller}|{price}|{destination}|{expires_at}|{opened_at}");
            format!("{id}|{said}|{status}|{bought}|{}|{}", moment.end, moment.at)
        });
        vec![
            Table::of("items", SELECT_ITEMS, items),
            Table::of("item_owners", SELECT_OWNERS, self.owners),
            Table::of("offers", SELECT_OFFERS, offers),
        ]
    }
}

const SELECT_ITEMS: &str =
    "select concat_ws('|', item_id, owner, owned_position, coalesce(offer_id::text, '-'), collection, serial,
    coalesce(metadata_url, '-'), coalesce(digest, '-'), position, (extract(epoch from recorded_at) * 1000000)::int8)
    from live.items";
const SELECT_OWNERS: &str = "select concat_ws('|', item_id, owner, how, position, (extract(epoch from since) * 1000000)::int8) from live.item_owners";
const SELECT_OFFERS: &str = "select concat_ws('|', offer_id, item_id, collection, seller, asset, amount, destination,
    (extract(epoch from expires_at) * 1000000)::int8, opened_position, status, coalesce(buyer::text, '-'),
    coalesce(transfer_id::text, '-'), position, (extract(epoch from recorded_at) * 1000000)::int8) from live.offers";
