//! The limits that are set, and the setting of them.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    format::{Moment, count},
    links,
    page::{Choice, Page, show},
    posted::{Posted, refused},
    visit::SignedIn,
};

const KINDS: [&str; 8] = ["transfer", "withdrawal", "compound", "hold", "charge", "exchange", "payout", "trade"];

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
    names: Vec<String>,
    assets: Vec<String>,
    kinds: Vec<Choice>,
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
    let assets = page.format.decimals.keys().cloned().collect();
    let kinds = page.choices("limited", &KINDS, "transfer");
    show(&Screen { page, rows, more, trouble, names, assets, kinds })
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

/// Sets a limit, instead of what was set under its name.
pub(crate) async fn set(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let (address, body) = (named(&form)?, body(&form)?);
    let done = visit.send(Method::PUT, address, &act, &body).await?;
    Ok(done.leads_to("/limits?done=limit-set"))
}

fn named(form: &Posted) -> Result<Address, Failure> {
    let name = filled(form, "name").ok_or_else(|| refused(400, "name-required"))?;
    Ok(Address::command("/v1/limits").segment(name))
}

/// What is left empty is left out.
fn body(form: &Posted) -> Result<Value, Failure> {
    let mut body = json!({
        "asset": form.get("asset").trim(),
        "kinds": form.all("kinds"),
        "everyone": !form.get("everyone").is_empty(),
    });
    let mut put = |name: &str, value: Value| body[name] = value;
    if let Some(amount) = filled(form, "per_transfer") {
        put("per_transfer", amount.into());
    }
    if let Some(zone) = filled(form, "zone") {
        put("zone", zone.into());
    }
    for window in ["per_day", "per_month"] {
        let mut cap = json!({});
        if let Some(amount) = filled(form, &format!("{window}_amount")) {
            cap["amount"] = amount.into();
        }
        if let Some(number) = filled(form, &format!("{window}_count")) {
            let number: u32 = number.parse().map_err(|_| refused(400, "number-unreadable"))?;
            cap["count"] = number.into();
        }
        if cap != json!({}) {
            put(window, cap);
        }
    }
    Ok(body)
}

fn filled<'a>(form: &'a Posted, name: &str) -> Option<&'a str> {
    Some(form.get(name).trim()).filter(|value| !value.is_empty())
}

/// Deletes a limit.
pub(crate) async fn delete(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let address = named(&form)?;
    let done = visit.send(Method::DELETE, address, &act, &Value::Null).await?;
    Ok(done.leads_to("/limits?done=limit-deleted"))
}
