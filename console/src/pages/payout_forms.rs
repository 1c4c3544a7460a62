//! What operators do to a payout run before its rows are paid: they open it, add its rows, and start it.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Address, Failure, Server},
    form::{Field, Form},
    format::count,
    page::{Page, show},
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// What became of a table of rows.
#[derive(Deserialize)]
struct Added {
    rows: i64,
    added: i64,
    rejected: i64,
    errors: Vec<RowError>,
}

#[derive(Deserialize)]
struct RowError {
    line: i64,
    row: Option<i64>,
    field: String,
    message: String,
}

struct ErrorRow {
    line: String,
    row: String,
    field: String,
    message: String,
}

/// A table of which some rows were left out.
#[derive(Template)]
#[template(path = "payout_rows.html")]
struct LeftOut {
    page: Page,
    run: Uuid,
    added: String,
    rejected: String,
    rows: String,
    errors: Vec<ErrorRow>,
}

pub(super) fn open_form(page: &Page) -> Form {
    let of_source = &["account-unknown", "account-closed", "account-not-yours"];
    Form::new(page, "/payout-runs", "run-open")
        .helped("run-open-help")
        .field(Field::line("source", "run-source", 36).helped("run-source-help").about(of_source))
        .field(Field::line("name", "column-name", 256))
        .field(Field::line("reference", "column-reference", 256).helped("run-reference-help"))
        .field(Field::reason())
}

pub(super) fn rows_form(page: &Page, run: Uuid) -> Form {
    let of_rows = &["file-required", "payout-row-out-of-order", "payout-full", "payload-too-large", "amount-overflow"];
    Form::new(page, &format!("/payout-runs/{run}/rows"), "run-add-rows")
        .field(Field::table("body", "run-table").helped("run-table-help").about(of_rows))
        .field(Field::reason())
}

pub(super) fn start_form(page: &Page, run: Uuid) -> Form {
    Form::new(page, &format!("/payout-runs/{run}/start"), "run-start")
        .helped("run-start-help")
        .field(Field::digits("expected_rows", "column-rows", 7).about(&["control-total-mismatch", "number-unreadable"]))
        .field(Field::digits("expected_total", "run-expected-total", 38).about(&["control-total-mismatch"]))
        .field(Field::reason())
}

/// Opens a run, and shows it.
pub(crate) async fn open(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match opened(&visit, &form).await {
        Err(failure) => open_form(&Page::plain(&visit, "nav-payout-runs")).again(&form, failure, "/payout-runs"),
        leads => leads,
    }
}

async fn opened(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let text = |name: &str| form.get(name).trim();
    let body = json!({ "source": text("source"), "name": text("name"), "reference": text("reference") });
    let done = visit.act(Address::command("/v1/payout-runs"), &act, &body).await?;
    let run = done.body["run_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let page = run.map_or_else(|| "/payout-runs".to_owned(), |id| format!("/payout-runs/{id}"));
    Ok(done.leads_to(&format!("{page}?done=run-opened")))
}

/// Adds the rows of a file. Rows with something wrong in them are left out: the page that answers names them.
pub(crate) async fn rows(SignedIn(visit): SignedIn, Path(run): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match added(&visit, run, &form).await {
        Err(failure) => rows_form(&Page::plain(&visit, "nav-payout-runs"), run).again(&form, failure, &at(run)),
        shown => shown,
    }
}

async fn added(visit: &Visit, run: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let table = form.file("body").ok_or_else(|| refused(400, "file-required"))?;
    let done = visit.send_table(command(run).segment("rows"), &act, table).await?;
    let added: Added = serde_json::from_value(done.body.clone())
        .map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    if added.rejected == 0 {
        return Ok(done.leads_to(&format!("{}?done=run-rows-added", at(run))));
    }
    let page = Page::plain(visit, "run-left-out");
    let (rows, rejected, new) = (count(added.rows), count(added.rejected), count(added.added));
    let errors = added.errors.into_iter().map(error_row).collect();
    Ok(show(&LeftOut { page, run, added: new, rejected, rows, errors }))
}

fn error_row(error: RowError) -> ErrorRow {
    ErrorRow {
        line: count(error.line),
        row: error.row.map(count).unwrap_or_default(),
        field: error.field,
        message: error.message,
    }
}

/// Starts a run whose rows come to what was typed.
pub(crate) async fn start(SignedIn(visit): SignedIn, Path(run): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match started(&visit, run, &form).await {
        Err(failure) => start_form(&Page::plain(&visit, "nav-payout-runs"), run).again(&form, failure, &at(run)),
        leads => leads,
    }
}

async fn started(visit: &Visit, run: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let rows: u32 = form.get("expected_rows").trim().parse().map_err(|_| refused(400, "number-unreadable"))?;
    let body = json!({ "expected_rows": rows, "expected_total": form.get("expected_total").trim() });
    let done = visit.act(command(run).segment("start"), &act, &body).await?;
    Ok(done.leads_to(&format!("{}?done=run-started", at(run))))
}

fn command(run: Uuid) -> Address {
    Address::command("/v1/payout-runs").segment(&run.to_string())
}

fn at(run: Uuid) -> String {
    format!("/payout-runs/{run}")
}
