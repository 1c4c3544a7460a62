//! Processes with the outside world, newest started first.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use crate::{
    client::Address,
    format::Moment,
    links,
    page::{Choice, Page, show},
    visit::SignedIn,
};

const KINDS: [&str; 3] = ["top-up", "bank-payout", "gift-card"];
const STATES: [&str; 6] = ["stuck", "waiting", "running", "compensating", "done", "compensated"];

/// Which, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Processes {
    items: Vec<Process>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Process {
    process_id: String,
    kind: String,
    state: String,
    money: Money,
    account_id: String,
    started_at: String,
    ended_at: Option<String>,
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
    state: String,
    tone: String,
    money: String,
    account: String,
    account_href: String,
    started: Moment,
    ended: Moment,
}

#[derive(Template)]
#[template(path = "processes.html")]
struct Screen {
    page: Page,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::new(&visit, "nav-processes").await;
    let known = |words: &[&'static str], asked: &str| words.iter().find(|word| **word == asked).copied().unwrap_or("");
    let (kind, state) = (known(&KINDS, &asked.kind), known(&STATES, &asked.state));
    let address = Address::query("/v1/processes").with("kind", kind).with("state", state).with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Processes>(address).await);
    let cursor = found.as_ref().and_then(|found| found.next_cursor.as_ref());
    let more = links::more("/processes", &[("kind", kind), ("state", state)], cursor);
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|process| row(&page, process)).collect();
    let kinds = page.choices("process-kind", &KINDS, kind);
    let states = page.choices("process-state", &STATES, state);
    show(&Screen { page, kinds, states, rows, more, trouble })
}

fn row(page: &Page, process: Process) -> Row {
    Row {
        href: links::to("process", &process.process_id),
        id: process.process_id,
        kind: page.word("process-kind", &process.kind),
        state: page.word("process-state", &process.state),
        tone: process.state,
        money: page.format.money(&process.money.amount, &process.money.asset),
        account_href: links::to("account", &process.account_id),
        account: process.account_id,
        started: page.format.time(&process.started_at),
        ended: process.ended_at.map(|text| page.format.time(&text)).unwrap_or_default(),
    }
}
