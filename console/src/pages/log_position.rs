//! What stands at one position of the log: the commit, event by event.

use askama::Template;
use axum::response::Response;
use futures::future::join_all;
use platform::extract::Path;

use super::{
    log_event::{Commit, CommitEvent, EventRow, StreamEvent},
    log_stream::Part,
};
use crate::{
    client::{Address, Failure},
    page::{Page, show},
    posted::refused,
    visit::{SignedIn, Visit},
};

/// Of a commit with more events the states are looked at stream by stream.
const MOST_FOLDED: usize = 12;

#[derive(Template)]
#[template(path = "log_position.html")]
struct Screen {
    page: Page,
    position: i64,
    /// The last position of the commit before, if there is one.
    previous: Option<i64>,
    /// The first position of the commit after it.
    following: i64,
    events: Vec<EventRow>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(position): Path<String>) -> Result<Response, Failure> {
    let digits = position.trim_start_matches('#');
    let Some(position) = digits.parse::<i64>().ok().filter(|position| *position > 0) else {
        return Err(refused(404, "position-unknown"));
    };
    let address = Address::query("/v1/log/positions").segment(&position.to_string());
    let commit: Commit = visit.get(address).await?;
    let title = visit.language().text_with("log-position-title", &[("position", &position.to_string())]);
    let page = Page::plain(&visit, "nav-log").titled(title);
    let mut events: Vec<EventRow> =
        commit.events.iter().map(|event| EventRow::of_commit(&page, &commit, event)).collect();
    if events.len() <= MOST_FOLDED {
        let mut asked = Vec::with_capacity(events.len());
        for event in &commit.events {
            asked.push(states(&visit, event));
        }
        for (row, (before, after)) in events.iter_mut().zip(join_all(asked).await) {
            (row.before, row.state) = (before, after);
        }
    }
    let previous = (commit.first_position > 1).then_some(commit.first_position - 1);
    let following = commit.last_position.saturating_add(1);
    Ok(show(&Screen { page, position, previous, following, events }))
}

/// What the event's stream was before it and is after it, as the rules of the bank see it; empty where that cannot be told.
async fn states(visit: &Visit, event: &CommitEvent) -> (String, String) {
    // The event before it and itself.
    let after = event.version.saturating_sub(2).max(0).to_string();
    let address = Address::query("/v1/log/streams").segment(&event.stream_id);
    let part: Result<Part, Failure> =
        visit.get(address.with("after_version", &after).with("fold", "true").with("limit", "2")).await;
    let items = part.map(|part| part.items).unwrap_or_default();
    let made =
        |version: i64| items.iter().find(|item| item.version == version).map(StreamEvent::made).unwrap_or_default();
    (made(event.version - 1), made(event.version))
}
