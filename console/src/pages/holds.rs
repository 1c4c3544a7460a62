//! The holds of an account, newest placed first: of its funds, and those that can be paid to it; and the placing of one.

use askama::Template;
use axum::response::Response;
use platform::extract::{Path, Query};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::hold::{Hold, OF_AMOUNT, OF_DESTINATION, put};
use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    format::Moment,
    links,
    page::{Choice, Page, show},
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

const STATES: [&str; 4] = ["active", "captured", "released", "expired"];

/// Codes of refusals that are about the seconds until it expires.
const OF_SECONDS: &[&str] = &["number-unreadable"];

/// Which, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
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

#[derive(Deserialize)]
struct Account {
    asset: String,
}

struct Row {
    href: String,
    id: String,
    status: String,
    tone: String,
    placed: String,
    remaining: String,
    expires: Moment,
    memo: String,
    reference: String,
}

#[derive(Template)]
#[template(path = "holds.html")]
struct Screen {
    page: Page,
    account: Uuid,
    states: Vec<Choice>,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    place: Option<Form>,
}

pub(crate) async fn screen(
    SignedIn(visit): SignedIn,
    Path(account): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Response {
    let page = Page::new(&visit, "account-holds").await;
    let status = STATES.into_iter().find(|status| *status == asked.status).unwrap_or_default();
    let address = Address::query("/v1/accounts").segment(&account.to_string()).segment("holds");
    let address = address.with("status", status).with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Holds>(address).await);
    let cursor = found.as_ref().and_then(|found| found.next_cursor.as_ref());
    let more = links::more(&format!("/accounts/{account}/holds"), &[("status", status)], cursor);
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|hold| row(&page, hold)).collect();
    let states = page.choices("hold-state", &STATES, status);
    let place = page.may("operator").then(|| place_form(&page, account));
    show(&Screen { page, account, states, rows, more, trouble, place })
}

fn row(page: &Page, hold: Hold) -> Row {
    Row {
        href: links::to("hold", &hold.hold_id),
        id: hold.hold_id,
        placed: page.format.money(&hold.money.amount, &hold.money.asset),
        remaining: page.format.money(&hold.remaining, &hold.money.asset),
        status: page.word("hold-state", &hold.status),
        tone: hold.status,
        expires: page.format.time(&hold.expires_at),
        memo: hold.memo.unwrap_or_default(),
        reference: hold.reference.unwrap_or_default(),
    }
}

fn place_form(page: &Page, account: Uuid) -> Form {
    Form::new(page, &format!("/accounts/{account}/holds"), "hold-place")
        .field(Field::digits("money", "hold-amount", 38).about(OF_AMOUNT))
        .field(
            Field::line("destination", "run-destination", 36)
                .optional()
                .helped("hold-destination-later")
                .about(OF_DESTINATION),
        )
        .field(Field::digits("expires_in", "hold-seconds", 7).optional().helped("hold-seconds-help").about(OF_SECONDS))
        .field(Field::line("memo", "column-memo", 256).optional())
        .field(Field::line("reference", "column-reference", 256).optional())
        .field(Field::reason())
}

/// Sets funds of the account aside, and shows the hold.
pub(crate) async fn place(
    SignedIn(visit): SignedIn,
    Path(account): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    match placed(&visit, account, &form).await {
        Err(failure) => {
            let page = Page::new(&visit, "account-holds").await;
            place_form(&page, account).again(&form, failure, &format!("/accounts/{account}/holds"))
        }
        leads => leads,
    }
}

async fn placed(visit: &Visit, account: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let Account { asset } = visit.get(Address::query("/v1/accounts").segment(&account.to_string())).await?;
    let mut body = json!({ "source": account, "money": { "asset": asset, "amount": form.get("money").trim() } });
    for name in ["destination", "memo", "reference"] {
        put(&mut body, form, name);
    }
    let seconds = form.get("expires_in").trim();
    if !seconds.is_empty() {
        let seconds: u32 = seconds.parse().map_err(|_| refused(400, "number-unreadable"))?;
        body["expires_in"] = seconds.into();
    }
    let done = visit.act(Address::command("/v1/holds"), &act, &body).await?;
    let placed = done.body["hold_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let page = placed.map_or_else(|| format!("/accounts/{account}/holds"), |id| format!("/holds/{id}"));
    Ok(done.leads_to(&format!("{page}?done=hold-placed")))
}
