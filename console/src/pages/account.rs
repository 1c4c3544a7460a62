//! One account: what is on it, what was on it, and what happened to it.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use platform::extract::{Path, Query};
use serde::Deserialize;
use uuid::Uuid;

use super::{account_acts::freeze_form, limit_forms::assign_form};
use crate::{
    chart::{Chart, Point, Shape, Words},
    client::{Address, Failure},
    form::Form,
    format::Moment,
    links,
    live::{self, Pulse},
    page::{Page, show},
    visit::{SignedIn, Visit},
};

/// Days that the chart shows, and figures that it is drawn with.
const DAYS: i64 = 30;
const POINTS: &str = "120";

/// Which part of the statement.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    counterparty: String,
    #[serde(default)]
    min: String,
    #[serde(default)]
    max: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Account {
    account_id: String,
    account_number: Option<String>,
    owner: Option<String>,
    asset: String,
    status: String,
    freeze: Option<String>,
    balance: String,
    available: String,
    held: String,
    #[serde(default)]
    name: Option<String>,
    version: i64,
    opened_at: String,
}

#[derive(Deserialize)]
struct Entries {
    items: Vec<Entry>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    transfer_id: String,
    kind: String,
    amount: String,
    balance_after: String,
    counterparty: Option<String>,
    counterparty_number: Option<String>,
    memo: Option<String>,
    reference: Option<String>,
    recorded_at: String,
}

#[derive(Deserialize)]
struct Holds {
    items: Vec<Hold>,
}

#[derive(Deserialize)]
struct Hold {
    hold_id: String,
    remaining: String,
    expires_at: String,
    memo: Option<String>,
}

#[derive(Deserialize)]
struct Limits {
    items: Vec<Limit>,
}

#[derive(Deserialize)]
struct Limit {
    name: String,
    window: String,
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

#[derive(Deserialize)]
struct History {
    points: Vec<Instant>,
}

#[derive(Deserialize)]
struct Instant {
    at: String,
    balance: String,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "_account_figures.html")]
struct Figures {
    page: Page,
    balance: String,
    available: String,
    held: String,
    status: String,
    tone: String,
    freeze: Option<String>,
    version: i64,
}

struct Line {
    href: String,
    kind: String,
    amount: String,
    is_out: bool,
    balance: String,
    other: String,
    other_href: Option<String>,
    memo: String,
    reference: String,
    at: Moment,
}

struct HoldLine {
    href: String,
    id: String,
    remaining: String,
    expires: Moment,
    memo: String,
}

