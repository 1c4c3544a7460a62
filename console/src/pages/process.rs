//! One process: its steps, what the outside answered, and how an operator has it go on.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::process_events::{self, EventOfStep};
use crate::{
    client::{Address, Failure},
    format::{Moment, count},
    links,
    page::{Page, show},
    posted::{Posted, refused},
    visit::SignedIn,
};

#[derive(Deserialize)]
struct Process {
    process_id: String,
    kind: String,
    state: String,
    steps: Vec<Step>,
    money: Money,
    account_id: String,
    owner: String,
    provider: Option<String>,
    product: Option<String>,
    hold_id: Option<String>,
    started_at: String,
    ended_at: Option<String>,
    position: i64,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    state: String,
    tries: i64,
    last_error_code: Option<String>,
    at: String,
}

#[derive(Deserialize)]
struct Money {
    asset: String,
    amount: String,
}

struct Link {
    href: String,
    text: String,
}

struct StepRow {
    name: String,
    state: String,
    tone: String,
    tries: String,
    error: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "process.html")]
struct Screen {
    page: Page,
    id: String,
    kind: String,
    state: String,
    tone: String,
    money: String,
    account: String,
    account_href: String,
    owner: String,
    owner_href: String,
    provider: Option<String>,
    product: Option<String>,
    hold: Option<Link>,
    started: Moment,
    ended: Option<Moment>,
    position: i64,
    steps: Vec<StepRow>,
    events: Vec<EventOfStep>,
    events_trouble: Option<String>,
    goes_on: bool,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "process-title").await;
    let name = id.to_string();
    let address = Address::query("/v1/processes").segment(&name);
    let (process, events) = tokio::join!(visit.get::<Process>(address), process_events::read(&visit, &name));
    let process = process?;
    let (events, events_trouble) = page.part(events);
    let events = events.map(|part| process_events::of_steps(&page, part)).unwrap_or_default();
    let kind = page.word("process-kind", &process.kind);
    Ok(show(&Screen {
        state: page.word("process-state", &process.state),
        goes_on: !matches!(process.state.as_str(), "done" | "compensated"),
        tone: process.state,
        money: page.format.money(&process.money.amount, &process.money.asset),
        account_href: links::to("account", &process.account_id),
        account: process.account_id,
        owner_href: links::to("member", &process.owner),
        owner: process.owner,
        provider: process.provider,
        product: process.product,
        hold: process.hold_id.map(|id| Link { href: links::to("hold", &id), text: id }),
        started: page.format.time(&process.started_at),
        ended: process.ended_at.map(|text| page.format.time(&text)),
        position: process.position,
        steps: process.steps.into_iter().map(|step| step_row(&page, step)).collect(),
        events,
        events_trouble,
        id: process.process_id,
        page: page.titled(kind.clone()),
        kind,
    }))
}

fn step_row(page: &Page, step: Step) -> StepRow {
    StepRow {
        name: page.word("step", &step.name),
        state: page.word("step-state", &step.state),
        tone: step.state,
        tries: count(step.tries),
        error: step.last_error_code.map(|code| page.word("problem", &code)).unwrap_or_default(),
        at: page.format.time(&step.at),
    }
}

/// `POST /processes/{id}/{act}`: has it try again, pass over its step, or take back what was done.
pub(crate) async fn act(
    SignedIn(visit): SignedIn,
    Path((id, what)): Path<(Uuid, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    let done = match what.as_str() {
        "retry" => "process-retried",
        "skip" => "process-skipped",
        "compensate" => "process-compensated",
        _ => return Err(refused(404, "not-found")),
    };
    let act = form.act()?;
    let address = Address::command("/v1/processes").segment(&id.to_string()).segment(&what);
    let answered = visit.act(address, &act, &json!({ "reason": act.reason })).await?;
    Ok(answered.leads_to(&format!("/processes/{id}?done={done}")))
}
