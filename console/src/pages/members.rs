//! Members, without their names.

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

const STATES: [&str; 3] = ["active", "erasing", "erased"];

/// Which, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Members {
    items: Vec<Member>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    member_id: String,
    state: String,
    joined_at: String,
}

struct Row {
    href: String,
    id: String,
    state: String,
    tone: String,
    joined: Moment,
}

#[derive(Clone)]
struct Choice {
    value: &'static str,
    name: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "members.html")]
struct Screen {
    page: Page,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-members");
    let state = STATES.into_iter().find(|state| *state == asked.state).unwrap_or_default();
    let address = Address::query("/v1/members").with("state", state).with("cursor", &asked.cursor);
    let (members, trouble) = page.part(visit.get::<Members>(address).await);
    let cursor = members.as_ref().and_then(|members| members.next_cursor.as_ref());
    let more = links::more("/members", &[("state", state)], cursor);
    let items = members.map(|members| members.items).unwrap_or_default();
    let row = |member: Member| Row {
        href: links::to("member", &member.member_id),
        id: member.member_id,
        state: page.word("member", &member.state),
        tone: member.state,
        joined: page.format.time(&member.joined_at),
    };
    let rows = items.into_iter().map(row).collect();
    let choice = |value: &'static str| Choice { value, name: page.word("member", value), is_chosen: value == state };
    let choices = STATES.map(choice).to_vec();
    show(&Screen { choices, rows, more, trouble, page })
}
