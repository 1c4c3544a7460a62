//! The first screen: whether the books are balanced, what happens, and what needs somebody.

use std::collections::BTreeMap;

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use super::overview_points::{days, filled};
use crate::{
    chart::{Chart, Point, Shape, Words},
    client::{Address, Failure},
    doctor::{NoReport, Report},
    format::{Moment, count, duration},
    live,
    page::{Page, show},
    visit::{SignedIn, Visit},
};

const OVERVIEW: &str = "/v1/dashboard/overview";
const AUDIT: &str = "/v1/audit";
const VIEWS: &str = "/v1/views";
/// A view is behind when its oldest event has waited for so long, in milliseconds.
const BEHIND: i64 = 10_000;

#[derive(Default, Deserialize)]
struct Overview {
    totals: Vec<Totals>,
    members: Members,
    accounts: Accounts,
    activity: Activity,
    #[serde(default)]
    refusals: Option<Vec<Refused>>,
}

#[derive(Deserialize)]
struct Totals {
    asset: String,
    member_sum: String,
    system_sum: String,
    sum: String,
}

#[derive(Default, Deserialize)]
struct Members {
    active: i64,
    erasing: i64,
    erased: i64,
}

#[derive(Default, Deserialize)]
struct Accounts {
    open: i64,
    frozen: i64,
    closed: i64,
    system: i64,
}

#[derive(Default, Deserialize)]
struct Activity {
    minute: Vec<Bucket>,
    hour: Vec<Bucket>,
    day: Vec<Bucket>,
}

#[derive(Deserialize)]
struct Bucket {
    start: String,
    asset: String,
    transfers: i64,
    volume: String,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    count: i64,
}

#[derive(Deserialize)]
struct Refusals {
    items: Vec<Refused>,
}

#[derive(Deserialize)]
struct Audit {
    audited_position: Option<i64>,
    audited_at: Option<String>,
    head: i64,
    lag_ms: i64,
    alarms: Vec<Alarm>,
}

#[derive(Deserialize)]
struct Alarm {
    position: i64,
    rule: String,
    acknowledged_at: Option<String>,
}

#[derive(Deserialize)]
struct View {
    view: String,
    lag_events: i64,
    lag_ms: i64,
    state: String,
    parked_events: i64,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "_overview_figures.html")]
struct Figures {
    page: Page,
    trouble: Option<String>,
    totals: Vec<TotalRow>,
    members: Vec<(String, String)>,
    accounts: Vec<(String, String)>,
    proven: Option<Proven>,
    audit_trouble: Option<String>,
    lags: Vec<LagRow>,
    attention: Vec<Attention>,
}

struct TotalRow {
    asset: String,
    member_sum: String,
    system_sum: String,
    sum: String,
    is_balanced: bool,
}

struct Proven {
    sentence: String,
    at: Moment,
}

struct LagRow {
    view: String,
    events: String,
    lag: String,
    state: String,
    is_well: bool,
}

struct Attention {
    text: String,
    href: String,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Screen {
    page: Page,
    figures: Figures,
    assets: Vec<(String, bool)>,
    charts: Vec<Chart>,
    refusals: Vec<(String, String)>,
    refusals_trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, RawQuery(query): RawQuery) -> Response {
    let page = Page::new(&visit, "nav-overview").await;
    let (overview, refusals) = tokio::join!(
        visit.get::<Overview>(Address::query(OVERVIEW)),
        visit.get::<Refusals>(Address::query("/v1/dashboard/refusals").with("from", &a_day_ago(&visit))),
    );
    let (figures, overview) = figures(&visit, &page, overview).await;
    let overview = overview.unwrap_or_default();
    let (refusals, refusals_trouble) = match (refusals, overview.refusals) {
        (Ok(refusals), _) => (refusals.items, None),
        (Err(_), Some(today)) => (today, None),
        (Err(failure), None) => (Vec::new(), Some(failure.words(page.language()))),
    };
    let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "asset")
        .map(|(_, asset)| asset.into_owned());
    let known: Vec<String> = overview.totals.iter().map(|totals| totals.asset.clone()).collect();
    let busiest = busiest(&overview.activity.day).or_else(|| known.first().cloned()).unwrap_or_default();
    let asset = asked.filter(|asked| known.contains(asked)).unwrap_or(busiest);
    let charts = charts(&page, &overview.activity, &asset, visit.house().now());
    let assets = known.into_iter().map(|known| (known.clone(), known == asset)).collect();
    let refusals = by_code(&page, refusals);
    show(&Screen { page, figures, assets, charts, refusals, refusals_trouble })
}

/// `/live/overview`: the figures, whenever they change.
pub(crate) async fn live(SignedIn(visit): SignedIn) -> Response {
    live::shared_part(visit, "overview".to_owned(), |visit| async move {
        let overview = visit.shared(Address::query(OVERVIEW)).await?;
        let page = Page::new(&visit, "nav-overview").await;
        let (figures, _) = figures(&visit, &page, Ok(overview)).await;
        live::rendered(&figures)
    })
}

