//! One standing order: its runs, and what can be done with it.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Path;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    member::LoggedIn,
    orders::{Order, Run},
    own,
    payee::Payee,
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    page::{Page, show},
    posted::{Posted, refused},
};

struct RunRow {
    due: Moment,
    state: String,
    tone: String,
    href: String,
    code: String,
}

#[derive(Template)]
#[template(path = "wallet/order.html")]
struct Screen {
    page: Page,
    id: String,
    state: String,
    tone: String,
    is_active: bool,
    is_paused: bool,
    money: String,
    source: String,
    destination: String,
    schedule: String,
    next: Moment,
    if_refused: String,
    memo: String,
    runs: Vec<RunRow>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "kind-order").await;
    let (order, accounts) = tokio::join!(
        visit.get::<Order>(Address::query("/v1/standing-orders").segment(&id.to_string())),
        own::accounts(&visit)
    );
    let (order, accounts) = (order?, accounts.unwrap_or_default());
    let payee = Payee::of_id(&visit, &order.destination).await;
    let source = accounts.iter().find(|account| account.account_id == order.source);
    Ok(show(&Screen {
        id: order.order_id,
        state: page.word("order-state", &order.status),
        is_active: order.status == "active",
        is_paused: order.status == "paused",
        tone: order.status,
        money: page.format.money(&order.money.amount, &order.money.asset),
        source: source.map_or(order.source.clone(), |account| account.name().to_owned()),
        destination: payee.map_or(order.destination, |payee| payee.text(&page)),
        schedule: order.schedule.text(&page),
        next: order.next_at.map(|at| page.format.time(&at)).unwrap_or_default(),
        if_refused: page.word("order-refused", &order.if_refused),
        memo: order.memo.unwrap_or_default(),
        runs: order.runs.into_iter().map(|run| run_row(&page, run)).collect(),
        page,
    }))
}

fn run_row(page: &Page, run: Run) -> RunRow {
    RunRow {
        due: page.format.time(&run.due_at),
        state: page.word("order-run", &run.status),
        tone: run.status,
        href: format!("/wallet/transfers/{}", run.transfer_id),
        code: run.code.map(|code| page.word("problem", &code)).unwrap_or_default(),
    }
}

/// Pauses it, lets it go on, or ends it.
pub(crate) async fn act(
    LoggedIn(visit): LoggedIn,
    Path((id, act)): Path<(Uuid, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    let at = Address::command("/v1/standing-orders").segment(&id.to_string());
    let (method, address, body, done) = match act.as_str() {
        "pause" => (Method::POST, at.segment("pause"), json!({}), "order-paused"),
        "resume" => (Method::POST, at.segment("resume"), json!({}), "order-resumed"),
        "cancel" => (Method::DELETE, at, Value::Null, "order-cancelled"),
        _ => return Err(refused(404, "not-found")),
    };
    visit.send(method, address, &form.plain_act(), &body).await?;
    Ok(Redirect::to(&format!("/wallet/orders/{id}?done={done}")).into_response())
}
