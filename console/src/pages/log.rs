//! The log: commits, the newest first.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;

use super::log_event::Commit;
use crate::{
    client::Address,
    format::Moment,
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    position: String,
    #[serde(default)]
    stream: String,
}

#[derive(Deserialize)]
struct Commits {
    items: Vec<Commit>,
    next_cursor: Option<String>,
}

struct Row {
    href: String,
    position: i64,
    at: Moment,
    what: String,
    actor: String,
    command: String,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    // The two boxes above the list lead elsewhere.
    let (position, stream) = (asked.position.trim().trim_start_matches('#'), asked.stream.trim());
    if !position.is_empty() {
        return Redirect::to(&links::to("commit", position)).into_response();
    }
    if !stream.is_empty() {
        return Redirect::to(&links::to("stream", stream)).into_response();
    }
    let page = Page::plain(&visit, "nav-log");
    let commits = visit.get::<Commits>(Address::query("/v1/log").with("cursor", &asked.cursor)).await;
    let (commits, trouble) = page.part(commits);
    let cursor = commits.as_ref().and_then(|commits| commits.next_cursor.as_ref());
    let more = links::more("/log", &[], cursor);
    let items = commits.map(|commits| commits.items).unwrap_or_default();
    let rows = items.into_iter().map(|commit| row(&page, commit)).collect();
    show(&Screen { page, rows, more, trouble })
}

fn row(page: &Page, commit: Commit) -> Row {
    let kinds: Vec<&str> = commit.events.iter().map(|event| event.kind.as_str()).collect();
    Row {
        href: links::to("commit", &commit.first_position.to_string()),
        position: commit.first_position,
        at: page.format.time(&commit.recorded_at),
        what: kinds.join(", "),
        actor: commit.actor.text(),
        command: commit.command_id,
    }
}