async fn figures(visit: &Visit, page: &Page, overview: Result<Overview, Failure>) -> (Figures, Option<Overview>) {
    let (audit, views, waiting) = tokio::join!(
        visit.shared::<Audit>(Address::query(AUDIT)),
        visit.shared::<Vec<View>>(Address::query(VIEWS)),
        waiting(visit),
    );
    let (overview, trouble) = page.part(overview);
    let (audit, audit_trouble) = page.part(audit);
    let views = views.unwrap_or_default();
    let figures = Figures {
        page: page.clone(),
        trouble,
        totals: overview.iter().flat_map(|overview| &overview.totals).map(|totals| total(page, totals)).collect(),
        members: overview.as_ref().map(|overview| members(page, &overview.members)).unwrap_or_default(),
        accounts: overview.as_ref().map(|overview| accounts(page, &overview.accounts)).unwrap_or_default(),
        proven: audit.as_ref().map(|audit| proven(page, audit)),
        audit_trouble,
        lags: views.iter().map(|view| lag(page, view)).collect(),
        attention: attention(page, overview.as_ref(), audit.as_ref(), &views, &waiting),
    };
    (figures, overview)
}

fn total(page: &Page, totals: &Totals) -> TotalRow {
    let shown = |amount: &str| page.format.amount(amount, &totals.asset);
    TotalRow {
        asset: totals.asset.clone(),
        member_sum: shown(&totals.member_sum),
        system_sum: shown(&totals.system_sum),
        sum: shown(&totals.sum),
        is_balanced: totals.sum == "0",
    }
}

fn members(page: &Page, members: &Members) -> Vec<(String, String)> {
    let of = [("active", members.active), ("erasing", members.erasing), ("erased", members.erased)];
    of.map(|(state, number)| (page.word("member", state), count(number))).to_vec()
}

fn accounts(page: &Page, accounts: &Accounts) -> Vec<(String, String)> {
    let of = [
        ("open", accounts.open),
        ("frozen", accounts.frozen),
        ("closed", accounts.closed),
        ("system", accounts.system),
    ];
    of.map(|(state, number)| (page.word("account", state), count(number))).to_vec()
}

fn proven(page: &Page, audit: &Audit) -> Proven {
    let language = page.language();
    let sentence = match audit.audited_position {
        Some(position) => language.text_with(
            "overview-proven",
            &[("position", &count(position)), ("head", &count(audit.head)), ("lag", &duration(audit.lag_ms))],
        ),
        None => language.text("overview-not-proven"),
    };
    Proven { sentence, at: page.format.time(audit.audited_at.as_deref().unwrap_or_default()) }
}

fn lag(page: &Page, view: &View) -> LagRow {
    LagRow {
        view: view.view.clone(),
        events: count(view.lag_events),
        lag: duration(view.lag_ms),
        state: page.word("view-state", &view.state),
        is_well: is_well(view),
    }
}

fn is_well(view: &View) -> bool {
    view.state == "live" && view.lag_ms < BEHIND && view.parked_events == 0
}

/// How much waits for somebody; none if nothing does, or if nobody can say.
struct Waiting {
    stuck: Option<String>,
    approvals: Option<String>,
    /// Of what `jangbu doctor` looked at, what failed.
    failures: Option<String>,
    /// There should be a report of `jangbu doctor`, and there is none of late.
    is_unlooked: bool,
}

async fn waiting(visit: &Visit) -> Waiting {
    let (stuck, approvals, report) = tokio::join!(
        visit.shared::<Value>(Address::query("/v1/processes").with("state", "stuck")),
        visit.shared::<Value>(Address::query("/v1/approvals").with("status", "pending")),
        Report::read(visit.house().doctor_report.as_deref()),
    );
    let number = |answer: Result<Value, Failure>| {
        let answer = answer.ok()?;
        let number = answer["items"].as_array().filter(|items| !items.is_empty())?.len();
        let more = if answer["next_cursor"].is_string() { "+" } else { "" };
        Some(format!("{number}{more}"))
    };
    let is_unlooked = match &report {
        Ok(report) => report.is_old(visit.house().clock.now()),
        Err(why) => *why != NoReport::Off,
    };
    let failures = report.ok().map(|report| report.failures()).filter(|failures| *failures > 0);
    Waiting {
        stuck: number(stuck),
        approvals: number(approvals),
        failures: failures.map(|failures| failures.to_string()),
        is_unlooked,
    }
}

