//! What `jangbu doctor` says, what each process says of itself, and how far the books are proven.

use askama::Template;
use axum::response::Response;
use chrono::DateTime;
use futures::future::join_all;
use serde::Deserialize;

use super::health_doctor::Doctor;
use crate::{
    client::{Address, Probed},
    format::{Moment, bytes, count, duration},
    house::House,
    live,
    page::{Page, show},
    visit::{SignedIn, Visit},
};

#[derive(Deserialize)]
struct Audit {
    auditor: Option<String>,
    audited_position: Option<i64>,
    audited_at: Option<String>,
    head: i64,
    lag_ms: i64,
    invariants: Vec<Invariant>,
}

#[derive(Deserialize)]
struct Invariant {
    rule: String,
    checked: i64,
    found: i64,
}

struct ProcessRow {
    name: &'static str,
    href: String,
    status: String,
    tone: String,
    checks: Vec<CheckRow>,
    started: Option<Moment>,
    memory: String,
    files: String,
    cpu: String,
    requests: String,
    restarts: String,
}

struct CheckRow {
    text: String,
    is_well: bool,
}

struct RuleRow {
    rule: String,
    checked: String,
    found: String,
    is_kept: bool,
}

struct Proven {
    auditor: String,
    position: String,
    head: String,
    lag: String,
    at: Moment,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "_health_figures.html")]
struct Figures {
    page: Page,
    processes: Vec<ProcessRow>,
    proven: Option<Proven>,
    rules: Vec<RuleRow>,
    trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "health.html")]
struct Screen {
    page: Page,
    doctor: Doctor,
    figures: Figures,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn) -> Response {
    let page = Page::plain(&visit, "nav-health");
    let (doctor, figures) = tokio::join!(Doctor::read(&visit, &page), figures(&visit));
    show(&Screen { page, doctor, figures })
}

/// `/live/health`: the same, whenever it changes.
pub(crate) async fn live(SignedIn(visit): SignedIn) -> Response {
    live::shared_part(visit, "health".to_owned(), |visit| async move { live::rendered(&figures(&visit).await) })
}

async fn figures(visit: &Visit) -> Figures {
    let page = Page::plain(visit, "nav-health");
    let house = visit.house();
    let (probed, audit) = tokio::join!(probed(house), visit.shared::<Audit>(Address::query("/v1/audit")));
    let names = house.probed.iter().map(|(name, _)| *name);
    let processes = names.zip(probed).map(|(name, probed)| process(&page, name, probed)).collect();
    let (audit, trouble) = page.part(audit);
    let proven = audit.as_ref().map(|audit| proven(&page, audit));
    let rules = audit.map(|audit| audit.invariants).unwrap_or_default().into_iter().map(rule).collect();
    Figures { page, processes, proven, rules, trouble }
}

/// All of them, asked once for all who look.
async fn probed(house: &House) -> Vec<Probed> {
    let asked = house.probed.iter().map(|(_, base)| house.client.probe(base));
    house.probes.get(join_all(asked)).await
}

fn process(page: &Page, name: &'static str, probed: Probed) -> ProcessRow {
    let tone = if probed.status.is_empty() { "away".to_owned() } else { probed.status.replace(' ', "-") };
    let whole = |number: Option<f64>| number.map(|number| count(number as i64)).unwrap_or_default();
    let started = probed.started.and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0));
    let check = |(check, word): (String, String)| CheckRow { is_well: word == "ok", text: format!("{check}: {word}") };
    ProcessRow {
        name,
        href: format!("/health/{name}"),
        status: page.word("ready", &tone),
        tone,
        checks: probed.checks.into_iter().map(check).collect(),
        started: started.map(|at| page.format.moment(at)),
        memory: probed.memory_bytes.map(bytes).unwrap_or_default(),
        files: whole(probed.open_files),
        cpu: probed.cpu_seconds.map(|seconds| format!("{seconds:.0} s")).unwrap_or_default(),
        requests: whole(probed.requests),
        restarts: whole(probed.restarts),
    }
}

fn proven(page: &Page, audit: &Audit) -> Proven {
    Proven {
        auditor: audit.auditor.clone().unwrap_or_default(),
        position: audit.audited_position.map(count).unwrap_or_default(),
        head: count(audit.head),
        lag: duration(audit.lag_ms),
        at: page.format.time(audit.audited_at.as_deref().unwrap_or_default()),
    }
}

fn rule(invariant: Invariant) -> RuleRow {
    RuleRow {
        rule: invariant.rule,
        checked: count(invariant.checked),
        found: count(invariant.found),
        is_kept: invariant.found == 0,
    }
}
