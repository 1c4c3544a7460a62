//! Webhooks: whose they are, where they lead, and whether anything arrives.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use super::webhook_forms::create_form;
use crate::{
    client::Address,
    form::Form,
    format::Moment,
    links,
    page::{Page, show},
    visit::SignedIn,
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Webhooks {
    items: Vec<Webhook>,
    next_cursor: Option<String>,
}

/// A webhook, as the query server tells it.
#[derive(Deserialize)]
pub(super) struct Webhook {
    pub(super) webhook_id: String,
    pub(super) owner: Owner,
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) status: String,
    pub(super) disabled_because: Option<String>,
    pub(super) failing_since: Option<String>,
    pub(super) created_at: String,
    pub(super) position: i64,
}

/// Whose it is.
#[derive(Deserialize)]
pub(super) struct Owner {
    role: String,
    id: String,
}

/// How it goes with a webhook: a word, and its tone.
pub(super) struct Health {
    pub(super) word: String,
    pub(super) tone: &'static str,
    pub(super) failing: Option<Moment>,
}

struct Row {
    href: String,
    url: String,
    owner: String,
    events: String,
    health: Health,
    created: Moment,
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    create: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-webhooks");
    let address = Address::query("/v1/webhooks").with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Webhooks>(address).await);
    let more = links::more("/webhooks", &[], found.as_ref().and_then(|found| found.next_cursor.as_ref()));
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|webhook| row(&page, webhook)).collect();
    let create = page.may("admin").then(|| create_form(&page));
    show(&Screen { page, rows, more, trouble, create })
}

fn row(page: &Page, webhook: Webhook) -> Row {
    Row {
        href: links::to("webhook", &webhook.webhook_id),
        health: health(page, &webhook),
        owner: owner(&webhook.owner),
        events: webhook.events.join(", "),
        created: page.format.time(&webhook.created_at),
        url: webhook.url,
    }
}

pub(super) fn owner(owner: &Owner) -> String {
    format!("{} {}", owner.role, owner.id)
}

/// One that is disabled says why; one that is enabled may fail all the same.
pub(super) fn health(page: &Page, webhook: &Webhook) -> Health {
    let failing = webhook.failing_since.as_deref().map(|text| page.format.time(text));
    let (word, tone) = match (webhook.status.as_str(), &webhook.disabled_because) {
        ("enabled", _) if failing.is_some() => (page.t("webhook-failing"), "bad"),
        ("enabled", _) => (page.t("webhook-well"), "good"),
        (_, Some(why)) => (page.word("webhook-disabled", why), "bad"),
        (status, None) => (status.to_owned(), "bad"),
    };
    Health { word, tone, failing }
}
