//! Money from outside and to outside: a top-up from a payment provider, a payout to an account at another bank, a gift card.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    amount,
    confirm::{settle, settled, unsure},
    filled::Filled,
    member::LoggedIn,
    own::{self, Choice, choices},
    trouble::again,
};
use crate::{
    client::{Address, Failure, Server},
    page::{Page, show},
    posted::Posted,
    session::Begun,
    visit::Visit,
};

/// The provider that banks here have.
const PROVIDER: &str = "toss";
/// What a browser began last, so that its member finds it again.
const MOST_BEGUN: usize = 5;

const TOP_UP: [&str; 4] = ["account", "amount", "provider", "payment_key"];
const PAYOUT: [&str; 5] = ["account", "amount", "bank", "number", "holder"];
const GIFT_CARD: [&str; 3] = ["account", "amount", "product"];

struct BegunRow {
    href: String,
    name: String,
}

#[derive(Template)]
#[template(path = "wallet/outside.html")]
struct Screen {
    page: Page,
    /// The accounts as each of the forms chooses one.
    into: Vec<Choice>,
    from: Vec<Choice>,
    buying: Vec<Choice>,
    provider: &'static str,
    /// A payment that the local provider takes as paid; elsewhere the provider's page gives one.
    payment_key: String,
    is_local: bool,
    filled: Filled,
    begun: Vec<BegunRow>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    Ok(show(&form(&visit, Filled::default()).await?))
}

async fn form(visit: &Visit, filled: Filled) -> Result<Screen, Failure> {
    let page = Page::new(visit, "wallet-outside").await;
    let accounts = own::accounts(visit).await?;
    let is_local = visit.house().mail_url.is_some();
    let payment_key = if is_local { format!("ok-{}", visit.house().ids.fresh()) } else { String::new() };
    let chosen = |form: &str| choices(&page, &accounts, filled.value(form, "account", ""));
    let begun = visit.current().begun.iter().rev().map(|begun| begun_row(&page, begun)).collect();
    Ok(Screen {
        into: chosen("top-up"),
        from: chosen("payout"),
        buying: chosen("gift-card"),
        provider: PROVIDER,
        payment_key,
        is_local,
        begun,
        filled,
        page,
    })
}

fn begun_row(page: &Page, begun: &Begun) -> BegunRow {
    BegunRow { href: place(&begun.kind, begun.id), name: page.word("outside-kind", &begun.kind) }
}

/// Where a process is shown: a gift card has a page that shows its code.
fn place(kind: &str, id: Uuid) -> String {
    let folder = if kind == "gift-card" { "gift-cards" } else { "processes" };
    format!("/wallet/{folder}/{id}")
}

pub(crate) async fn top_up(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    let began = match top_up_body(&visit, &form).await {
        Ok(body) => start(&visit, "top-up", "/v1/top-ups", &mut form, &body).await,
        Err(failure) => Err(failure),
    };
    answer(&visit, &form, ("top-up", &TOP_UP), began).await
}

async fn top_up_body(visit: &Visit, form: &Posted) -> Result<Value, Failure> {
    if let Some(body) = settled(form)? {
        return Ok(body);
    }
    let (account_id, money) = paid(visit, form).await?;
    Ok(json!({
        "account_id": account_id,
        "money": money,
        "provider": form.get("provider").trim(),
        "payment_key": form.get("payment_key").trim(),
    }))
}

pub(crate) async fn payout(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    let began = match payout_body(&visit, &form).await {
        Ok(body) => start(&visit, "bank-payout", "/v1/bank-payouts", &mut form, &body).await,
        Err(failure) => Err(failure),
    };
    answer(&visit, &form, ("payout", &PAYOUT), began).await
}

async fn payout_body(visit: &Visit, form: &Posted) -> Result<Value, Failure> {
    if let Some(body) = settled(form)? {
        return Ok(body);
    }
    let (account_id, money) = paid(visit, form).await?;
    let text = |name: &str| form.get(name).trim();
    let bank_account = json!({ "bank": text("bank"), "number": text("number"), "holder": text("holder") });
    Ok(json!({ "account_id": account_id, "money": money, "bank_account": bank_account }))
}

pub(crate) async fn gift_card(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    let began = match gift_card_body(&visit, &form).await {
        Ok(body) => start(&visit, "gift-card", "/v1/gift-cards", &mut form, &body).await,
        Err(failure) => Err(failure),
    };
    answer(&visit, &form, ("gift-card", &GIFT_CARD), began).await
}

async fn gift_card_body(visit: &Visit, form: &Posted) -> Result<Value, Failure> {
    if let Some(body) = settled(form)? {
        return Ok(body);
    }
    let (account_id, money) = paid(visit, form).await?;
    Ok(json!({ "account_id": account_id, "product": form.get("product").trim(), "money": money }))
}

async fn paid(visit: &Visit, form: &Posted) -> Result<(String, Value), Failure> {
    let account = own::account(visit, form.get("account")).await?;
    let money = amount::money(visit, form.get("amount"), &account.asset).await?;
    Ok((account.account_id, money))
}

/// Starts it. Where its page is.
async fn start(visit: &Visit, kind: &str, path: &str, form: &mut Posted, body: &Value) -> Result<String, Failure> {
    settle(form, body);
    let done = visit.act(Address::command(path), &form.plain_act(), body).await?;
    let id = done.body["process_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let id = id.ok_or_else(|| Failure::Answer(Server::Command, "a process without an id".to_owned()))?;
    visit.change(|session| {
        session.begun.retain(|begun| begun.id != id);
        session.begun.push(Begun { kind: kind.to_owned(), id });
        let beyond = session.begun.len().saturating_sub(MOST_BEGUN);
        session.begun.drain(..beyond);
    });
    Ok(place(kind, id))
}

/// Its page; else the form again, with what was typed and why it was not taken.
async fn answer(
    visit: &Visit,
    posted: &Posted,
    (name, fields): (&'static str, &[&'static str]),
    began: Result<String, Failure>,
) -> Result<Response, Failure> {
    let failure = match began {
        Ok(place) => return Ok(Redirect::to(&place).into_response()),
        Err(failure) => failure,
    };
    match unsure(visit, posted, fields, &format!("/wallet/outside/{name}"), failure) {
        Ok(again) => Ok(again),
        Err(failure) => {
            let filled = Filled::of(name, posted, fields, &failure, visit.language());
            Ok(again(failure, show(&form(visit, filled).await?)))
        }
    }
}
