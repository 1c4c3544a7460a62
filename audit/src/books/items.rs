//! View `items`: one row for each item, for each time that one came to an owner, and for each offer.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::{Event, ItemEvent, OfferEvent, OfferOpened};
use futures::TryStreamExt;
use kernel::{MemberId, TransferId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "items",
    tables: &[
        Table {
            name: "items",
            columns: &[
                "owned_position",
                "position",
                "recorded_at",
                "item_id",
                "owner",
                "offer_id",
                "collection",
                "serial",
                "metadata_url",
                "digest",
            ],
        },
        Table { name: "item_owners", columns: &["position", "since", "item_id", "owner", "how"] },
        Table {
            name: "offers",
            columns: &[
                "opened_position",
                "position",
                "recorded_at",
                "expires_at",
                "offer_id",
                "item_id",
                "seller",
                "destination",
                "buyer",
                "transfer_id",
                "amount",
                "status",
                "asset",
                "collection",
            ],
        },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [items, owners, offers] = sinks.try_into().ok()?;
    let (all, open, cells) = (HashMap::new(), HashMap::new(), Cells::default());
    Some(Box::new(Items { all, open, cells, items, owners, offers }))
}

/// What changes of an item. What does not is given away at once, so that it takes no memory.
#[derive(Clone, Copy)]
struct Item {
    owner: Uuid,
    offer: Option<Uuid>,
    owned_position: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
}

/// An offer that is open. One that is over is given away.
struct Offer {
    opened: OfferOpened,
    opened_position: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
}

struct Items<S> {
    all: HashMap<Uuid, Item>,
    open: HashMap<Uuid, Offer>,
    cells: Cells,
    items: S,
    owners: S,
    offers: S,
}

/// The cells of an item that never change: collection, serial, URL and digest.
type Fixed<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>);

fn give_fixed(id: Uuid, (collection, serial, url, digest): Fixed<'_>, cells: &mut Cells, items: &mut dyn Sink) {
    cells.clear().put("collection", collection).put("serial", serial).maybe("metadata_url", url);
    items.row(&id.to_string(), cells.maybe("digest", digest));
}

impl Item {
    fn give(self, id: Uuid, cells: &mut Cells, items: &mut dyn Sink) {
        cells.clear().put("owner", self.owner).maybe("offer_id", self.offer);
        cells.put("owned_position", self.owned_position).put("position", self.position);
        items.aspect(&id.to_string(), cells.put("recorded_at", time(self.recorded_at)));
    }
}

fn give_owner(
    (item, position): (Uuid, i64),
    (owner, how, since): (Uuid, &str, DateTime<Utc>),
    cells: &mut Cells,
    owners: &mut dyn Sink,
) {
    cells.clear().put("owner", owner).put("how", how).put("since", time(since));
    owners.row(&format!("item {item} at position {position}"), cells);
}

/// A row of `offers`.
struct Row<'a> {
    opened_position: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    item: Uuid,
    seller: Uuid,
    destination: Uuid,
    buyer: Option<Uuid>,
    transfer: Option<Uuid>,
    amount: &'a dyn Display,
    status: &'a str,
    asset: &'a str,
    collection: &'a str,
}

impl Row<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, offers: &mut dyn Sink) {
        cells.clear().put("opened_position", self.opened_position).put("position", self.position);
        cells.put("recorded_at", time(self.recorded_at)).put("expires_at", time(self.expires_at));
        cells.put("item_id", self.item).put("seller", self.seller).put("destination", self.destination);
        cells.maybe("buyer", self.buyer).maybe("transfer_id", self.transfer).put("amount", self.amount);
        cells.put("status", self.status).put("asset", self.asset);
        offers.row(&id.to_string(), cells.put("collection", self.collection));
    }
}

impl Offer {
    fn give(
        &self,
        id: Uuid,
        (status, accepted): (&str, Option<(MemberId, TransferId)>),
        cells: &mut Cells,
        offers: &mut dyn Sink,
    ) {
        let opened = &self.opened;
        let row = Row {
            opened_position: self.opened_position,
            position: self.position,
            recorded_at: self.recorded_at,
            expires_at: opened.expires_at,
            item: opened.item.uuid(),
            seller: opened.seller.uuid(),
            destination: opened.destination.uuid(),
            buyer: accepted.map(|(buyer, _)| buyer.uuid()),
            transfer: accepted.map(|(_, transfer)| transfer.uuid()),
            amount: &opened.price.amount,
            status,
            asset: opened.price.asset.as_str(),
            collection: &opened.collection,
        };
        row.give(id, cells, offers);
    }
}

