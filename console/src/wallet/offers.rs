//! Items that somebody sells.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    confirm::{Confirm, fact, fields, unsure},
    member::LoggedIn,
    own::{self, Choice, Money, choices},
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

/// As many as a list of the servers has at most.
const MOST: &str = "200";
const ACCEPT: &str = "/wallet/offers/accept";
const FIELDS: [&str; 2] = ["source", "offer_id"];

/// Which, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    collection: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Offers {
    items: Vec<Offer>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Offer {
    offer_id: String,
    item_id: String,
    collection: String,
    price: Money,
    expires_at: String,
}

struct Row {
    id: String,
    href: String,
    collection: String,
    price: String,
    expires: Moment,
}

#[derive(Template)]
#[template(path = "wallet/offers.html")]
struct Screen {
    page: Page,
    /// Which part of the list is shown. Forms send it: an offer is read again from there.
    collection: String,
    cursor: String,
    rows: Vec<Row>,
    sources: Vec<Choice>,
    more: Option<String>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "wallet-offers").await;
    let collection = asked.collection.trim().to_owned();
    let (offers, accounts) = tokio::join!(visit.get::<Offers>(at(&collection, &asked.cursor)), own::accounts(&visit));
    let offers = offers?;
    let more = links::more("/wallet/offers", &[("collection", &collection)], offers.next_cursor.as_ref());
    let row = |offer: Offer| Row {
        id: offer.offer_id,
        href: format!("/wallet/items/{}", offer.item_id),
        collection: offer.collection,
        price: page.format.money(&offer.price.amount, &offer.price.asset),
        expires: page.format.time(&offer.expires_at),
    };
    let rows = offers.items.into_iter().map(row).collect();
    let sources = choices(&page, &accounts.unwrap_or_default(), "");
    Ok(show(&Screen { collection, cursor: asked.cursor, rows, sources, more, page }))
}

fn at(collection: &str, cursor: &str) -> Address {
    Address::query("/v1/offers").with("collection", collection).with("cursor", cursor)
}

/// Shows what is bought, and for how much. The price is the servers', not the form's.
pub(crate) async fn confirm(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let source = own::account(&visit, form.get("source")).await?;
    let offer = find(&visit, &form).await?;
    let page = Page::new(&visit, "wallet-confirm").await;
    let from = format!("{} · {}", source.name(), page.format.money(&source.available, &source.asset));
    let facts = vec![
        fact(&page, "kind-item", offer.collection),
        fact(&page, "item-price", page.format.money(&offer.price.amount, &offer.price.asset)),
        fact(&page, "wallet-from", from),
    ];
    let places = (ACCEPT, "/wallet/offers");
    Ok(show(&Confirm::new(page, facts, fields(&form, &FIELDS), places, "item-buy")))
}

/// Servers list offers and show none alone: it is read from the part of the list that it was chosen from. That part begins at the same
/// place again, but at the very beginning of the list, where newer offers come before it; so more are read than a page shows.
async fn find(visit: &Visit, form: &Posted) -> Result<Offer, Failure> {
    let address = at(form.get("collection").trim(), form.get("cursor")).with("limit", MOST);
    let offers: Offers = visit.get(address).await?;
    let offer = offers.items.into_iter().find(|offer| offer.offer_id == form.get("offer_id"));
    offer.ok_or_else(|| refused(404, "offer-unknown"))
}

pub(crate) async fn accept(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let offer = Uuid::try_parse(form.get("offer_id")).map_err(|_| refused(404, "offer-unknown"))?;
    let address = Address::command("/v1/offers").segment(&offer.to_string()).segment("accept");
    let body = json!({ "source": form.get("source") });
    let done = match visit.act(address, &form.plain_act(), &body).await {
        Ok(done) => done,
        Err(failure) => return unsure(&visit, &form, &FIELDS, ACCEPT, failure),
    };
    let transfer = done.body["transfer_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let to = match transfer {
        Some(id) => format!("/wallet/transfers/{id}?done=bought"),
        None => "/wallet/items?done=bought".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}
