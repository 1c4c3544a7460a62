//! The limits that are set.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;
use uuid::Uuid;

use super::limit_forms::{delete_form, set_form};
use crate::{
    client::Address,
    form::Form,
    format::{Moment, count},
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// From where; or the account whose limits are looked for.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    account: String,
}

#[derive(Deserialize)]
struct Limits {
    items: Vec<Limit>,
    next_cursor: Option<String>,
}

/// One window of a limit.
#[derive(Deserialize)]
struct Limit {
    name: String,
    window: String,
    #[serde(default)]
    amount: Option<MostAmount>,
    #[serde(default)]
    count: Option<MostCount>,
    resets_at: Option<String>,
    asset: String,
    kinds: Vec<String>,
    everyone: bool,
    zone: String,
    position: i64,
    recorded_at: String,
}

#[derive(Deserialize)]
struct MostAmount {
    limit: String,
}

#[derive(Deserialize)]
struct MostCount {
    limit: i64,
}

struct Row {
    name: String,
    window: String,
    asset: String,
    amount: String,
    count: String,
    kinds: String,
    whose: String,
    resets: Moment,
    zone: String,
    set: Moment,
    href: String,
}

#[derive(Template)]
#[template(path = "limits.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    set_limit: Option<Form>,
    delete_limit: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    // The box above the list leads to the account, which shows what is used of its limits.
    if let Ok(account) = Uuid::try_parse(asked.account.trim()) {
        return Redirect::to(&format!("/accounts/{account}#limits")).into_response();
    }
    if !asked.account.trim().is_empty() {
        return Redirect::to(&links::with("/find", &[("q", asked.account.trim())])).into_response();
    }
    let page = Page::new(&visit, "nav-limits").await;
    let address = Address::query("/v1/limits").with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Limits>(address).await);
    let more = links::more("/limits", &[], found.as_ref().and_then(|found| found.next_cursor.as_ref()));
    let items = found.map(|found| found.items).unwrap_or_default();
    let mut names: Vec<String> = items.iter().map(|limit| limit.name.clone()).collect();
    names.dedup();
    let rows = items.into_iter().map(|limit| row(&page, limit)).collect();
    let is_admin = page.may("admin");
    let set_limit = is_admin.then(|| set_form(&page));
    let delete_limit = (is_admin && !names.is_empty()).then(|| delete_form(&page, &names));
    show(&Screen { page, rows, more, trouble, set_limit, delete_limit })
}

fn row(page: &Page, limit: Limit) -> Row {
    let kinds: Vec<String> = limit.kinds.iter().map(|kind| page.word("limited", kind)).collect();
    let amount = limit.amount.map(|most| page.format.amount(&most.limit, &limit.asset));
    Row {
        window: page.word("window", &limit.window),
        amount: amount.unwrap_or_default(),
        asset: limit.asset,
        count: limit.count.map(|most| count(most.limit)).unwrap_or_default(),
        kinds: kinds.join(", "),
        whose: page.t(if limit.everyone { "limit-everyone" } else { "limit-assigned" }),
        resets: limit.resets_at.map(|text| page.format.time(&text)).unwrap_or_default(),
        zone: limit.zone,
        set: page.format.time(&limit.recorded_at),
        href: links::to("commit", &limit.position.to_string()),
        name: limit.name,
    }
}
