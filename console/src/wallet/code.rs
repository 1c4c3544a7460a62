//! A payment code: what a till scans instead of a card.

use askama::Template;
use axum::response::Response;
use serde_json::{Value, json};

use super::{
    amount, barcode,
    drawing::Drawing,
    member::LoggedIn,
    own::{self, Choice, choices, words},
    qr,
    trouble::{Trouble, again},
};
use crate::{
    client::{Address, Failure, Server},
    format::Moment,
    page::{Page, show},
    posted::Posted,
    visit::Visit,
};

/// Seconds that a code can be good for.
const LIVES: [&str; 3] = ["60", "120", "300"];

#[derive(Template)]
#[template(path = "wallet/code.html")]
struct Screen {
    page: Page,
    sources: Vec<Choice>,
    lives: Vec<Choice>,
    max: String,
    trouble: Option<Trouble>,
}

/// Shown once: a code pays, so it stands in no address.
#[derive(Template)]
#[template(path = "wallet/code_shown.html")]
struct Shown {
    page: Page,
    digits: String,
    qr: Option<Drawing>,
    barcode: Option<Drawing>,
    account: String,
    max: Option<String>,
    ends: Moment,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    Ok(show(&form(&visit, None, None).await?))
}

async fn form(visit: &Visit, typed: Option<&Posted>, failure: Option<&Failure>) -> Result<Screen, Failure> {
    let page = Page::new(visit, "wallet-code").await;
    let accounts = own::accounts(visit).await?;
    let field = |name: &str| typed.map(|form| form.get(name).trim().to_owned()).unwrap_or_default();
    Ok(Screen {
        sources: choices(&page, &accounts, &field("source")),
        lives: words(&page, "code-life", &LIVES, &field("expires_in")),
        max: field("max"),
        trouble: failure.map(|failure| Trouble::of(failure, page.language())),
        page,
    })
}

/// Has a code made, and draws it.
pub(crate) async fn draw(LoggedIn(visit): LoggedIn, posted: Posted) -> Result<Response, Failure> {
    match ask(&visit, &posted).await {
        Ok(shown) => Ok(show(&shown)),
        Err(failure) => {
            let filled = form(&visit, Some(&posted), Some(&failure)).await?;
            Ok(again(failure, show(&filled)))
        }
    }
}

async fn ask(visit: &Visit, posted: &Posted) -> Result<Shown, Failure> {
    let source = own::account(visit, posted.get("source")).await?;
    let life = LIVES.into_iter().find(|life| *life == posted.get("expires_in")).unwrap_or(LIVES[0]);
    let mut body = json!({ "source": source.account_id, "expires_in": life.parse::<u32>().unwrap_or(60) });
    let typed = posted.get("max").trim();
    let max = if typed.is_empty() { Value::Null } else { amount::money(visit, typed, &source.asset).await? };
    if !max.is_null() {
        body["max"] = max.clone();
    }
    let done = visit.act(Address::command("/v1/payment-codes"), &posted.plain_act(), &body).await?;
    let text = |name: &str| done.body[name].as_str().unwrap_or_default().to_owned();
    let (code, ends) = (text("code"), text("expires_at"));
    if code.is_empty() {
        return Err(Failure::Answer(Server::Command, "no payment code".to_owned()));
    }
    let page = Page::new(visit, "wallet-code").await;
    Ok(Shown {
        digits: in_fours(&code),
        qr: qr::draw(&code),
        barcode: barcode::draw(&code),
        account: source.name().to_owned(),
        max: max["amount"].as_str().map(|amount| page.format.money(amount, &source.asset)),
        ends: page.format.time(&ends),
        page,
    })
}

/// As people read long numbers to each other.
fn in_fours(digits: &str) -> String {
    let letters: Vec<char> = digits.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::in_fours;

    #[test]
    fn digits_stand_in_groups_of_four() {
        assert_eq!(in_fours("482915730264819537460214"), "4829 1573 0264 8195 3746 0214");
        assert_eq!((in_fours("12345"), in_fours("")), ("1234 5".to_owned(), String::new()));
    }
}
