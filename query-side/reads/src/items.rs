//! Items, their owners so far, and offers of them.

use chrono::{DateTime, Utc};
use kernel::{ItemId, MemberId, OfferId, Position};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
    transactions::{Named, NamedRow},
    transfers::Money,
};

const ITEMS: &[View] = &[View::Items];
/// The view of members holds the names of owners.
const ITEM: &[View] = &[View::Items, View::Members];
/// How many owners of an item are shown, the newest.
const OWNERS: i64 = 100;

/// An item: it is one of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// Which; follows from collection and serial.
    #[schema(value_type = Uuid)]
    pub item_id: ItemId,
    /// What it is one of.
    pub collection: String,
    /// Which of them.
    pub serial: String,
    /// The member whose it is; left out unless that is you, or you are an operator or a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false)]
    pub owner: Option<MemberId>,
    /// `offered` while it is for sale: it cannot be given away meanwhile. Else `free`.
    #[schema(pattern = "^(free|offered)$")]
    pub status: String,
    /// The offer of it that is open; null if it is free.
    #[schema(value_type = Option<Uuid>, required)]
    pub offer_id: Option<OfferId>,
    /// Where it is described.
    #[schema(required)]
    pub metadata_url: Option<String>,
    /// The SHA-256 digest of the description, in hexadecimal digits.
    #[schema(required)]
    pub digest: Option<String>,
    /// The position of the last event of the command that changed it last.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// An owner of an item, now or once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ItemOwner {
    /// Which member; left out unless that is you, or you are an operator or a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, required = false)]
    pub owner: Option<MemberId>,
    /// Their name, mostly hidden as in `GET /v1/payees`. Null where there is none: a member who never signed up, or left; and for
    /// everybody who is no member.
    #[schema(required)]
    #[serde(default)]
    pub masked_name: Option<String>,
    /// How it came to them.
    #[schema(pattern = "^(minted|transferred|traded)$")]
    pub how: String,
    /// When it came to them, by the log's clock.
    pub since: DateTime<Utc>,
}

/// An item and its owners so far, the newest first, whose names have to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemHistory {
    /// The item.
    pub item: Item,
    /// The last hundred owners, without their names.
    pub owners: Vec<Named<ItemOwner>>,
}

/// An offer of an item for money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offer {
    /// Which.
    #[schema(value_type = Uuid)]
    pub offer_id: OfferId,
    /// The item.
    #[schema(value_type = Uuid)]
    pub item_id: ItemId,
    /// What the item is one of.
    pub collection: String,
    /// For how much.
    pub price: Money,
    /// Always `open` in the list of open offers.
    #[schema(pattern = "^(open|accepted|cancelled|expired)$")]
    pub status: String,
    /// It cannot be accepted from then on.
    pub expires_at: DateTime<Utc>,
    /// The position of the last event of the command that opened it.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// An item, with what its list is found by.
#[derive(Debug, Deserialize)]
struct ItemRow {
    #[serde(flatten)]
    item: Item,
    owned_position: i64,
}

/// An offer, with what its list is found by.
#[derive(Debug, Deserialize)]
struct OfferRow {
    #[serde(flatten)]
    offer: Offer,
    opened_position: i64,
}

/// Whose an item is, as far as the viewer may know.
fn shown(owner: Option<MemberId>, viewer: Viewer) -> Option<MemberId> {
    owner.filter(|owner| viewer.may_see(Some(owner.uuid())))
}

/// Where a list goes on that is sorted by positions.
fn before(list: &List, cursor: Option<&str>) -> Result<i64, ReadsError> {
    match cursor {
        Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor),
        None => Ok(i64::MAX),
    }
}

impl Reads {
    /// One item with its owners so far; none if there is none. Everybody may look at it, and see whose it is if it is theirs.
    pub async fn item(
        &self,
        viewer: Viewer,
        item: ItemId,
        need: &Need,
    ) -> Result<Fresh<Option<ItemHistory>>, ReadsError> {
        self.gate.read(ITEM, need, || self.item_now(viewer, item)).await
    }

    async fn item_now(&self, viewer: Viewer, item: ItemId) -> Result<Seen<Option<ItemHistory>>, ReadsError> {
        let row =
            sqlx::query_file!("src/sql/item.sql", &names(ITEM), item.uuid(), OWNERS).fetch_one(&self.pool).await?;
        let mut owners = NamedRow::all(row.owners.0)?;
        for Named { entry, .. } in &mut owners {
            entry.owner = shown(entry.owner, viewer);
        }
        let history = row.found.map(|Json(ItemRow { item, .. })| {
            let owner = shown(item.owner, viewer);
            ItemHistory { item: Item { owner, ..item }, owners }
        });
        let missing = MissingRow::whole(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(ITEM, history)
    }

    /// The items of a member, those that came to them last first.
    pub async fn items(
        &self,
        owner: MemberId,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Item>>, ReadsError> {
        let list = List::named("items").bound_to(owner.uuid().as_bytes());
        let before = before(&list, cursor)?;
        let fresh = self.gate.read(ITEMS, need, || self.items_now(owner, before, limit)).await?;
        let cursor = |last: &ItemRow| list.cursor(last.owned_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(|row| row.item).collect(), next_cursor }
        }))
    }

    async fn items_now(&self, owner: MemberId, before: i64, limit: u16) -> Result<Seen<Vec<ItemRow>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/items.sql", &names(ITEMS), owner.uuid(), before, i64::from(limit) + 1)
            .fetch_one(&self.pool)
            .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(ITEMS, row.page.0)
    }

    /// The open offers of a collection, or of all, that have not expired, newest first.
    pub async fn offers(
        &self,
        collection: Option<&str>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Offer>>, ReadsError> {
        let list = match collection {
            Some(collection) => List::named("offers").bound_to(collection.as_bytes()),
            None => List::named("offers"),
        };
        let before = before(&list, cursor)?;
        let fresh = self.gate.read(ITEMS, need, || self.offers_now(collection, before, limit)).await?;
        let cursor = |last: &OfferRow| list.cursor(last.opened_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(|row| row.offer).collect(), next_cursor }
        }))
    }

    async fn offers_now(
        &self,
        collection: Option<&str>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<OfferRow>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/offers.sql",
            &names(ITEMS),
            collection,
            self.clock.now(),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(ITEMS, row.page.0)
    }
}
