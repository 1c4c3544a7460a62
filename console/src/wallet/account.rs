//! One account: what is on it, its limits, and what happened to it.

use askama::Template;
use axum::response::Response;
use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use platform::extract::{Path, Query};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    amount,
    entries::{Entry, Line},
    member::LoggedIn,
    own::{Account, Choice, account, words},
};
use crate::{
    client::{Address, Failure},
    links,
    live::{self, Pulse},
    page::{Page, show},
    posted::refused,
    visit::Visit,
};

const KINDS: [&str; 10] =
    ["transfer", "deposit", "withdrawal", "reversal", "compound", "capture", "exchange", "charge", "trade", "payout"];

/// Which part of the history. Amounts and days are as people type them.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    counterparty: String,
    #[serde(default)]
    min: String,
    #[serde(default)]
    max: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Entries {
    items: Vec<Entry>,
    next_cursor: Option<String>,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "wallet/_account.html")]
struct Figures {
    page: Page,
    balance: String,
    available: String,
    held: String,
    state: String,
    tone: String,
    freeze: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/account.html")]
struct Screen {
    page: Page,
    id: String,
    figures: Figures,
    is_closed: bool,
    asked: Asked,
    kinds: Vec<Choice>,
    lines: Vec<Line>,
    lines_trouble: Option<String>,
    more: Option<String>,
}

pub(crate) async fn screen(
    LoggedIn(visit): LoggedIn,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let page = Page::new(&visit, "column-account").await;
    let account = account(&visit, &id.to_string()).await?;
    let entries = entries(&visit, &account, &asked).await;
    let (entries, lines_trouble) = page.part(entries);
    let cursor = entries.as_ref().and_then(|entries| entries.next_cursor.as_ref());
    let more = links::more(&format!("/wallet/accounts/{id}"), &pairs(&asked), cursor);
    let items = entries.map(|entries| entries.items).unwrap_or_default();
    Ok(show(&Screen {
        id: account.account_id.clone(),
        figures: figures(&page, &account),
        is_closed: account.status == "closed",
        kinds: words(&page, "transfer-kind", &KINDS, &asked.kind),
        lines: items.into_iter().map(|entry| entry.line(&page, &account.asset)).collect(),
        lines_trouble,
        more,
        asked,
        page: page.titled(account.name().to_owned()),
    }))
}

/// `/wallet/live/accounts/{id}`: the figures, whenever something happens to the account.
pub(crate) async fn live(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Response {
    let pulse = Pulse::of_accounts(&visit, &id.to_string()).await;
    live::part(visit, pulse, move |visit: Visit| async move {
        let page = Page::new(&visit, "column-account").await;
        let account = account(&visit, &id.to_string()).await?;
        live::rendered(&figures(&page, &account))
    })
}

fn figures(page: &Page, account: &Account) -> Figures {
    let money = |amount: &str| page.format.money(amount, &account.asset);
    Figures {
        page: page.clone(),
        balance: money(&account.balance),
        available: money(&account.available),
        held: money(&account.held),
        state: page.word("account", &account.status),
        tone: account.status.clone(),
        freeze: account.freeze.as_deref().map(|scope| page.word("freeze", scope)),
    }
}

fn pairs(asked: &Asked) -> [(&str, &str); 6] {
    [
        ("kind", asked.kind.as_str()),
        ("counterparty", asked.counterparty.trim()),
        ("min", asked.min.trim()),
        ("max", asked.max.trim()),
        ("from", asked.from.trim()),
        ("to", asked.to.trim()),
    ]
}

async fn entries(visit: &Visit, account: &Account, asked: &Asked) -> Result<Entries, Failure> {
    let zone = visit.house().zone;
    let address = Address::query("/v1/accounts")
        .segment(&account.account_id)
        .segment("transactions")
        .with("kind", &asked.kind)
        .with("counterparty", asked.counterparty.trim())
        .with("min", &minor(visit, &asked.min, &account.asset).await?)
        .with("max", &minor(visit, &asked.max, &account.asset).await?)
        .with("from", &begin(zone, &asked.from, 0)?)
        .with("to", &begin(zone, &asked.to, 1)?)
        .with("cursor", &asked.cursor);
    visit.get(address).await
}

async fn minor(visit: &Visit, typed: &str, asset: &str) -> Result<String, Failure> {
    if typed.trim().is_empty() { Ok(String::new()) } else { amount::units(visit, typed, asset).await }
}

/// When a day begins, or so many days later; nothing if none was typed.
fn begin(zone: Tz, typed: &str, later: u64) -> Result<String, Failure> {
    if typed.trim().is_empty() {
        return Ok(String::new());
    }
    let day = typed.trim().parse::<NaiveDate>().ok();
    let day = day.and_then(|day| day.checked_add_days(chrono::Days::new(later)));
    let local = day.ok_or_else(|| refused(400, "day-unreadable"))?.and_time(NaiveTime::MIN);
    // Where clocks leave midnight out, the day begins an hour later, and nothing happened before.
    let at = zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc));
    Ok(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_zone() {
        let at = |typed: &str, later: u64| begin(Tz::Asia__Seoul, typed, later).ok();
        assert_eq!(at("2026-12-01", 0).as_deref(), Some("2026-11-30T15:00:00Z"));
        assert_eq!(at(" 2026-12-31 ", 1).as_deref(), Some("2026-12-31T15:00:00Z"), "that day included");
        assert_eq!(at("", 0).as_deref(), Some(""));
        for none in ["yesterday", "2026-13-01", "2026-02-30"] {
            assert_eq!(at(none, 0), None, "{none}");
        }
    }
}
