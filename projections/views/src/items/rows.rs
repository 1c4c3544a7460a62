//! The SQL of the tables `items` and `item_owners`; that of offers is beside it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::ItemMinted;
use kernel::{ItemId, OfferId};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::{
    fold::{Changes, Item, Owner},
    offers::OfferRows,
};
use crate::copy::CopyRows;

/// What is to be written: items that came to be in these commits, changes of those of before, their owners, and offers.
#[derive(Debug)]
pub(super) struct ItemRows {
    minted: CopyRows,
    changed: Changed,
    owners: CopyRows,
    offers: OfferRows,
}

#[derive(Debug, Default)]
struct Changed {
    item_id: Vec<Uuid>,
    owner: Vec<Option<Uuid>>,
    owned_position: Vec<Option<i64>>,
    offer_id: Vec<Option<Uuid>>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

const COPY_ITEMS: &str = "copy items (item_id, owner, owned_position, offer_id, position, recorded_at, collection, serial, metadata_url, \
    digest) from stdin (format binary)";
const COPY_OWNERS: &str = "copy item_owners (position, since, item_id, owner, how) from stdin (format binary)";

impl From<Changes> for ItemRows {
    fn from(changes: Changes) -> Self {
        let mut owners = CopyRows::new(COPY_OWNERS, 5);
        changes.owners.iter().for_each(|owner| owner.write(&mut owners));
        let (minted, changed) = item_rows(changes.items);
        Self { minted, changed, owners, offers: OfferRows::from(changes.offers) }
    }
}

fn item_rows(items: BTreeMap<ItemId, Item>) -> (CopyRows, Changed) {
    let (mut new, mut changed) = (CopyRows::new(COPY_ITEMS, 10), Changed::default());
    for (id, item) in items {
        match &item.minted {
            Some(minted) => item.write(id, minted, &mut new),
            None => changed.push(id, &item),
        }
    }
    (new, changed)
}

impl Owner {
    fn write(&self, rows: &mut CopyRows) {
        rows.row()
            .int8(self.position.number())
            .time(self.since)
            .uuid(self.item.uuid())
            .uuid(self.owner.uuid())
            .text(self.how);
    }
}

impl Item {
    /// What is minted has an owner.
    fn write(&self, id: ItemId, minted: &ItemMinted, rows: &mut CopyRows) {
        rows.row()
            .uuid(id.uuid())
            .maybe(self.owned.map(|(owner, _)| owner.uuid()), CopyRows::uuid)
            .maybe(self.owned.map(|(_, position)| position.number()), CopyRows::int8)
            .maybe(self.offer.map(OfferId::uuid), CopyRows::uuid)
            .int8(self.position.number())
            .time(self.recorded_at)
            .text(&minted.collection)
            .text(&minted.serial)
            .maybe(minted.metadata_url.as_deref(), CopyRows::text)
            .maybe(minted.digest.as_deref(), CopyRows::text);
    }
}

impl Changed {
    fn push(&mut self, id: ItemId, item: &Item) {
        self.item_id.push(id.uuid());
        self.owner.push(item.owned.map(|(owner, _)| owner.uuid()));
        self.owned_position.push(item.owned.map(|(_, position)| position.number()));
        self.offer_id.push(item.offer.map(OfferId::uuid));
        self.position.push(item.position.number());
        self.recorded_at.push(item.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update items
             set owner = coalesce(changed.owner, items.owner),
                owned_position = coalesce(changed.owned_position, items.owned_position), offer_id = changed.offer_id,
                position = changed.position, recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::uuid[], $5::int8[], $6::timestamptz[])
                as changed(item_id, owner, owned_position, offer_id, position, recorded_at)
             where items.item_id = changed.item_id",
            &self.item_id,
            &self.owner as &[Option<Uuid>],
            &self.owned_position as &[Option<i64>],
            &self.offer_id as &[Option<Uuid>],
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.item_id.len() as u64 {
            return Err(WriteError::Inconsistent("an item changed that was never minted".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for ItemRows {
    fn is_empty(&self) -> bool {
        self.minted.is_empty() && self.changed.item_id.is_empty() && self.offers.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.minted.send(connection).await?;
        if !self.changed.item_id.is_empty() {
            self.changed.update(connection).await?;
        }
        self.owners.send(connection).await?;
        self.offers.write(connection).await
    }
}
