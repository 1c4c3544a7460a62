//! One webhook: its health, what was sent and what came back, and what its sender is asked to do.

use askama::Template;
use axum::response::Response;
use platform::extract::{Path, Query};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    webhook_acts::{example_form, recover_form},
    webhook_forms::{change_form, delete_form, rotate_form},
    webhooks::{Health, Webhook, health, owner},
};
use crate::{
    client::{Address, Failure},
    form::Form,
    format::{Moment, duration},
    links,
    page::{Choice, Page, show},
    visit::SignedIn,
};

/// Deliveries on a page; each has its attempts, and each attempt what was answered.
const LIMIT: &str = "20";
/// Attempts of a delivery that are shown, and characters of each answer.
const ATTEMPTS: usize = 5;
const ANSWER: usize = 160;

const STATUSES: [&str; 4] = ["pending", "delivered", "failed", "dropped"];

/// Which deliveries, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    status: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Deliveries {
    items: Vec<Delivery>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Delivery {
    delivery_id: String,
    event_id: String,
    r#type: String,
    status: String,
    attempts: Vec<Attempt>,
    next_at: Option<String>,
    created_at: String,
}

#[derive(Deserialize)]
struct Attempt {
    at: String,
    status: Option<i64>,
    duration_ms: i64,
    error: Option<String>,
    response_start: Option<String>,
}

struct Row {
    id: String,
    event: String,
    kind: String,
    status: String,
    tone: String,
    created: Moment,
    next: Option<Moment>,
    /// How many there were.
    tries: usize,
    /// The last ones, newest first.
    attempts: Vec<AttemptRow>,
}

struct AttemptRow {
    at: Moment,
    /// The status of the answer, or why there was none.
    came: String,
    took: String,
    answer: String,
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct Screen {
    page: Page,
    id: String,
    url: String,
    owner: String,
    events: String,
    description: Option<String>,
    is_enabled: bool,
    health: Health,
    created: Moment,
    position: i64,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    /// What whoever looks may ask of it.
    forms: Vec<Form>,
}

pub(crate) async fn screen(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "webhook-title");
    let status = STATUSES.into_iter().find(|status| *status == asked.status).unwrap_or_default();
    let at = Address::query("/v1/webhooks").segment(&id.to_string());
    let listed =
        at.clone().segment("deliveries").with("status", status).with("cursor", &asked.cursor).with("limit", LIMIT);
    let (webhook, deliveries) = tokio::join!(visit.get::<Webhook>(at), visit.get::<Deliveries>(listed));
    let webhook = webhook?;
    let (deliveries, trouble) = page.part(deliveries);
    let cursor = deliveries.as_ref().and_then(|deliveries| deliveries.next_cursor.as_ref());
    let more = links::more(&format!("/webhooks/{id}"), &[("status", status)], cursor);
    let items = deliveries.map(|deliveries| deliveries.items).unwrap_or_default();
    let rows = items.into_iter().map(|delivery| row(&page, delivery)).collect();
    Ok(show(&Screen {
        forms: forms(&page, id, &webhook),
        health: health(&page, &webhook),
        owner: owner(&webhook.owner),
        events: webhook.events.join(", "),
        is_enabled: webhook.status == "enabled",
        created: page.format.time(&webhook.created_at),
        position: webhook.position,
        statuses: page.choices("delivery", &STATUSES, status),
        rows,
        more,
        trouble,
        id: webhook.webhook_id,
        url: webhook.url,
        description: webhook.description,
        page,
    }))
}

fn forms(page: &Page, id: Uuid, webhook: &Webhook) -> Vec<Form> {
    if !page.may("support") {
        return Vec::new();
    }
    let named = webhook.events.iter().find(|name| name.as_str() != "*");
    let mut forms =
        vec![recover_form(page, id), example_form(page, id, named.map_or("transfer.posted", String::as_str))];
    if page.may("admin") {
        let change = change_form(page, id, &webhook.url, &webhook.events);
        forms.extend([change, rotate_form(page, id), delete_form(page, id)]);
    }
    forms
}

fn row(page: &Page, delivery: Delivery) -> Row {
    Row {
        id: delivery.delivery_id,
        event: delivery.event_id,
        kind: delivery.r#type,
        status: page.word("delivery", &delivery.status),
        tone: delivery.status,
        created: page.format.time(&delivery.created_at),
        next: delivery.next_at.map(|text| page.format.time(&text)),
        tries: delivery.attempts.len(),
        attempts: delivery
            .attempts
            .into_iter()
            .rev()
            .take(ATTEMPTS)
            .map(|attempt| attempt_row(page, attempt))
            .collect(),
    }
}

fn attempt_row(page: &Page, attempt: Attempt) -> AttemptRow {
    let status = attempt.status.map(|status| status.to_string());
    AttemptRow {
        at: page.format.time(&attempt.at),
        came: status.or(attempt.error).unwrap_or_default(),
        took: duration(attempt.duration_ms),
        answer: attempt.response_start.unwrap_or_default().chars().take(ANSWER).collect(),
    }
}
