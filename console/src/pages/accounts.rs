//! Accounts, newest first.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::{Page, show},
    visit::{SignedIn, Visit},
};

/// Whose, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    owner: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Accounts {
    items: Vec<Account>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    account_id: String,
    account_number: Option<String>,
    owner: Option<String>,
    asset: String,
    status: String,
    balance: String,
    #[serde(default)]
    name: Option<String>,
    opened_at: String,
}

/// A line of a list of accounts.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) name: String,
    pub(crate) owner: Option<String>,
    pub(crate) balance: String,
    pub(crate) status: String,
    pub(crate) tone: String,
    pub(crate) opened: Moment,
}

/// A part of a list of accounts.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) more: Option<String>,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Screen {
    page: Page,
    owner: String,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "nav-accounts").await;
    let owner = asked.owner.trim().to_owned();
    let address = Address::query("/v1/accounts").with("owner", &owner).with("cursor", &asked.cursor);
    let found = match visit.get::<Accounts>(address).await {
        Err(failure) if failure.is_logged_out() => return Err(failure),
        found => found,
    };
    let (found, trouble) = page.part(found);
    let Rows { rows, more } = found.map(|found| of(&page, found, &owner)).unwrap_or_default();
    Ok(show(&Screen { page, owner, rows, more, trouble }))
}

/// The accounts of a member, for the page of the member.
pub(crate) async fn owned_by(visit: &Visit, page: &Page, owner: &str) -> Result<Rows, Failure> {
    let address = Address::query("/v1/accounts").with("owner", owner);
    Ok(of(page, visit.get(address).await?, owner))
}

fn of(page: &Page, accounts: Accounts, owner: &str) -> Rows {
    let more = links::more("/accounts", &[("owner", owner)], accounts.next_cursor.as_ref());
    let row = |account: Account| Row {
        href: links::to("account", &account.account_id),
        name: account.account_number.or(account.name).unwrap_or_else(|| account.account_id.clone()),
        id: account.account_id,
        owner: account.owner,
        balance: page.format.money(&account.balance, &account.asset),
        status: page.word("account", &account.status),
        tone: account.status,
        opened: page.format.time(&account.opened_at),
    };
    Rows { rows: accounts.items.into_iter().map(row).collect(), more }
}
