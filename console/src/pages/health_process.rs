//! One process: its checks, and every metric of it.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;

use crate::{
    client::{Failure, Series},
    page::{Page, show},
    posted::refused,
    visit::SignedIn,
};

/// So many series a page shows; a process that has more is looked at with Prometheus.
const MOST: usize = 300;

#[derive(Template)]
#[template(path = "health_process.html")]
struct Screen {
    page: Page,
    status: String,
    tone: String,
    checks: Vec<(String, String)>,
    series: Vec<Series>,
    is_cut: bool,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(name): Path<String>) -> Result<Response, Failure> {
    let house = visit.house();
    let known = house.probed.iter().find(|(known, _)| *known == name);
    let Some((name, base)) = known else { return Err(refused(404, "not-found")) };
    let (probed, series) = tokio::join!(house.client.probe(base), house.client.metrics(base));
    let page = Page::plain(&visit, "nav-health").titled((*name).to_owned());
    let tone = if probed.status.is_empty() { "away".to_owned() } else { probed.status.replace(' ', "-") };
    let mut series = series.unwrap_or_default();
    let is_cut = series.len() > MOST;
    series.truncate(MOST);
    Ok(show(&Screen { status: page.word("ready", &tone), tone, checks: probed.checks, series, is_cut, page }))
}
