//! The rates of the exchange: what was set last for each pair, and the setting of one. No view has them: they are read in the log.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use kernel::AssetCode;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::log_event::{StreamEvent, plain};
use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    format::{Moment, count},
    links,
    page::{Choice, Page, show},
    posted::{Posted, refused_at},
    visit::{SignedIn, Visit},
};

/// So many streams are read at once.
const AT_ONCE: usize = 8;
/// Pairs that are looked for; with more assets than that makes, the rest is found under the log.
const MOST: usize = 90;

/// The end of a stream.
#[derive(Deserialize)]
struct Newest {
    items: Vec<StreamEvent>,
}

struct Row {
    from: String,
    to: String,
    rate: String,
    spread: String,
    expires: Moment,
    is_over: bool,
    set: Moment,
    by: String,
    href: String,
    history: String,
}

#[derive(Template)]
#[template(path = "rates.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    trouble: Option<String>,
    set_rate: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn) -> Response {
    let page = Page::new(&visit, "nav-rates").await;
    let codes: Vec<AssetCode> = page.format.decimals.keys().filter_map(|code| code.parse().ok()).collect();
    let pairs = codes.iter().flat_map(|from| codes.iter().map(move |to| (*from, *to)));
    let pairs: Vec<(AssetCode, AssetCode)> = pairs.filter(|(from, to)| from != to).take(MOST).collect();
    let read = stream::iter(pairs).map(|pair| last(&visit, pair)).buffered(AT_ONCE).collect::<Vec<_>>().await;
    let (mut rows, mut trouble) = (Vec::new(), None);
    for found in read {
        match found {
            Ok((from, to, Some(event))) => rows.push(row(&page, visit.house().now(), (from, to), event)),
            Ok((_, _, None)) => {}
            Err(failure) => trouble = Some(failure.words(page.language())),
        }
    }
    let set_rate = page.may("admin").then(|| set_form(&page));
    show(&Screen { page, rows, trouble, set_rate })
}

/// The last event of the stream of a pair; none if no rate was ever set.
async fn last(
    visit: &Visit,
    (from, to): (AssetCode, AssetCode),
) -> Result<(AssetCode, AssetCode, Option<StreamEvent>), Failure> {
    let address = Address::query("/v1/log/streams").segment(&from.rate_stream(to).to_string()).with("limit", "1");
    match visit.get::<Newest>(address).await {
        Ok(mut newest) => Ok((from, to, newest.items.pop())),
        Err(failure) if failure.is_not_found() && !failure.is_missing_route() => Ok((from, to, None)),
        Err(failure) => Err(failure),
    }
}

fn row(page: &Page, now: i64, (from, to): (AssetCode, AssetCode), event: StreamEvent) -> Row {
    let data = &event.data;
    let expires = data["expires_at"].as_str().unwrap_or_default();
    let ends = expires.parse::<DateTime<Utc>>().map_or(i64::MAX, |at| at.timestamp());
    Row {
        rate: plain(&data["rate"]),
        spread: data["spread_bps"].as_i64().map(count).unwrap_or_default(),
        expires: page.format.time(expires),
        is_over: ends <= now,
        set: page.format.time(&event.recorded_at),
        by: event.actor.text(),
        href: links::to("commit", &event.position.to_string()),
        history: links::to("stream", &from.rate_stream(to).to_string()),
        from: from.to_string(),
        to: to.to_string(),
    }
}

fn set_form(page: &Page) -> Form {
    let assets = || page.format.decimals.keys().map(|code| Choice::plain(code)).collect::<Vec<_>>();
    Form::new(page, "/rates", "rate-set")
        .field(Field::choice("from", "rate-from", assets()))
        .field(Field::choice("to", "rate-to", assets()))
        .field(Field::decimal("rate", "rate-rate", 35))
        .field(Field::digits("spread_bps", "rate-spread", 4).optional().filled("0"))
        .field(Field::digits("valid_for", "rate-seconds", 7).filled("3600"))
        .field(Field::reason())
}

/// Sets the rate of a pair.
pub(crate) async fn set(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match was_set(&visit, &form).await {
        Err(failure) => set_form(&Page::new(&visit, "nav-rates").await).again(&form, failure, "/rates"),
        leads => leads,
    }
}

async fn was_set(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let number = |name: &str, usual: u32| match form.get(name).trim() {
        "" => Ok(usual),
        text => text.parse::<u32>().map_err(|_| refused_at(name, "number-unreadable")),
    };
    let body = json!({
        "rate": form.get("rate").trim(),
        "spread_bps": number("spread_bps", 0)?,
        "valid_for": number("valid_for", 3600)?,
    });
    let (from, to) = (form.get("from"), form.get("to"));
    if from == to {
        return Err(refused_at("to", "assets-same"));
    }
    let done = visit.send(Method::PUT, Address::command("/v1/rates").segment(from).segment(to), &act, &body).await?;
    Ok(done.leads_to("/rates?done=rate-set"))
}