fn attention(
    page: &Page,
    overview: Option<&Overview>,
    audit: Option<&Audit>,
    views: &[View],
    waiting: &Waiting,
) -> Vec<Attention> {
    let language = page.language();
    let mut all = Vec::new();
    let mut add = |key: &str, values: &[(&'static str, &str)], href: String| {
        all.push(Attention { text: language.text_with(key, values), href });
    };
    for alarm in audit.iter().flat_map(|audit| &audit.alarms).filter(|alarm| alarm.acknowledged_at.is_none()) {
        let href = format!("/log/positions/{}", alarm.position);
        add("attention-alarm", &[("rule", &alarm.rule), ("position", &count(alarm.position))], href);
    }
    for totals in overview.iter().flat_map(|overview| &overview.totals).filter(|totals| totals.sum != "0") {
        add("attention-sum", &[("asset", &totals.asset)], "/".to_owned());
    }
    for view in views.iter().filter(|view| !is_well(view)) {
        let key = if view.state != "live" {
            "attention-view-state"
        } else if view.parked_events > 0 {
            "attention-view-parked"
        } else {
            "attention-view-lag"
        };
        let values: [(&'static str, &str); 4] = [
            ("view", view.view.as_str()),
            ("state", &page.word("view-state", &view.state)),
            ("parked", &count(view.parked_events)),
            ("lag", &duration(view.lag_ms)),
        ];
        add(key, &values, format!("/views/{}", view.view));
    }
    if let Some(failures) = &waiting.failures {
        add("attention-doctor", &[("count", failures)], "/health".to_owned());
    }
    if waiting.is_unlooked {
        add("attention-doctor-old", &[], "/health".to_owned());
    }
    if let Some(stuck) = &waiting.stuck {
        add("attention-stuck", &[("count", stuck)], "/processes?state=stuck".to_owned());
    }
    if let Some(approvals) = &waiting.approvals {
        add("attention-approvals", &[("count", approvals)], "/approvals".to_owned());
    }
    all
}

/// The asset with the most transfers of late.
fn busiest(days: &[Bucket]) -> Option<String> {
    let mut transfers: BTreeMap<&str, i64> = BTreeMap::new();
    for bucket in days {
        *transfers.entry(&bucket.asset).or_default() += bucket.transfers;
    }
    transfers.into_iter().max_by_key(|(_, number)| *number).map(|(asset, _)| asset.to_owned())
}

fn charts(page: &Page, activity: &Activity, asset: &str, now: i64) -> Vec<Chart> {
    let words = |title: &str, value: &str| Words {
        title: page.language().text_with(title, &[("asset", asset)]),
        table: page.t("chart-table"),
        time: page.t("column-time"),
        value: page.language().text_with(value, &[("asset", asset)]),
        empty: page.t("chart-empty"),
    };
    let transfers = |bucket: &Bucket| bucket.transfers as f64;
    let volume = |bucket: &Bucket| if bucket.asset == asset { page.format.units(&bucket.volume, asset) } else { 0.0 };
    let minutes = filled(page, &sums(&activity.minute, transfers), (now, 60, 60));
    let hours = filled(page, &sums(&activity.hour, transfers), (now, 3600, 48));
    let volumes = |title: &str, points: Vec<Point>, id: &'static str| {
        Chart::new(id, words(title, "column-volume"), Shape::Bars, points)
    };
    vec![
        Chart::new("minute", words("chart-minute", "column-transfers"), Shape::Bars, minutes),
        Chart::new("hour", words("chart-hour", "column-transfers"), Shape::Bars, hours),
        Chart::new(
            "day",
            words("chart-day", "column-transfers"),
            Shape::Bars,
            days(page, sums(&activity.day, transfers), now),
        ),
        volumes("chart-volume-minute", filled(page, &sums(&activity.minute, volume), (now, 60, 60)), "volume-minute"),
        volumes("chart-volume-hour", filled(page, &sums(&activity.hour, volume), (now, 3600, 48)), "volume-hour"),
        volumes("chart-volume", days(page, sums(&activity.day, volume), now), "volume"),
    ]
}

fn sums(buckets: &[Bucket], value: impl Fn(&Bucket) -> f64) -> BTreeMap<i64, f64> {
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    for bucket in buckets {
        if let Ok(start) = bucket.start.parse::<DateTime<Utc>>() {
            *sums.entry(start.timestamp()).or_default() += value(bucket);
        }
    }
    sums
}

fn by_code(page: &Page, refusals: Vec<Refused>) -> Vec<(String, String)> {
    let mut numbers: BTreeMap<String, i64> = BTreeMap::new();
    for refused in refusals {
        *numbers.entry(refused.code).or_default() += refused.count;
    }
    let mut sorted: Vec<(String, i64)> = numbers.into_iter().collect();
    sorted.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    sorted.into_iter().map(|(code, number)| (page.word("problem", &code), count(number))).collect()
}

fn a_day_ago(visit: &Visit) -> String {
    let at = visit.house().clock.now() - TimeDelta::days(1);
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