impl<S: Sink> Items<S> {
    fn item(&mut self, event: &assemble::Event, item: &ItemEvent, commit: &Commit) {
        let (id, position, at) = (event.stream, event.position, commit.recorded_at);
        let (owner, offer) = match item {
            ItemEvent::Minted(minted) => {
                let (url, digest) = (minted.metadata_url.as_deref(), minted.digest.as_deref());
                give_fixed(id, (&minted.collection, &minted.serial, url, digest), &mut self.cells, &mut self.items);
                (Some((minted.owner, "minted")), None)
            }
            ItemEvent::Transferred(given) => (Some((given.to, "transferred")), None),
            ItemEvent::Locked(locked) => (None, Some(locked.offer.uuid())),
            ItemEvent::Unlocked(_) => (None, None),
            ItemEvent::Traded(traded) => (Some((traded.to, "traded")), None),
        };
        if let Some((owner, how)) = owner {
            give_owner((id, position), (owner.uuid(), how, at), &mut self.cells, &mut self.owners);
        }
        let before = self.all.get(&id).map(|item| (item.owner, item.owned_position));
        let owned = owner.map(|(owner, _)| (owner.uuid(), position)).or(before);
        if let Some((owner, owned_position)) = owned {
            let item = Item { owner, offer, owned_position, position: commit.last, recorded_at: at };
            self.all.insert(id, item);
        }
    }

    fn offer(&mut self, event: &assemble::Event, offer: &OfferEvent, commit: &Commit) {
        let (position, recorded_at) = (commit.last, commit.recorded_at);
        let end = match offer {
            OfferEvent::Opened(opened) => {
                let (opened, opened_position) = (opened.clone(), event.position);
                self.open.insert(event.stream, Offer { opened, opened_position, position, recorded_at });
                return;
            }
            OfferEvent::Accepted(accepted) => ("accepted", Some((accepted.buyer, accepted.transfer))),
            OfferEvent::Cancelled(_) => ("cancelled", None),
            OfferEvent::Expired(_) => ("expired", None),
        };
        if let Some(open) = self.open.remove(&event.stream) {
            Offer { position, recorded_at, ..open }.give(event.stream, end, &mut self.cells, &mut self.offers);
        }
    }
}

impl<S: Sink> Book<S> for Items<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            match &event.recorded {
                Event::Item(item) => self.item(event, item, commit),
                Event::Offer(offer) => self.offer(event, offer, commit),
                _ => {}
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        self.all.iter().for_each(|(id, item)| item.give(*id, &mut self.cells, &mut self.items));
        for (id, offer) in &self.open {
            offer.give(*id, ("open", None), &mut self.cells, &mut self.offers);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.items, self.owners, self.offers]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [items, owners, offers] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select owned_position as "owned_position!", position as "position!", recorded_at as "recorded_at!",
                  item_id as "item_id!", owner as "owner!", offer_id, collection as "collection!", serial as "serial!",
                  metadata_url, digest
           from live.items"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let (owner, offer, owned_position) = (row.owner, row.offer_id, row.owned_position);
        let fixed = (row.collection.as_str(), row.serial.as_str(), row.metadata_url.as_deref(), row.digest.as_deref());
        give_fixed(row.item_id, fixed, &mut cells, items);
        let item = Item { owner, offer, owned_position, position: row.position, recorded_at: row.recorded_at };
        item.give(row.item_id, &mut cells, items);
    }
    drop(rows);
    let mut rows = sqlx::query!(
        r#"select position as "position!", since as "since!", item_id as "item_id!", owner as "owner!", how as "how!"
           from live.item_owners"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        give_owner((row.item_id, row.position), (row.owner, &row.how, row.since), &mut cells, owners);
    }
    drop(rows);
    read_offers(connection, &mut cells, offers).await
}

async fn read_offers(
    connection: &mut PgConnection,
    cells: &mut Cells,
    offers: &mut impl Sink,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query!(
        r#"select opened_position as "opened_position!", position as "position!", recorded_at as "recorded_at!",
                  expires_at as "expires_at!", offer_id as "offer_id!", item_id as "item_id!", seller as "seller!",
                  destination as "destination!", buyer, transfer_id, amount::text as "amount!", status as "status!",
                  asset as "asset!", collection as "collection!"
           from live.offers"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            opened_position: row.opened_position,
            position: row.position,
            recorded_at: row.recorded_at,
            expires_at: row.expires_at,
            item: row.item_id,
            seller: row.seller,
            destination: row.destination,
            buyer: row.buyer,
            transfer: row.transfer_id,
            amount: &row.amount,
            status: &row.status,
            asset: &row.asset,
            collection: &row.collection,
        };
        found.give(row.offer_id, cells, offers);
    }
    Ok(())
}
