//! The SQL of the table `offers`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::OfferOpened;
use kernel::{OfferId, Position};
use projection_engine::WriteError;
use sqlx::{PgConnection, types::Uuid};

use super::fold::Offer;
use crate::copy::CopyRows;

/// What is to be written: offers opened in these commits, and changes of those opened before.
#[derive(Debug)]
pub(super) struct OfferRows {
    opened: CopyRows,
    changed: Changed,
}

#[derive(Debug, Default)]
struct Changed {
    offer_id: Vec<Uuid>,
    status: Vec<&'static str>,
    buyer: Vec<Option<Uuid>>,
    transfer_id: Vec<Option<Uuid>>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

const COPY_OFFERS: &str = "copy offers (offer_id, item_id, collection, seller, asset, amount, destination, expires_at, opened_position, \
    status, buyer, transfer_id, position, recorded_at) from stdin (format binary)";

impl From<BTreeMap<OfferId, Offer>> for OfferRows {
    fn from(offers: BTreeMap<OfferId, Offer>) -> Self {
        let mut rows = Self { opened: CopyRows::new(COPY_OFFERS, 14), changed: Changed::default() };
        for (id, offer) in offers {
            match &offer.opened {
                Some((opened, position)) => offer.write(id, opened, *position, &mut rows.opened),
                None => rows.changed.push(id, &offer),
            }
        }
        rows
    }
}

impl Offer {
    fn write(&self, id: OfferId, opened: &OfferOpened, opened_position: Position, rows: &mut CopyRows) {
        rows.row()
            .uuid(id.uuid())
            .uuid(opened.item.uuid())
            .text(&opened.collection)
            .uuid(opened.seller.uuid())
            .text(opened.price.asset.as_str())
            .numeric(opened.price.amount)
            .uuid(opened.destination.uuid())
            .time(opened.expires_at)
            .int8(opened_position.number())
            .text(self.status)
            .maybe(self.accepted.map(|(buyer, _)| buyer.uuid()), CopyRows::uuid)
            .maybe(self.accepted.map(|(_, transfer)| transfer.uuid()), CopyRows::uuid)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl Changed {
    fn push(&mut self, id: OfferId, offer: &Offer) {
        self.offer_id.push(id.uuid());
        self.status.push(offer.status);
        self.buyer.push(offer.accepted.map(|(buyer, _)| buyer.uuid()));
        self.transfer_id.push(offer.accepted.map(|(_, transfer)| transfer.uuid()));
        self.position.push(offer.position.number());
        self.recorded_at.push(offer.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        // What is over stays as it is: a second end is an error.
        let updated = sqlx::query!(
            "update offers
             set status = changed.status, buyer = changed.buyer, transfer_id = changed.transfer_id,
                position = changed.position, recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::int8[], $6::timestamptz[])
                as changed(offer_id, status, buyer, transfer_id, position, recorded_at)
             where offers.offer_id = changed.offer_id and offers.status = 'open'",
            &self.offer_id,
            &self.status as &[&str],
            &self.buyer as &[Option<Uuid>],
            &self.transfer_id as &[Option<Uuid>],
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.offer_id.len() as u64 {
            return Err(WriteError::Inconsistent("an offer ended that is not open".into()));
        }
        Ok(())
    }
}

impl OfferRows {
    pub(super) fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.changed.offer_id.is_empty()
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.opened.send(connection).await?;
        if self.changed.offer_id.is_empty() { Ok(()) } else { self.changed.update(connection).await }
    }
}
