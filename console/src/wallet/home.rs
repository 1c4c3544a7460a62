//! The first screen: everything at a glance. It renews itself when something happens to the member.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{
    entries::{Entry, Line},
    holds::{Hold, HoldLine},
    member::LoggedIn,
    own::{Account, Choice, Money},
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    live::{self, Pulse},
    page::{Page, show},
    visit::Visit,
};

#[derive(Deserialize)]
struct Home {
    member: Member,
    accounts: Vec<Account>,
    transactions: Vec<Entry>,
    #[serde(default)]
    holds: Vec<Hold>,
    #[serde(default)]
    standing_orders: Vec<Order>,
    #[serde(default)]
    items: Vec<Item>,
    #[serde(default)]
    limits: Vec<Limit>,
}

#[derive(Deserialize)]
struct Member {
    real_name: Option<String>,
}

#[derive(Deserialize)]
struct Order {
    order_id: String,
    money: Money,
    memo: Option<String>,
    next_at: String,
}

#[derive(Deserialize)]
struct Item {
    item_id: String,
    collection: String,
    serial: String,
}

#[derive(Deserialize)]
struct Limit {
    account_id: String,
    name: String,
    #[serde(default)]
    amount: Option<AmountUse>,
    #[serde(default)]
    count: Option<CountUse>,
}

#[derive(Deserialize)]
struct AmountUse {
    limit: String,
    used: String,
}

#[derive(Deserialize)]
struct CountUse {
    limit: i64,
    used: i64,
}

struct AccountRow {
    href: String,
    name: String,
    balance: String,
    available: String,
    held: String,
    state: String,
    tone: String,
}

struct OrderRow {
    href: String,
    money: String,
    memo: String,
    next: Moment,
}

struct ItemRow {
    href: String,
    name: String,
}

struct LimitRow {
    account: String,
    name: String,
    used: String,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "wallet/_home.html")]
struct Figures {
    page: Page,
    accounts: Vec<AccountRow>,
    lines: Vec<Line>,
    holds: Vec<HoldLine>,
    orders: Vec<OrderRow>,
    items: Vec<ItemRow>,
    limits: Vec<LimitRow>,
}

#[derive(Template)]
#[template(path = "wallet/home.html")]
struct Screen {
    page: Page,
    figures: Figures,
    assets: Vec<Choice>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    let page = Page::new(&visit, "wallet-home").await;
    let home: Home = visit.get(Address::query("/v1/wallet/home")).await?;
    let name = home.member.real_name.clone().filter(|name| !name.is_empty());
    let title =
        name.map_or_else(|| page.title.clone(), |name| page.language().text_with("wallet-hello", &[("name", &name)]));
    let codes = page.format.decimals.keys();
    let asset = |code: &String| Choice { value: code.clone(), name: code.clone(), is_chosen: code == "KRW" };
    let assets = codes.map(asset).collect();
    Ok(show(&Screen { figures: figures(&page, home), assets, page: page.titled(title) }))
}

/// `/wallet/live/home`: the same whenever something happens to the member.
pub(crate) async fn live(LoggedIn(visit): LoggedIn) -> Response {
    let pulse = Pulse::of_accounts(&visit, "").await;
    live::part(visit, pulse, |visit: Visit| async move {
        let page = Page::new(&visit, "wallet-home").await;
        let home: Home = visit.get(Address::query("/v1/wallet/home")).await?;
        live::rendered(&figures(&page, home))
    })
}

fn figures(page: &Page, home: Home) -> Figures {
    let limits = home.limits.iter().map(|limit| limit_row(page, &home.accounts, limit)).collect();
    let line = |entry: Entry| {
        let asset = entry.asset.clone();
        entry.line(page, &asset)
    };
    let order = |order: Order| OrderRow {
        href: format!("/wallet/orders/{}", order.order_id),
        money: page.format.money(&order.money.amount, &order.money.asset),
        memo: order.memo.unwrap_or_default(),
        next: page.format.time(&order.next_at),
    };
    let item = |item: Item| ItemRow {
        href: format!("/wallet/items/{}", item.item_id),
        name: format!("{} {}", item.collection, item.serial),
    };
    Figures {
        page: page.clone(),
        accounts: home.accounts.iter().map(|account| account_row(page, account)).collect(),
        lines: home.transactions.into_iter().map(line).collect(),
        holds: home.holds.into_iter().map(|hold| hold.line(page)).collect(),
        orders: home.standing_orders.into_iter().map(order).collect(),
        items: home.items.into_iter().map(item).collect(),
        limits,
    }
}

fn account_row(page: &Page, account: &Account) -> AccountRow {
    let money = |amount: &str| page.format.money(amount, &account.asset);
    AccountRow {
        href: format!("/wallet/accounts/{}", account.account_id),
        name: account.name().to_owned(),
        balance: money(&account.balance),
        available: money(&account.available),
        held: money(&account.held),
        state: page.word("account", &account.status),
        tone: account.status.clone(),
    }
}

fn limit_row(page: &Page, accounts: &[Account], limit: &Limit) -> LimitRow {
    let account = accounts.iter().find(|account| account.account_id == limit.account_id);
    let asset = account.map(|account| account.asset.as_str()).unwrap_or_default();
    let amount = limit.amount.as_ref().map(|amount| {
        format!("{} / {}", page.format.amount(&amount.used, asset), page.format.money(&amount.limit, asset))
    });
    let count = limit.count.as_ref().map(|count| format!("{} / {}", count.used, count.limit));
    LimitRow {
        account: account.map(|account| account.name().to_owned()).unwrap_or_default(),
        name: limit.name.clone(),
        used: amount.into_iter().chain(count).collect::<Vec<_>>().join(" · "),
    }
}
