//! An exchange between two accounts of the member: a quote, which holds for some seconds, and its acceptance.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    amount,
    confirm::unsure,
    member::LoggedIn,
    own::{self, Choice, choices, words},
    trouble::{Trouble, again},
};
use crate::{
    client::{Address, Failure, Server},
    format::Moment,
    page::{Page, show},
    posted::Posted,
    visit::Visit,
};

const PAGE: &str = "/wallet/exchange";
/// Which of the two amounts is fixed; also the names of the fields that the servers take.
const SIDES: [&str; 2] = ["pay", "receive"];
const FIELDS: [&str; 5] = ["quote_id", "source", "destination", "side", "amount"];

#[derive(Template)]
#[template(path = "wallet/exchange.html")]
struct Screen {
    page: Page,
    sources: Vec<Choice>,
    destinations: Vec<Choice>,
    sides: Vec<Choice>,
    amount: String,
    trouble: Option<Trouble>,
}

/// What the bank offers. The page holds what was typed, for another quote.
#[derive(Template)]
#[template(path = "wallet/quote.html")]
struct Quoted {
    page: Page,
    pay: String,
    receive: String,
    source: String,
    destination: String,
    rate: String,
    ends: Moment,
    /// How long it holds from now on.
    seconds: i64,
    is_over: bool,
    quote_id: Uuid,
    typed: Vec<(&'static str, String)>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    Ok(show(&form(&visit, None, None).await?))
}

async fn form(visit: &Visit, typed: Option<&Posted>, failure: Option<&Failure>) -> Result<Screen, Failure> {
    let page = Page::new(visit, "wallet-exchange").await;
    let accounts = own::accounts(visit).await?;
    let field = |name: &str| typed.map(|form| form.get(name).trim().to_owned()).unwrap_or_default();
    Ok(Screen {
        sources: choices(&page, &accounts, &field("source")),
        destinations: choices(&page, &accounts, &field("destination")),
        sides: words(&page, "exchange-side", &SIDES, &field("side")),
        amount: field("amount"),
        trouble: failure.map(|failure| Trouble::of(failure, page.language())),
        page,
    })
}

/// Asks for a quote, and shows it.
pub(crate) async fn quote(LoggedIn(visit): LoggedIn, posted: Posted) -> Result<Response, Failure> {
    match ask(&visit, &posted).await {
        Ok(quoted) => Ok(show(&quoted)),
        Err(failure) => refill(&visit, &posted, failure).await,
    }
}

async fn ask(visit: &Visit, posted: &Posted) -> Result<Quoted, Failure> {
    let source = own::account(visit, posted.get("source")).await?;
    let destination = own::account(visit, posted.get("destination")).await?;
    let side = SIDES.into_iter().find(|side| *side == posted.get("side")).unwrap_or("pay");
    let asset = if side == "pay" { &source.asset } else { &destination.asset };
    let units = amount::units(visit, posted.get("amount"), asset).await?;
    let mut body = json!({ "source": source.account_id, "destination": destination.account_id });
    body[side] = json!(units);
    let done = visit.act(Address::command("/v1/exchanges/quotes"), &posted.plain_act(), &body).await?;
    let text = |name: &str| done.body[name].as_str().unwrap_or_default().to_owned();
    let id = Uuid::try_parse(&text("quote_id"));
    let quote_id = id.map_err(|_| Failure::Answer(Server::Command, "a quote without an id".to_owned()))?;
    let page = Page::new(visit, "quote-title").await;
    let ends = text("expires_at");
    let seconds = left(&ends, visit.house().now());
    Ok(Quoted {
        pay: page.format.money(&text("pay"), &source.asset),
        receive: page.format.money(&text("receive"), &destination.asset),
        source: source.name().to_owned(),
        destination: destination.name().to_owned(),
        rate: format!("1 {} = {} {}", source.asset, text("rate"), destination.asset),
        seconds,
        is_over: seconds == 0,
        ends: page.format.time(&ends),
        quote_id,
        typed: FIELDS.into_iter().skip(1).map(|name| (name, posted.get(name).trim().to_owned())).collect(),
        page,
    })
}

/// Seconds until then; none if it is over.
fn left(ends: &str, now: i64) -> i64 {
    let ends = ends.parse::<DateTime<Utc>>().map_or(now, |ends| ends.timestamp());
    ends.saturating_sub(now).max(0)
}

/// Takes the quote, and shows the transfer.
pub(crate) async fn accept(LoggedIn(visit): LoggedIn, posted: Posted) -> Result<Response, Failure> {
    match send(&visit, &posted).await {
        Ok(id) => Ok(Redirect::to(&format!("/wallet/transfers/{id}?done=exchanged")).into_response()),
        Err(failure) => match unsure(&visit, &posted, &FIELDS, PAGE, failure) {
            Ok(again) => Ok(again),
            Err(failure) => refill(&visit, &posted, failure).await,
        },
    }
}

async fn send(visit: &Visit, posted: &Posted) -> Result<Uuid, Failure> {
    let body = json!({ "quote_id": posted.get("quote_id") });
    let done = visit.act(Address::command("/v1/exchanges"), &posted.plain_act(), &body).await?;
    let id = done.body["transfer_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Failure::Answer(Server::Command, "a transfer without an id".to_owned()))
}

async fn refill(visit: &Visit, posted: &Posted, failure: Failure) -> Result<Response, Failure> {
    let filled = form(visit, Some(posted), Some(&failure)).await?;
    Ok(again(failure, show(&filled)))
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn a_quote_holds_until_it_ends() {
        // 2026-12-01T03:00:00Z
        let noon = 1_796_094_000;
        assert_eq!(left("2026-12-01T03:00:30.250Z", noon), 30);
        assert_eq!((left("2026-12-01T03:00:30Z", noon + 31), left("no time", noon)), (0, 0));
    }
}
