//! Items: things that are one of a kind.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use super::member::LoggedIn;
use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::{Page, show},
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    item_id: String,
    collection: String,
    serial: String,
    status: String,
    recorded_at: String,
}

struct Row {
    href: String,
    collection: String,
    serial: String,
    state: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "wallet/items.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "wallet-items");
    let address = Address::query("/v1/items").with("owner", "me").with("cursor", &asked.cursor);
    let items: Items = visit.get(address).await?;
    let more = links::more("/wallet/items", &[], items.next_cursor.as_ref());
    let row = |item: Item| Row {
        href: format!("/wallet/items/{}", item.item_id),
        collection: item.collection,
        serial: item.serial,
        state: page.word("item-state", &item.status),
        at: page.format.time(&item.recorded_at),
    };
    let rows = items.items.into_iter().map(row).collect();
    Ok(show(&Screen { rows, more, page }))
}
