//! Standing orders: what is paid by itself.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use super::{member::LoggedIn, own::Money};
use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::{Page, show},
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

/// A standing order as the servers tell it.
#[derive(Deserialize)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) money: Money,
    pub(crate) memo: Option<String>,
    pub(crate) schedule: Schedule,
    pub(crate) next_at: Option<String>,
    pub(crate) status: String,
    pub(crate) if_refused: String,
    #[serde(default)]
    pub(crate) runs: Vec<Run>,
}

/// When it is due.
#[derive(Default, Deserialize)]
pub(crate) struct Schedule {
    at: Option<String>,
    every: Option<String>,
    weekday: Option<String>,
    day: Option<i64>,
    time: Option<String>,
    until: Option<String>,
}

/// What became of it when it was due.
#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) due_at: String,
    pub(crate) status: String,
    pub(crate) transfer_id: String,
    pub(crate) code: Option<String>,
}

#[derive(Deserialize)]
struct Orders {
    items: Vec<Order>,
    next_cursor: Option<String>,
}

struct Row {
    href: String,
    money: String,
    schedule: String,
    memo: String,
    state: String,
    tone: String,
    next: Moment,
}

#[derive(Template)]
#[template(path = "wallet/orders.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
}

impl Schedule {
    /// In the words of the reader: `every month, 31, 09:00`.
    pub(crate) fn text(&self, page: &Page) -> String {
        if let Some(at) = &self.at {
            return page.format.time(at).shown;
        }
        let every = self.every.as_deref().map(|every| page.word("every", every));
        let weekday = self.weekday.as_deref().map(|weekday| page.word("weekday", weekday));
        let day = self.day.map(|day| page.language().text_with("order-on-day", &[("day", &day.to_string())]));
        let until = self.until.as_ref().map(|day| page.language().text_with("order-until", &[("day", day)]));
        let pieces = [every, weekday, day, self.time.clone(), until];
        pieces.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "wallet-orders").await;
    let orders: Orders = visit.get(Address::query("/v1/standing-orders").with("cursor", &asked.cursor)).await?;
    let more = links::more("/wallet/orders", &[], orders.next_cursor.as_ref());
    let row = |order: Order| Row {
        href: format!("/wallet/orders/{}", order.order_id),
        money: page.format.money(&order.money.amount, &order.money.asset),
        schedule: order.schedule.text(&page),
        memo: order.memo.unwrap_or_default(),
        state: page.word("order-state", &order.status),
        tone: order.status,
        next: order.next_at.map(|at| page.format.time(&at)).unwrap_or_default(),
    };
    let rows = orders.items.into_iter().map(row).collect();
    Ok(show(&Screen { rows, more, page }))
}
