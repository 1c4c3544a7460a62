//! One hold: what remains of it, and its release, its captures and its increase.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    format::Moment,
    links,
    page::{Page, show},
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// Codes of refusals that are about the amount.
pub(super) const OF_AMOUNT: &[&str] = &[
    "amount-not-positive",
    "amount-overflow",
    "asset-mismatch",
    "hold-exceeded",
    "insufficient-funds",
    "limit-exceeded",
];
/// Codes of refusals that are about who is paid.
pub(super) const OF_DESTINATION: &[&str] =
    &["account-unknown", "hold-destination-differs", "hold-destination-missing", "same-account"];

/// A hold, as the query server tells it.
#[derive(Deserialize)]
pub(super) struct Hold {
    pub(super) hold_id: String,
    pub(super) status: String,
    pub(super) source: String,
    pub(super) destination: Option<String>,
    pub(super) money: Money,
    pub(super) captured: String,
    pub(super) released: String,
    pub(super) remaining: String,
    pub(super) expires_at: String,
    pub(super) memo: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) placed_by: String,
    pub(super) position: i64,
}

#[derive(Deserialize)]
pub(super) struct Money {
    pub(super) asset: String,
    pub(super) amount: String,
}

#[derive(Template)]
#[template(path = "hold.html")]
struct Screen {
    page: Page,
    id: String,
    position: i64,
    status: String,
    tone: String,
    placed: String,
    captured: String,
    released: String,
    remaining: String,
    expires: Moment,
    source: String,
    source_href: String,
    destination: Option<String>,
    destination_href: String,
    placed_by: String,
    memo: String,
    reference: String,
    /// What operators may do to it.
    forms: Vec<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "column-hold").await;
    let hold = read(&visit, id).await?;
    let money = |amount: &str| page.format.money(amount, &hold.money.asset);
    let may_act = hold.status == "active" && page.may("operator");
    let acts = if may_act { ACTS } else { &[] };
    Ok(show(&Screen {
        position: hold.position,
        status: page.word("hold-state", &hold.status),
        placed: money(&hold.money.amount),
        captured: money(&hold.captured),
        released: money(&hold.released),
        remaining: money(&hold.remaining),
        expires: page.format.time(&hold.expires_at),
        source_href: links::to("account", &hold.source),
        destination_href: hold.destination.as_deref().map(|id| links::to("account", id)).unwrap_or_default(),
        forms: acts.iter().filter_map(|act| form(&page, id, act)).collect(),
        id: hold.hold_id,
        tone: hold.status,
        source: hold.source,
        destination: hold.destination,
        placed_by: hold.placed_by,
        memo: hold.memo.unwrap_or_default(),
        reference: hold.reference.unwrap_or_default(),
        page,
    }))
}

const ACTS: &[&str] = &["release", "capture", "increase"];

/// The form of one of them; none of anything else.
fn form(page: &Page, id: Uuid, act: &str) -> Option<Form> {
    let action = format!("/holds/{id}/{act}");
    let amount = Field::digits("money", "hold-amount", 38).about(OF_AMOUNT);
    let form = match act {
        "release" => Form::new(page, &action, "hold-release").dangerous().field(amount.optional().helped("hold-all")),
        "capture" => {
            let last = page.choices("hold-capture", &["last", "more"], "last");
            Form::new(page, &action, "hold-capture")
                .field(amount.optional().helped("hold-all"))
                .field(
                    Field::line("destination", "run-destination", 36)
                        .optional()
                        .helped("hold-destination-help")
                        .about(OF_DESTINATION),
                )
                .field(Field::choice("final", "hold-capture-rest", last))
        }
        "increase" => Form::new(page, &action, "hold-increase").field(amount),
        _ => return None,
    };
    Some(form.field(Field::reason()))
}

/// `POST /holds/{id}/{act}`: gives back what is held, pays from it, or holds more.
pub(crate) async fn act(
    SignedIn(visit): SignedIn,
    Path((id, what)): Path<(Uuid, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    let page = Page::new(&visit, "column-hold").await;
    let shown = self::form(&page, id, &what).ok_or_else(|| refused(404, "not-found"))?;
    match carried_out(&visit, id, &what, &form).await {
        Err(failure) => shown.again(&form, failure, &format!("/holds/{id}")),
        leads => leads,
    }
}

async fn carried_out(visit: &Visit, id: Uuid, what: &str, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let mut body = json!({});
    let amount = form.get("money").trim();
    if !amount.is_empty() {
        let asset = read(visit, id).await?.money.asset;
        body["money"] = json!({ "asset": asset, "amount": amount });
    }
    match what {
        "release" => body["reason"] = act.reason.clone().into(),
        "capture" => {
            body["final"] = (form.get("final") != "more").into();
            put(&mut body, form, "destination");
        }
        _ => {}
    }
    let address = Address::command("/v1/holds").segment(&id.to_string()).segment(what);
    let done = visit.act(address, &act, &body).await?;
    let page = match done.body["transfer_id"].as_str().and_then(|id| Uuid::try_parse(id).ok()) {
        Some(transfer) => format!("/transfers/{transfer}?done=captured"),
        None if what == "increase" => format!("/holds/{id}?done=hold-increased"),
        None => format!("/holds/{id}?done=released"),
    };
    Ok(done.leads_to(&page))
}

async fn read(visit: &Visit, id: Uuid) -> Result<Hold, Failure> {
    visit.get(Address::query("/v1/holds").segment(&id.to_string())).await
}

/// What was typed into a field; left out where nothing was.
pub(super) fn put(body: &mut Value, form: &Posted, name: &str) {
    let typed = form.get(name).trim();
    if !typed.is_empty() {
        body[name] = typed.into();
    }
}