struct LimitLine {
    name: String,
    window: String,
    used: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Screen {
    page: Page,
    id: String,
    owner: Option<String>,
    opened: Moment,
    figures: Figures,
    is_frozen: bool,
    asked: Asked,
    lines: Vec<Line>,
    lines_trouble: Option<String>,
    more: Option<String>,
    chart: Option<Chart>,
    chart_trouble: Option<String>,
    holds: Vec<HoldLine>,
    holds_trouble: Option<String>,
    limits: Vec<LimitLine>,
    limits_trouble: Option<String>,
    may_be_frozen: bool,
    freeze: Form,
    assign: Option<Form>,
}

pub(crate) async fn screen(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let page = Page::new(&visit, "nav-accounts").await;
    let (account, entries, holds, limits, history) = tokio::join!(
        visit.get::<Account>(at(id)),
        visit.get::<Entries>(statement(id, &asked)),
        visit.get::<Holds>(below(id, "holds").with("status", "active")),
        visit.get::<Limits>(below(id, "limits")),
        visit.get::<History>(history(&visit, id)),
    );
    let account = account?;
    let asset = account.asset.clone();
    let (entries, lines_trouble) = page.part(entries);
    let (holds, holds_trouble) = page.part(holds);
    let (limits, limits_trouble) = page.part(limits);
    let (history, chart_trouble) = page.part(history);
    let more = entries.as_ref().and_then(|entries| next(id, &asked, entries.next_cursor.as_ref()));
    let lines = entries.map(|entries| entries.items).unwrap_or_default();
    let holds = holds.map(|holds| holds.items).unwrap_or_default();
    let limits = limits.map(|limits| limits.items).unwrap_or_default();
    let name = account.account_number.clone().or_else(|| account.name.clone());
    let title = name.unwrap_or_else(|| account.account_id.clone());
    // Those of the bank itself stay as they are.
    let is_acted_on = account.owner.is_some() && account.status != "closed";
    Ok(show(&Screen {
        id: account.account_id.clone(),
        owner: account.owner.clone(),
        opened: page.format.time(&account.opened_at),
        is_frozen: account.freeze.is_some(),
        figures: figures(&page, account),
        lines: lines.into_iter().map(|entry| line(&page, &asset, entry)).collect(),
        lines_trouble,
        more,
        chart: history.map(|history| chart(&page, &asset, history.points)),
        chart_trouble,
        holds: holds.into_iter().map(|hold| hold_line(&page, &asset, hold)).collect(),
        holds_trouble,
        limits: limits.into_iter().map(|limit| limit_line(&page, &asset, limit)).collect(),
        limits_trouble,
        may_be_frozen: is_acted_on && page.may("support"),
        freeze: freeze_form(&page, id),
        assign: (is_acted_on && page.may("admin")).then(|| assign_form(&page, id)),
        asked,
        page: page.titled(title),
    }))
}

/// `/live/accounts/{id}`: balance and state, whenever something happens to the account.
pub(crate) async fn live(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Response {
    let pulse = Pulse::of_accounts(&visit, &id.to_string()).await;
    live::part(visit, pulse, move |visit| async move {
        let page = Page::new(&visit, "nav-accounts").await;
        let account: Account = visit.get(at(id)).await?;
        live::rendered(&figures(&page, account))
    })
}

fn at(id: Uuid) -> Address {
    Address::query("/v1/accounts").segment(&id.to_string())
}

fn below(id: Uuid, part: &str) -> Address {
    at(id).segment(part)
}

fn statement(id: Uuid, asked: &Asked) -> Address {
    let address = below(id, "transactions");
    pairs(asked)
        .into_iter()
        .fold(address, |address, (name, value)| address.with(name, value))
        .with("cursor", &asked.cursor)
}

fn pairs(asked: &Asked) -> [(&str, &str); 5] {
    [
        ("kind", asked.kind.trim()),
        ("reference", asked.reference.trim()),
        ("counterparty", asked.counterparty.trim()),
        ("min", asked.min.trim()),
        ("max", asked.max.trim()),
    ]
}

fn next(id: Uuid, asked: &Asked, cursor: Option<&String>) -> Option<String> {
    links::more(&format!("/accounts/{id}"), &pairs(asked), cursor).map(|link| format!("{link}#statement"))
}

fn history(visit: &Visit, id: Uuid) -> Address {
    let now = visit.house().clock.now();
    let text = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    below(id, "history").with("from", &text(now - TimeDelta::days(DAYS))).with("to", &text(now)).with("points", POINTS)
}

fn figures(page: &Page, account: Account) -> Figures {
    let money = |amount: &str| page.format.money(amount, &account.asset);
    Figures {
        page: page.clone(),
        balance: money(&account.balance),
        available: money(&account.available),
        held: money(&account.held),
        status: page.word("account", &account.status),
        freeze: account.freeze.as_deref().map(|scope| page.word("freeze", scope)),
        version: account.version,
        tone: account.status,
    }
}

fn line(page: &Page, asset: &str, entry: Entry) -> Line {
    Line {
        href: links::to("transfer", &entry.transfer_id),
        kind: page.word("transfer-kind", &entry.kind),
        amount: page.format.amount(&entry.amount, asset),
        is_out: entry.amount.starts_with('-'),
        balance: page.format.amount(&entry.balance_after, asset),
        other_href: entry.counterparty.as_deref().map(|id| links::to("account", id)),
        other: entry.counterparty_number.or(entry.counterparty).unwrap_or_default(),
        memo: entry.memo.unwrap_or_default(),
        reference: entry.reference.unwrap_or_default(),
        at: page.format.time(&entry.recorded_at),
    }
}

fn hold_line(page: &Page, asset: &str, hold: Hold) -> HoldLine {
    HoldLine {
        href: links::to("hold", &hold.hold_id),
        id: hold.hold_id,
        remaining: page.format.money(&hold.remaining, asset),
        expires: page.format.time(&hold.expires_at),
        memo: hold.memo.unwrap_or_default(),
    }
}

fn limit_line(page: &Page, asset: &str, limit: Limit) -> LimitLine {
    let amount = limit.amount.map(|amount| {
        format!("{} / {}", page.format.amount(&amount.used, asset), page.format.money(&amount.limit, asset))
    });
    let count = limit.count.map(|count| format!("{} / {}", count.used, count.limit));
    LimitLine {
        name: limit.name,
        window: page.word("window", &limit.window),
        used: amount.into_iter().chain(count).collect::<Vec<_>>().join(" · "),
    }
}

fn chart(page: &Page, asset: &str, instants: Vec<Instant>) -> Chart {
    let point = |instant: Instant| Point {
        at: instant.at.parse::<DateTime<Utc>>().map_or(0, |at| at.timestamp()),
        label: page.format.short(&instant.at, true),
        value: page.format.units(&instant.balance, asset),
        shown: page.format.money(&instant.balance, asset),
    };
    let words = Words {
        title: page.t("chart-balance"),
        table: page.t("chart-table"),
        time: page.t("column-time"),
        value: page.t("column-balance"),
        empty: page.t("chart-empty"),
    };
    Chart::new("balance", words, Shape::Line, instants.into_iter().map(point).collect())
}
