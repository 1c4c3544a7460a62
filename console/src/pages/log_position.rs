//! What stands at one position of the log: the commit, event by event.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;

use super::log_event::{Commit, EventRow};
use crate::{
    client::{Address, Failure},
    page::{Page, show},
    posted::refused,
    visit::SignedIn,
};

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
    let events = commit.events.iter().map(|event| EventRow::of_commit(&page, &commit, event)).collect();
    let previous = (commit.first_position > 1).then_some(commit.first_position - 1);
    let following = commit.last_position.saturating_add(1);
    Ok(show(&Screen { page, position, previous, following, events }))
}
