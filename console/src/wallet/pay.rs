//! Paying by number: who it is, is shown first.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    amount,
    confirm::{Confirm, fact, fields, settle, settled, unsure},
    member::LoggedIn,
    own::{self, Account, Choice, choices},
    payee::Payee,
    trouble::{Trouble, again},
};
use crate::{
    client::{Address, Failure, Server},
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

const FIELDS: [&str; 4] = ["source", "number", "amount", "memo"];

/// What the form is filled with.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    source: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    memo: String,
}

#[derive(Template)]
#[template(path = "wallet/pay.html")]
struct Screen {
    page: Page,
    typed: Typed,
    sources: Vec<Choice>,
    trouble: Option<Trouble>,
}

/// Whom, from what, how much.
struct Payment {
    source: Account,
    payee: Payee,
    money: Value,
}

impl Payment {
    fn body(&self, memo: &str) -> Value {
        let mut body = json!({
            "source": self.source.account_id,
            "destination": self.payee.account_number,
            "money": self.money,
        });
        if !memo.is_empty() {
            body["memo"] = json!(memo);
        }
        body
    }
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Query(typed): Query<Typed>) -> Result<Response, Failure> {
    Ok(show(&form(&visit, typed, None).await?))
}

async fn form(visit: &Visit, typed: Typed, failure: Option<&Failure>) -> Result<Screen, Failure> {
    let page = Page::new(visit, "wallet-pay").await;
    let accounts = own::accounts(visit).await?;
    Ok(Screen {
        sources: choices(&page, &accounts, &typed.source),
        trouble: failure.map(|failure| Trouble::of(failure, page.language())),
        typed,
        page,
    })
}

/// Shows whom the number belongs to, and what is about to be paid.
pub(crate) async fn confirm(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    let payment = match read(&visit, &form).await {
        Ok(payment) => payment,
        Err(failure) => return refill(&visit, &form, failure).await,
    };
    let page = Page::new(&visit, "wallet-confirm").await;
    let shown = |amount: &str| page.format.money(amount, &payment.source.asset);
    let source = format!("{} · {}", payment.source.name(), shown(&payment.source.available));
    let mut facts = vec![
        fact(&page, "wallet-from", source),
        fact(&page, "wallet-to", payment.payee.text(&page)),
        fact(&page, "column-amount", shown(payment.money["amount"].as_str().unwrap_or_default())),
    ];
    let memo = form.get("memo").trim().to_owned();
    settle(&mut form, &payment.body(&memo));
    if !memo.is_empty() {
        facts.push(fact(&page, "column-memo", memo));
    }
    let places = ("/wallet/pay", "/wallet/pay");
    Ok(show(&Confirm::new(page, facts, fields(&form, &FIELDS), places, "wallet-pay-button")))
}

/// Pays, and shows the transfer.
pub(crate) async fn pay(LoggedIn(visit): LoggedIn, mut form: Posted) -> Result<Response, Failure> {
    match send(&visit, &mut form).await {
        Ok(id) => Ok(Redirect::to(&format!("/wallet/transfers/{id}?done=paid")).into_response()),
        Err(failure) => match unsure(&visit, &form, &FIELDS, "/wallet/pay", failure) {
            Ok(again) => Ok(again),
            Err(failure) => refill(&visit, &form, failure).await,
        },
    }
}

async fn send(visit: &Visit, form: &mut Posted) -> Result<Uuid, Failure> {
    let body =
        if let Some(body) = settled(form)? { body } else { read(visit, form).await?.body(form.get("memo").trim()) };
    settle(form, &body);
    let done = visit.act(Address::command("/v1/transfers"), &form.plain_act(), &body).await?;
    let id = done.body["transfer_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Failure::Answer(Server::Command, "a transfer without an id".to_owned()))
}

async fn read(visit: &Visit, form: &Posted) -> Result<Payment, Failure> {
    let source = own::account(visit, form.get("source")).await?;
    let payee = Payee::of_number(visit, form.get("number")).await?;
    if payee.asset != source.asset {
        return Err(refused(422, "asset-mismatch"));
    }
    let money = amount::money(visit, form.get("amount"), &source.asset).await?;
    Ok(Payment { source, payee, money })
}

async fn refill(visit: &Visit, posted: &Posted, failure: Failure) -> Result<Response, Failure> {
    let [source, number, amount, memo] = FIELDS.map(|name| posted.get(name).trim().to_owned());
    let filled = form(visit, Typed { source, number, amount, memo }, Some(&failure)).await?;
    Ok(again(failure, show(&filled)))
}
