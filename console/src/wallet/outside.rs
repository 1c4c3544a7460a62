//! Money from outside and to outside: a top-up from a payment provider, a payout to an account at another bank.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    amount,
    confirm::unsure,
    member::LoggedIn,
    own::{self, Choice, choices},
};
use crate::{
    client::{Act, Address, Failure, Server},
    page::{Page, show},
    posted::Posted,
    visit::Visit,
};

/// The provider that banks here have.
const PROVIDER: &str = "toss";

#[derive(Template)]
#[template(path = "wallet/outside.html")]
struct Screen {
    page: Page,
    accounts: Vec<Choice>,
    provider: &'static str,
    /// A payment that the local provider takes as paid; elsewhere the provider's page gives one.
    payment_key: String,
    is_local: bool,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    let page = Page::new(&visit, "wallet-outside").await;
    let accounts = own::accounts(&visit).await?;
    let is_local = visit.house().mail_url.is_some();
    let payment_key = if is_local { format!("ok-{}", visit.house().ids.fresh()) } else { String::new() };
    let accounts = choices(&page, &accounts, "");
    Ok(show(&Screen { accounts, provider: PROVIDER, payment_key, is_local, page }))
}

pub(crate) async fn top_up(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let (account_id, money) = paid(&visit, &form).await?;
    let text = |name: &str| form.get(name).trim();
    let body = json!({
        "account_id": account_id,
        "money": money,
        "provider": text("provider"),
        "payment_key": text("payment_key"),
    });
    let names = ["account", "amount", "provider", "payment_key"];
    match start(&visit, "/v1/top-ups", &form.plain_act(), &body).await {
        Err(failure) => unsure(&visit, &form, &names, "/wallet/outside/top-up", failure),
        started => started,
    }
}

pub(crate) async fn payout(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let (account_id, money) = paid(&visit, &form).await?;
    let text = |name: &str| form.get(name).trim();
    let bank_account = json!({ "bank": text("bank"), "number": text("number"), "holder": text("holder") });
    let body = json!({ "account_id": account_id, "money": money, "bank_account": bank_account });
    let names = ["account", "amount", "bank", "number", "holder"];
    match start(&visit, "/v1/bank-payouts", &form.plain_act(), &body).await {
        Err(failure) => unsure(&visit, &form, &names, "/wallet/outside/payout", failure),
        started => started,
    }
}

async fn paid(visit: &Visit, form: &Posted) -> Result<(String, Value), Failure> {
    let account = own::account(visit, form.get("account")).await?;
    let money = amount::money(visit, form.get("amount"), &account.asset).await?;
    Ok((account.account_id, money))
}

/// Starts it, and shows how it goes.
async fn start(visit: &Visit, path: &str, act: &Act, body: &Value) -> Result<Response, Failure> {
    let done = visit.act(Address::command(path), act, body).await?;
    let id = done.body["process_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let id = id.ok_or_else(|| Failure::Answer(Server::Command, "a process without an id".to_owned()))?;
    Ok(Redirect::to(&format!("/wallet/processes/{id}")).into_response())
}
