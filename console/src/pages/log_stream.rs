//! One stream of the log: its events, and what they make of it, step by step.

use askama::Template;
use axum::response::Response;
use platform::extract::{Path, Query};
use serde::Deserialize;

use super::log_event::{EventRow, StreamEvent};
use crate::{
    client::{Address, Failure},
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// Events on a page.
const LIMIT: i64 = 100;

/// From where, and whether with what they make.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    fold: String,
}

#[derive(Deserialize)]
pub(super) struct Part {
    pub(super) items: Vec<StreamEvent>,
    next_after_version: Option<i64>,
}

#[derive(Template)]
#[template(path = "log_stream.html")]
struct Screen {
    page: Page,
    stream: String,
    is_folded: bool,
    switch: String,
    events: Vec<EventRow>,
    older: Option<String>,
    more: Option<String>,
}

/// Without a place to begin at, the newest events.
pub(crate) async fn screen(
    SignedIn(visit): SignedIn,
    Path(stream): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let is_folded = !asked.fold.is_empty();
    let fold = if is_folded { "true" } else { "" };
    let address = Address::query("/v1/log/streams").segment(&stream);
    let address = address.with("after_version", &asked.after).with("fold", fold).with("limit", &LIMIT.to_string());
    let part: Part = visit.get(address).await?;
    let page = Page::plain(&visit, "log-stream-title");
    let here = links::to("stream", &stream);
    let from = |version: i64| links::with(&here, &[("after", &version.to_string()), ("fold", fold)]);
    let first = part.items.first().map(|event| event.version).filter(|first| *first > 1);
    let older = first.map(|first| from((first - 1 - LIMIT).max(0)));
    let more = part.next_after_version.map(from);
    let switch = links::with(&here, &[("after", &asked.after), ("fold", if is_folded { "" } else { "true" })]);
    let events = part.items.into_iter().map(|event| EventRow::of_stream(&page, event)).collect();
    Ok(show(&Screen { page, stream, is_folded, switch, events, older, more }))
}
