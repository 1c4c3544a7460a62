//! The views: how far each is.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::view_lag;
use crate::{
    chart::Chart,
    client::{Address, Failure},
    format::{Moment, count, duration},
    live,
    page::{Page, show},
    visit::{SignedIn, Visit},
};

const VIEWS: &str = "/v1/views";

#[derive(Deserialize)]
struct View {
    view: String,
    generation: i64,
    position: i64,
    head: Option<i64>,
    lag_events: i64,
    lag_ms: i64,
    state: String,
    parked_events: i64,
    paused_since: Option<String>,
    updated_at: String,
}

struct Row {
    view: String,
    generation: i64,
    position: String,
    head: String,
    events: String,
    lag: String,
    state: String,
    tone: String,
    parked: String,
    has_parked: bool,
    paused: Option<Moment>,
    updated: Moment,
}

/// The part that renews itself.
#[derive(Template)]
#[template(path = "_views_table.html")]
struct Table {
    page: Page,
    rows: Vec<Row>,
    lag: Chart,
    trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "views.html")]
struct Screen {
    page: Page,
    table: Table,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn) -> Response {
    let page = Page::plain(&visit, "nav-views");
    let table = match table(&visit).await {
        Ok(table) => table,
        Err(failure) => {
            let trouble = Some(failure.words(page.language()));
            Table { rows: Vec::new(), lag: view_lag::of_slowest(&visit, &page), page: page.clone(), trouble }
        }
    };
    show(&Screen { page, table })
}

/// `/live/views`: the table, whenever it changes.
pub(crate) async fn live(SignedIn(visit): SignedIn) -> Response {
    live::shared_part(visit, "views".to_owned(), |visit| async move { live::rendered(&table(&visit).await?) })
}

async fn table(visit: &Visit) -> Result<Table, Failure> {
    let views: Vec<View> = visit.shared(Address::query(VIEWS)).await?;
    let page = Page::plain(visit, "nav-views");
    let rows = views.into_iter().map(|view| row(&page, view)).collect();
    Ok(Table { rows, lag: view_lag::of_slowest(visit, &page), page, trouble: None })
}

fn row(page: &Page, view: View) -> Row {
    Row {
        generation: view.generation,
        position: count(view.position),
        head: view.head.map(count).unwrap_or_default(),
        events: count(view.lag_events),
        lag: duration(view.lag_ms),
        state: page.word("view-state", &view.state),
        tone: view.state,
        parked: count(view.parked_events),
        has_parked: view.parked_events > 0,
        paused: view.paused_since.map(|text| page.format.time(&text)),
        updated: page.format.time(&view.updated_at),
        view: view.view,
    }
}
