//! One box for everything that has a number.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;
use serde_json::json;

use crate::{
    client::{Act, Address, Failure},
    links,
    page::{Page, show},
    visit::{SignedIn, Visit},
};

/// How the query server says that it cannot look for login ids.
const LOGIN_ID: &str = "login_id";

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
    let Found { mut items, mut not_searched } = found.unwrap_or_default();
    let is_login_id = |place: &String| place == LOGIN_ID;
    if page.may("support")
        && not_searched.iter().any(is_login_id)
        && let Ok(member) = by_login_id(&visit, &q).await
    {
        items.extend(member);
        not_searched.retain(|place| !is_login_id(place));
    }
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

/// The member who logs in with this. Only the command server can look: what finds a login id is a secret of the vault.
async fn by_login_id(visit: &Visit, login_id: &str) -> Result<Option<Item>, Failure> {
    let act = Act { key: visit.house().ids.fresh().to_string(), reason: String::new() };
    let asked = visit.act(Address::command("/v1/members/find"), &act, &json!({ "login_id": login_id })).await;
    let done = match asked {
        Err(Failure::Refused(refusal)) if refusal.code == "member-unknown" => return Ok(None),
        asked => asked?,
    };
    let id = done.body["member_id"].as_str().unwrap_or_default().to_owned();
    Ok(Some(Item { kind: "member".to_owned(), id, title: login_id.to_owned(), detail: None }))
}
