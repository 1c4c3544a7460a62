//! One transfer: its legs, what was answered to its command, what the log has of it, and its reversal.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::log_event::{Actor, pretty, shortened};
use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::{Page, show},
    posted::Posted,
    visit::SignedIn,
};

#[derive(Deserialize)]
struct Transfer {
    transfer_id: String,
    kind: String,
    status: String,
    #[serde(default)]
    code: Option<String>,
    money: Option<Money>,
    memo: Option<String>,
    reference: Option<String>,
    reverses: Option<String>,
    reversed_by: Option<String>,
    #[serde(default)]
    hold_id: Option<String>,
    postings: Vec<Posting>,
    position: i64,
    recorded_at: String,
}

#[derive(Deserialize)]
struct Money {
    asset: String,
    amount: String,
}

#[derive(Deserialize)]
struct Posting {
    account_id: String,
    asset: String,
    amount: String,
    balance_after: Option<String>,
}

/// What was answered to the command that it came of.
#[derive(Deserialize)]
struct Answered {
    actor: Actor,
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// The same, as it is shown.
struct Answer {
    actor: String,
    status: u16,
    headers: Vec<Header>,
    body: String,
}

struct Header {
    name: String,
    value: String,
}

struct Leg {
    href: String,
    account: String,
    amount: String,
    is_out: bool,
    balance: String,
}

struct Link {
    href: String,
    text: String,
}

#[derive(Template)]
#[template(path = "transfer.html")]
struct Screen {
    page: Page,
    id: String,
    kind: String,
    status: String,
    tone: String,
    refused: Option<String>,
    money: String,
    memo: Option<String>,
    reference: Option<String>,
    reverses: Option<Link>,
    reversed_by: Option<Link>,
    hold: Option<Link>,
    legs: Vec<Leg>,
    answer: Option<Answer>,
    answer_trouble: Option<String>,
    position: i64,
    at: Moment,
    may_be_reversed: bool,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "nav-transfers").await;
    let id = id.to_string();
    let answer = Address::command("/v1/transfers").segment(&id).segment("answer");
    let (transfer, answered) = tokio::join!(
        visit.get::<Transfer>(Address::query("/v1/transfers").segment(&id)),
        visit.get::<Answered>(answer),
    );
    let transfer = transfer?;
    let (answer, answer_trouble) = shown(&page, answered);
    let link = |kind: &str, id: String| Link { href: links::to(kind, &id), text: id };
    let money = transfer.money.map(|money| page.format.money(&money.amount, &money.asset));
    let may_be_reversed = transfer.status == "posted" && transfer.reversed_by.is_none() && transfer.kind != "reversal";
    Ok(show(&Screen {
        kind: page.word("transfer-kind", &transfer.kind),
        status: page.word("transfer", &transfer.status),
        tone: transfer.status,
        refused: transfer.code.map(|code| page.word("problem", &code)),
        money: money.unwrap_or_default(),
        memo: transfer.memo,
        reference: transfer.reference,
        reverses: transfer.reverses.map(|id| link("transfer", id)),
        reversed_by: transfer.reversed_by.map(|id| link("transfer", id)),
        hold: transfer.hold_id.map(|id| link("hold", id)),
        legs: transfer.postings.into_iter().map(|posting| leg(&page, posting)).collect(),
        answer,
        answer_trouble,
        position: transfer.position,
        at: page.format.time(&transfer.recorded_at),
        may_be_reversed,
        id: transfer.transfer_id,
        page,
    }))
}

/// What was answered; else why it is not shown.
fn shown(page: &Page, answered: Result<Answered, Failure>) -> (Option<Answer>, Option<String>) {
    match answered {
        // The transfer is there, and no client sent its command.
        Err(failure) if failure.is_not_found() && !failure.is_missing_route() => {
            (None, Some(page.t("transfer-answer-nobody")))
        }
        answered => {
            let (answered, trouble) = page.part(answered);
            (answered.map(Answer::from), trouble)
        }
    }
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        let headers = answered.headers.into_iter().map(|(name, value)| Header { name, value });
        Self {
            actor: answered.actor.text(),
            status: answered.status,
            headers: headers.collect(),
            body: shortened(pretty(&answered.body)),
        }
    }
}

fn leg(page: &Page, posting: Posting) -> Leg {
    let balance = posting.balance_after.map(|balance| page.format.amount(&balance, &posting.asset));
    Leg {
        href: links::to("account", &posting.account_id),
        amount: page.format.money(&posting.amount, &posting.asset),
        is_out: posting.amount.starts_with('-'),
        balance: balance.unwrap_or_default(),
        account: posting.account_id,
    }
}

/// Reverses it, and shows the reversal.
pub(crate) async fn reverse(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let act = form.act()?;
    let address = Address::command("/v1/transfers").segment(&id.to_string()).segment("reverse");
    let done = visit.act(address, &act, &json!({ "reason": act.reason })).await?;
    let reversal = done.body["transfer_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    Ok(done.leads_to(&format!("/transfers/{}?done=reversed", reversal.unwrap_or(id))))
}
