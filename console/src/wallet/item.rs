//! One item: whose it was, and for its owner giving it away and offering it.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Path;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    amount,
    confirm::{Confirm, fact, fields, settle, settled, unsure},
    member::LoggedIn,
    own::{self, Choice, choices},
    payee::Payee,
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

#[derive(Deserialize)]
struct Item {
    item_id: String,
    collection: String,
    serial: String,
    status: String,
    /// Told to the owner alone.
    #[serde(default)]
    owner: Option<String>,
    offer_id: Option<String>,
    metadata_url: Option<String>,
    digest: Option<String>,
    owners: Vec<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    how: String,
    masked_name: Option<String>,
    since: String,
}

struct OwnerRow {
    name: String,
    how: String,
    since: Moment,
}

#[derive(Template)]
#[template(path = "wallet/item.html")]
struct Screen {
    page: Page,
    id: String,
    collection: String,
    serial: String,
    state: String,
    is_own: bool,
    offer: Option<String>,
    /// An address elsewhere: shown, and no link.
    metadata: Option<String>,
    digest: Option<String>,
    owners: Vec<OwnerRow>,
    destinations: Vec<Choice>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "kind-item").await;
    let (item, accounts) =
        tokio::join!(visit.get::<Item>(Address::query("/v1/items").segment(&id.to_string())), own::accounts(&visit));
    let item = item?;
    let row = |owner: Owner| OwnerRow {
        name: owner.masked_name.unwrap_or_else(|| page.t("wallet-no-name")),
        how: page.word("item-how", &owner.how),
        since: page.format.time(&owner.since),
    };
    let title = format!("{} {}", item.collection, item.serial);
    Ok(show(&Screen {
        id: item.item_id,
        collection: item.collection,
        serial: item.serial,
        state: page.word("item-state", &item.status),
        is_own: item.owner.is_some(),
        offer: item.offer_id,
        metadata: item.metadata_url,
        digest: item.digest,
        owners: item.owners.into_iter().map(row).collect(),
        destinations: choices(&page, &accounts.unwrap_or_default(), ""),
        page: page.titled(title),
    }))
}

/// Shows who gets it.
pub(crate) async fn confirm(
    LoggedIn(visit): LoggedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let payee = Payee::of_number(&visit, form.get("number")).await?;
    let item: Item = visit.get(Address::query("/v1/items").segment(&id.to_string())).await?;
    let page = Page::plain(&visit, "wallet-confirm");
    let facts = vec![
        fact(&page, "kind-item", format!("{} {}", item.collection, item.serial)),
        fact(&page, "wallet-to", payee.text(&page)),
    ];
    let (action, back) = (format!("/wallet/items/{id}/give"), format!("/wallet/items/{id}"));
    Ok(show(&Confirm::new(page, facts, fields(&form, &["number"]), (&action, &back), "item-give")))
}

pub(crate) async fn give(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let address = Address::command("/v1/items").segment(&id.to_string()).segment("transfer");
    let body = json!({ "to": form.get("number").trim() });
    match visit.act(address, &form.plain_act(), &body).await {
        Ok(_) => Ok(Redirect::to("/wallet/items?done=given").into_response()),
        Err(failure) => unsure(&visit, &form, &["number"], &format!("/wallet/items/{id}/give"), failure),
    }
}

/// Offers it for a price; what is paid goes to the account that was chosen, in its asset.
pub(crate) async fn offer(
    LoggedIn(visit): LoggedIn,
    Path(id): Path<Uuid>,
    mut form: Posted,
) -> Result<Response, Failure> {
    let body = if let Some(body) = settled(&form)? { body } else { offered(&visit, id, &form).await? };
    settle(&mut form, &body);
    match visit.act(Address::command("/v1/offers"), &form.plain_act(), &body).await {
        Ok(_) => Ok(Redirect::to(&format!("/wallet/items/{id}?done=offered")).into_response()),
        Err(failure) => unsure(&visit, &form, &["price", "destination"], &format!("/wallet/items/{id}/offer"), failure),
    }
}

async fn offered(visit: &Visit, id: Uuid, form: &Posted) -> Result<Value, Failure> {
    let account = own::account(visit, form.get("destination")).await?;
    let price = amount::money(visit, form.get("price"), &account.asset).await?;
    Ok(json!({ "item_id": id, "price": price, "destination": account.account_id }))
}

pub(crate) async fn withdraw(
    LoggedIn(visit): LoggedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let offer = Uuid::try_parse(form.get("offer_id")).map_err(|_| refused(404, "offer-unknown"))?;
    let address = Address::command("/v1/offers").segment(&offer.to_string());
    visit.send(Method::DELETE, address, &form.plain_act(), &Value::Null).await?;
    Ok(Redirect::to(&format!("/wallet/items/{id}?done=offer-withdrawn")).into_response())
}
