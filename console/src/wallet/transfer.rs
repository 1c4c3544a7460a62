//! One transfer, as one of its sides sees it.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    member::LoggedIn,
    own::{Account, Money, accounts},
    payee::Payee,
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    page::{Page, show},
    visit::Visit,
};

#[derive(Deserialize)]
struct Transfer {
    transfer_id: String,
    kind: String,
    status: String,
    #[serde(default)]
    code: Option<String>,
    source: Option<String>,
    destination: Option<String>,
    money: Option<Money>,
    memo: Option<String>,
    reference: Option<String>,
    reverses: Option<String>,
    #[serde(default)]
    reversed_by: Option<String>,
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    item_id: Option<String>,
    postings: Vec<Posting>,
    recorded_at: String,
}

#[derive(Deserialize)]
struct Posting {
    account_id: String,
    asset: String,
    amount: String,
    balance_after: Option<String>,
}

/// What it did to an account of the member.
struct Leg {
    href: String,
    account: String,
    amount: String,
    is_out: bool,
    balance: String,
}

struct Link {
    name: String,
    href: String,
    text: String,
}

#[derive(Template)]
#[template(path = "wallet/transfer.html")]
struct Screen {
    page: Page,
    id: String,
    kind: String,
    state: String,
    tone: String,
    refused: Option<String>,
    money: String,
    /// The other side, if there is one.
    other: Option<String>,
    memo: Option<String>,
    reference: Option<String>,
    links: Vec<Link>,
    legs: Vec<Leg>,
    at: Moment,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "column-transfer").await;
    let (transfer, own) = tokio::join!(
        visit.get::<Transfer>(Address::query("/v1/transfers").segment(&id.to_string())),
        accounts(&visit),
    );
    let (transfer, own) = (transfer?, own.unwrap_or_default());
    let other = other(&visit, &page, &transfer, &own).await;
    let links = links(&page, &transfer);
    let money = transfer.money.map(|money| page.format.money(&money.amount, &money.asset));
    Ok(show(&Screen {
        id: transfer.transfer_id,
        kind: page.word("transfer-kind", &transfer.kind),
        state: page.word("transfer", &transfer.status),
        tone: transfer.status,
        refused: transfer.code.map(|code| page.word("problem", &code)),
        money: money.unwrap_or_default(),
        other,
        memo: transfer.memo,
        reference: transfer.reference,
        links,
        legs: transfer.postings.into_iter().filter_map(|posting| leg(&page, &own, posting)).collect(),
        at: page.format.time(&transfer.recorded_at),
        page,
    }))
}

/// The side that is none of the member's, with its number and name as far as they are shown.
async fn other(visit: &Visit, page: &Page, transfer: &Transfer, own: &[Account]) -> Option<String> {
    let is_own = |id: &&String| own.iter().any(|account| account.account_id == **id);
    let sides = [transfer.source.as_ref(), transfer.destination.as_ref()];
    let id = sides.into_iter().flatten().find(|id| !is_own(id))?;
    Payee::of_id(visit, id).await.ok().map(|payee| payee.text(page))
}

fn leg(page: &Page, own: &[Account], posting: Posting) -> Option<Leg> {
    let account = own.iter().find(|account| account.account_id == posting.account_id)?;
    let balance = posting.balance_after.map(|balance| page.format.money(&balance, &posting.asset));
    Some(Leg {
        href: format!("/wallet/accounts/{}", account.account_id),
        account: account.name().to_owned(),
        amount: page.format.money(&posting.amount, &posting.asset),
        is_out: posting.amount.starts_with('-'),
        balance: balance.unwrap_or_default(),
    })
}

fn links(page: &Page, transfer: &Transfer) -> Vec<Link> {
    let link = |key: &str, folder: &str, id: &Option<String>| {
        let id = id.as_ref()?;
        Some(Link { name: page.t(key), href: format!("/wallet/{folder}/{id}"), text: id.clone() })
    };
    let all = [
        link("transfer-reverses", "transfers", &transfer.reverses),
        link("transfer-reversed-by", "transfers", &transfer.reversed_by),
        link("kind-order", "orders", &transfer.order_id),
        link("kind-item", "items", &transfer.item_id),
    ];
    all.into_iter().flatten().collect()
}
