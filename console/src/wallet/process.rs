//! What was begun with the outside, step by step.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use uuid::Uuid;

use super::{member::LoggedIn, own::Money};
use crate::{
    client::{Address, Failure},
    format::Moment,
    live::{self, Pulse},
    page::{Page, show},
    visit::Visit,
};

#[derive(Deserialize)]
struct Process {
    process_id: String,
    kind: String,
    state: String,
    money: Money,
    account_id: String,
    steps: Vec<Step>,
    started_at: String,
    ended_at: Option<String>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    state: String,
    tries: i64,
    last_error_code: Option<String>,
    at: String,
}

struct StepRow {
    name: String,
    state: String,
    tone: String,
    tries: i64,
    error: String,
    at: Moment,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "wallet/_process.html")]
struct Figures {
    page: Page,
    state: String,
    tone: String,
    money: String,
    account: String,
    began: Moment,
    ended: Moment,
    steps: Vec<StepRow>,
}

#[derive(Template)]
#[template(path = "wallet/process.html")]
struct Screen {
    page: Page,
    id: String,
    /// Where the code of a gift card is shown.
    card: Option<String>,
    figures: Figures,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "wallet-outside").await;
    let process = read(&visit, id).await?;
    let title = page.word("outside-kind", &process.kind);
    let id = process.process_id.clone();
    let card = (process.kind == "gift-card").then(|| format!("/wallet/gift-cards/{id}"));
    Ok(show(&Screen { card, figures: figures(&page, process), id, page: page.titled(title) }))
}

/// `/wallet/live/processes/{id}`
pub(crate) async fn live(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Response {
    live::part(visit, Pulse::Every, move |visit: Visit| async move {
        let page = Page::new(&visit, "wallet-outside").await;
        let process = read(&visit, id).await?;
        live::rendered(&figures(&page, process))
    })
}

async fn read(visit: &Visit, id: Uuid) -> Result<Process, Failure> {
    visit.get(Address::query("/v1/processes").segment(&id.to_string())).await
}

fn figures(page: &Page, process: Process) -> Figures {
    let step = |step: Step| StepRow {
        name: page.word("outside-step", &step.name),
        state: page.word("outside-step-state", &step.state),
        tone: step.state,
        tries: step.tries,
        error: step.last_error_code.map(|code| page.word("problem", &code)).unwrap_or_default(),
        at: page.format.time(&step.at),
    };
    Figures {
        page: page.clone(),
        state: page.word("outside-state", &process.state),
        tone: process.state,
        money: page.format.money(&process.money.amount, &process.money.asset),
        account: process.account_id,
        began: page.format.time(&process.started_at),
        ended: process.ended_at.map(|at| page.format.time(&at)).unwrap_or_default(),
        steps: process.steps.into_iter().map(step).collect(),
    }
}
