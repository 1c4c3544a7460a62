//! Transfers by their reference.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use crate::{
    client::Address,
    format::Moment,
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// Which, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Transfers {
    items: Vec<Transfer>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Transfer {
    transfer_id: String,
    kind: String,
    status: String,
    money: Option<Money>,
    memo: Option<String>,
    recorded_at: String,
}

#[derive(Deserialize)]
struct Money {
    asset: String,
    amount: String,
}

struct Row {
    href: String,
    id: String,
    kind: String,
    status: String,
    tone: String,
    money: String,
    memo: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "transfers.html")]
struct Screen {
    page: Page,
    reference: String,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    is_asked: bool,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::new(&visit, "nav-transfers").await;
    let reference = asked.reference.trim().to_owned();
    if reference.is_empty() {
        let (rows, more, trouble) = (Vec::new(), None, None);
        return show(&Screen { page, reference, rows, more, trouble, is_asked: false });
    }
    let address = Address::query("/v1/transfers").with("reference", &reference).with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Transfers>(address).await);
    let cursor = found.as_ref().and_then(|found| found.next_cursor.as_ref());
    let more = links::more("/transfers", &[("reference", &reference)], cursor);
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|transfer| row(&page, transfer)).collect();
    show(&Screen { page, reference, rows, more, trouble, is_asked: true })
}

fn row(page: &Page, transfer: Transfer) -> Row {
    Row {
        href: links::to("transfer", &transfer.transfer_id),
        id: transfer.transfer_id,
        kind: page.word("transfer-kind", &transfer.kind),
        status: page.word("transfer", &transfer.status),
        tone: transfer.status,
        money: transfer.money.map(|money| page.format.money(&money.amount, &money.asset)).unwrap_or_default(),
        memo: transfer.memo.unwrap_or_default(),
        at: page.format.time(&transfer.recorded_at),
    }
}
