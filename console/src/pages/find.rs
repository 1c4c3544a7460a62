//! One box for everything that has a number.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;

use crate::{
    client::Address,
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// What was typed.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
}

#[derive(Default, Deserialize)]
struct Found {
    items: Vec<Item>,
    /// Where it could not be looked.
    not_searched: Vec<String>,
}

#[derive(Deserialize)]
struct Item {
    kind: String,
    id: String,
    title: String,
    detail: Option<String>,
}

struct Row {
    kind: String,
    href: String,
    title: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "find.html")]
struct Screen {
    page: Page,
    q: String,
    rows: Vec<Row>,
    /// Where it could not be looked.
    notes: Vec<String>,
    trouble: Option<String>,
    is_asked: bool,
}

/// What is found; at once what is found alone.
pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-find");
    let q = asked.q.trim().to_owned();
    if q.is_empty() {
        return show(&Screen { page, q, rows: Vec::new(), notes: Vec::new(), trouble: None, is_asked: false });
    }
    let found = visit.get::<Found>(Address::query("/v1/find").with("q", &q)).await;
    let (found, trouble) = page.part(found);
    let Found { items, not_searched } = found.unwrap_or_default();
    if let [only] = items.as_slice() {
        return Redirect::to(&links::to(&only.kind, &only.id)).into_response();
    }
    let row = |item: Item| Row {
        kind: page.word("kind", &item.kind),
        href: links::to(&item.kind, &item.id),
        title: item.title,
        detail: item.detail.unwrap_or_default(),
    };
    let rows = items.into_iter().map(row).collect();
    let notes = not_searched.iter().map(|place| page.word("not-searched", place)).collect();
    show(&Screen { page, q, rows, notes, trouble, is_asked: true })
}
