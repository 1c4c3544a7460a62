//! One payout run: how far it is, and what came of each row.

use askama::Template;
use axum::response::Response;
use platform::extract::{Path, Query};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    payout_forms::{rows_form, start_form},
    payout_runs::Run,
};
use crate::{
    client::{Address, Failure},
    form::Form,
    format::{Moment, count, duration},
    links,
    live::{self, Pulse},
    page::{Page, show},
    posted::{Posted, refused},
    visit::SignedIn,
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Results {
    items: Vec<Outcome>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    row: i64,
    destination: String,
    amount: String,
    status: String,
    transfer_id: Option<String>,
    code: Option<String>,
}

struct Row {
    number: String,
    destination: String,
    amount: String,
    status: String,
    tone: String,
    transfer: Option<String>,
    href: String,
    code: String,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "_payout_figures.html")]
struct Figures {
    page: Page,
    status: String,
    tone: String,
    /// Rows that are paid or refused, and all.
    over: i64,
    rows: i64,
    posted: String,
    refused: String,
    pending: String,
    paid: String,
    total: String,
    eta: String,
    updated: Moment,
}

#[derive(Template)]
#[template(path = "payout_run.html")]
struct Screen {
    page: Page,
    id: String,
    source: String,
    source_href: String,
    reference: String,
    opened_by: String,
    position: i64,
    figures: Figures,
    is_running: bool,
    is_paused: bool,
    goes_on: bool,
    /// Of a run whose rows are still added.
    forms: Vec<Form>,
    results: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
}

pub(crate) async fn screen(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let page = Page::new(&visit, "nav-payout-runs").await;
    let listed = at(id).segment("results").with("cursor", &asked.cursor);
    let (run, results) = tokio::join!(visit.get::<Run>(at(id)), visit.get::<Results>(listed));
    let run = run?;
    let (results, trouble) = page.part(results);
    let cursor = results.as_ref().and_then(|results| results.next_cursor.as_ref());
    let more = links::more(&format!("/payout-runs/{id}"), &[], cursor);
    let items = results.map(|results| results.items).unwrap_or_default();
    Ok(show(&Screen {
        figures: figures(&page, &run),
        results: items.into_iter().map(|outcome| row(&page, &run.asset, outcome)).collect(),
        source_href: links::to("account", &run.source),
        is_running: run.status == "running",
        is_paused: run.status == "paused",
        forms: if run.status == "open" { vec![rows_form(&page, id), start_form(&page, id)] } else { Vec::new() },
        goes_on: matches!(run.status.as_str(), "open" | "running" | "paused"),
        position: run.position,
        more,
        trouble,
        id: run.run_id,
        source: run.source,
        reference: run.reference,
        opened_by: run.opened_by,
        page: page.titled(run.name),
    }))
}

/// `/live/payout-runs/{id}`: how far it is, whenever that changes.
pub(crate) async fn live(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Response {
    live::part(visit, Pulse::Every, move |visit| async move {
        let page = Page::new(&visit, "nav-payout-runs").await;
        let run: Run = visit.shared(at(id)).await?;
        live::rendered(&figures(&page, &run))
    })
}

fn at(id: Uuid) -> Address {
    Address::query("/v1/payout-runs").segment(&id.to_string())
}

fn figures(page: &Page, run: &Run) -> Figures {
    let over = run.posted.saturating_add(run.refused);
    Figures {
        page: page.clone(),
        status: page.word("run-status", &run.status),
        tone: run.status.clone(),
        over,
        rows: run.rows.max(1),
        posted: count(run.posted),
        refused: count(run.refused),
        pending: count(run.rows.saturating_sub(over)),
        paid: page.format.money(&run.paid, &run.asset),
        total: page.format.money(&run.total, &run.asset),
        eta: run.eta_seconds.map(|seconds| duration(seconds.saturating_mul(1000))).unwrap_or_default(),
        updated: page.format.time(&run.recorded_at),
    }
}

fn row(page: &Page, asset: &str, outcome: Outcome) -> Row {
    Row {
        number: count(outcome.row),
        destination: outcome.destination,
        amount: page.format.money(&outcome.amount, asset),
        status: page.word("row-status", &outcome.status),
        tone: outcome.status,
        href: outcome.transfer_id.as_deref().map(|id| links::to("transfer", id)).unwrap_or_default(),
        transfer: outcome.transfer_id,
        code: outcome.code.map(|code| page.word("problem", &code)).unwrap_or_default(),
    }
}

/// `POST /payout-runs/{id}/{act}`: pauses it, resumes it, or cancels what is not paid.
pub(crate) async fn act(
    SignedIn(visit): SignedIn,
    Path((id, what)): Path<(Uuid, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    let done = match what.as_str() {
        "pause" => "run-paused",
        "resume" => "run-resumed",
        "cancel" => "run-cancelled",
        _ => return Err(refused(404, "not-found")),
    };
    let act = form.act()?;
    let address = Address::command("/v1/payout-runs").segment(&id.to_string()).segment(&what);
    let answered = visit.act(address, &act, &json!({})).await?;
    Ok(answered.leads_to(&format!("/payout-runs/{id}?done={done}")))
}
