//! Operators: who runs the bank, and what they may do.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;
use serde_json::json;

use super::{operator_acts::shown_once, operator_forms::add_form};
use crate::{
    client::{Address, Failure},
    form::Form,
    format::Moment,
    links,
    page::{Page, show},
    posted::Posted,
    visit::{SignedIn, Visit},
};

/// So many pages of 200 are read where an operator is chosen: a bank has hundreds of operators.
const PAGES: usize = 5;

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Operators {
    pub(super) items: Vec<Operator>,
    pub(super) next_cursor: Option<String>,
}

/// An operator, as the query server tells it.
#[derive(Deserialize)]
pub(super) struct Operator {
    pub(super) operator_id: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) status: String,
    pub(super) added_at: String,
    pub(super) changed_at: String,
}

struct Row {
    href: String,
    name: String,
    role: String,
    status: String,
    tone: String,
    added: Moment,
    changed: Moment,
}

#[derive(Template)]
#[template(path = "operators.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    add: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-operators");
    let address = Address::query("/v1/operators").with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Operators>(address).await);
    let more = links::more("/operators", &[], found.as_ref().and_then(|found| found.next_cursor.as_ref()));
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|operator| row(&page, operator)).collect();
    let add = page.may("admin").then(|| add_form(&page));
    show(&Screen { page, rows, more, trouble, add })
}

fn row(page: &Page, operator: Operator) -> Row {
    Row {
        href: links::to("operator", &operator.operator_id),
        name: operator.name,
        role: page.word("role", &operator.role),
        status: page.word("operator-status", &operator.status),
        tone: operator.status,
        added: page.format.time(&operator.added_at),
        changed: page.format.time(&operator.changed_at),
    }
}

/// All operators: the 1,000 added last, if there are more. Those that were read before the list broke off are better than none.
pub(super) async fn everybody(visit: &Visit) -> Result<Operators, Failure> {
    let address = || Address::query("/v1/operators").with("limit", "200");
    let mut all: Operators = visit.get(address()).await?;
    for _ in 1..PAGES {
        let Some(cursor) = all.next_cursor.take() else { break };
        let Ok(more) = visit.get::<Operators>(address().with("cursor", &cursor)).await else { break };
        all.items.extend(more.items);
        all.next_cursor = more.next_cursor.filter(|next| *next != cursor);
    }
    Ok(all)
}

/// Adds an operator. What they log in with is on the page that answers, and nowhere else.
pub(crate) async fn add(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match added(&visit, &form).await {
        Err(failure) => add_form(&Page::plain(&visit, "nav-operators")).again(&form, failure, "/operators"),
        shown => shown,
    }
}

async fn added(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let body = json!({ "name": form.get("name").trim(), "role": form.get("role"), "reason": act.reason });
    let done = visit.act(Address::command("/v1/operators"), &act, &body).await?;
    shown_once(visit, done, "/operators")
}
