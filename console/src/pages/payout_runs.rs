//! Payout runs, newest opened first.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use super::payout_forms::open_form;
use crate::{
    client::Address,
    form::Form,
    format::{Moment, count},
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Runs {
    items: Vec<Run>,
    next_cursor: Option<String>,
}

/// A run, as the query server tells it.
#[derive(Deserialize)]
pub(super) struct Run {
    pub(super) run_id: String,
    pub(super) status: String,
    pub(super) source: String,
    pub(super) asset: String,
    pub(super) name: String,
    pub(super) reference: String,
    pub(super) opened_by: String,
    pub(super) rows: i64,
    pub(super) posted: i64,
    pub(super) refused: i64,
    pub(super) total: String,
    pub(super) paid: String,
    pub(super) eta_seconds: Option<i64>,
    pub(super) position: i64,
    pub(super) recorded_at: String,
}

struct Row {
    href: String,
    name: String,
    status: String,
    tone: String,
    rows: String,
    posted: String,
    refused: String,
    total: String,
    paid: String,
    updated: Moment,
}

#[derive(Template)]
#[template(path = "payout_runs.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    open: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::new(&visit, "nav-payout-runs").await;
    let address = Address::query("/v1/payout-runs").with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Runs>(address).await);
    let more = links::more("/payout-runs", &[], found.as_ref().and_then(|found| found.next_cursor.as_ref()));
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|run| row(&page, run)).collect();
    let open = page.may("operator").then(|| open_form(&page));
    show(&Screen { page, rows, more, trouble, open })
}

fn row(page: &Page, run: Run) -> Row {
    Row {
        href: links::to("payout-run", &run.run_id),
        status: page.word("run-status", &run.status),
        tone: run.status,
        rows: count(run.rows),
        posted: count(run.posted),
        refused: count(run.refused),
        total: page.format.money(&run.total, &run.asset),
        paid: page.format.money(&run.paid, &run.asset),
        updated: page.format.time(&run.recorded_at),
        name: run.name,
    }
}
