//! Holds: funds that are set aside.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use super::{
    member::LoggedIn,
    own::{self, Choice, Money, choices, words},
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::{Page, show},
};

const STATES: [&str; 4] = ["active", "captured", "released", "expired"];

/// A hold as the servers tell it.
#[derive(Deserialize)]
pub(crate) struct Hold {
    pub(crate) hold_id: String,
    pub(crate) source: String,
    pub(crate) destination: Option<String>,
    pub(crate) money: Money,
    pub(crate) captured: String,
    pub(crate) released: String,
    pub(crate) remaining: String,
    pub(crate) expires_at: String,
    pub(crate) memo: Option<String>,
    pub(crate) placed_by: String,
    pub(crate) status: String,
}

/// The same for people, in a list.
pub(crate) struct HoldLine {
    pub(crate) href: String,
    pub(crate) remaining: String,
    pub(crate) state: String,
    pub(crate) tone: String,
    pub(crate) memo: String,
    pub(crate) expires: Moment,
}

impl Hold {
    pub(crate) fn line(self, page: &Page) -> HoldLine {
        HoldLine {
            href: format!("/wallet/holds/{}", self.hold_id),
            remaining: page.format.money(&self.remaining, &self.money.asset),
            state: page.word("hold-state", &self.status),
            tone: self.status,
            memo: self.memo.unwrap_or_default(),
            expires: page.format.time(&self.expires_at),
        }
    }
}

/// Of which account, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    account: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Holds {
    items: Vec<Hold>,
    next_cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/holds.html")]
struct Screen {
    page: Page,
    accounts: Vec<Choice>,
    states: Vec<Choice>,
    holds: Vec<HoldLine>,
    trouble: Option<String>,
    more: Option<String>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "wallet-holds").await;
    let accounts = own::accounts(&visit).await?;
    let named = accounts.iter().find(|account| account.account_id == asked.account);
    let chosen = named.or(accounts.first()).map(|account| account.account_id.clone()).unwrap_or_default();
    let status = STATES.into_iter().find(|state| *state == asked.status).unwrap_or_default();
    let (holds, trouble) = if chosen.is_empty() {
        (None, None)
    } else {
        let address = Address::query("/v1/accounts").segment(&chosen).segment("holds");
        let address = address.with("status", status).with("cursor", &asked.cursor);
        page.part(visit.get::<Holds>(address).await)
    };
    let cursor = holds.as_ref().and_then(|holds| holds.next_cursor.as_ref());
    let more = links::more("/wallet/holds", &[("account", &chosen), ("status", status)], cursor);
    let items = holds.map(|holds| holds.items).unwrap_or_default();
    Ok(show(&Screen {
        accounts: choices(&page, &accounts, &chosen),
        states: words(&page, "hold-state", &STATES, status),
        holds: items.into_iter().map(|hold| hold.line(&page)).collect(),
        trouble,
        more,
        page,
    }))
}
