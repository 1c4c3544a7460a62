//! Webhooks, and what was sent to them.

use std::convert::identity;

use axum::extract::State;
use kernel::{Actor, Role, WebhookId};
use platform::{
    auth::{Admitted, Principal},
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Delivery, DeliveryFilter, Page, Webhook};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, DeliveryState, Freshness, Limit, Nothing, Time},
    readers::WebhookOwners,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<WebhookOwners>(routes!(list)).answers(&[Code::CursorInvalid]),
        Route::of::<WebhookOwners>(routes!(one)).answers(&[Code::WebhookUnknown]),
        Route::of::<WebhookOwners>(routes!(deliveries)).answers(&[Code::WebhookUnknown, Code::CursorInvalid]),
    ]
}

/// Part of a list of webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookPage {
    /// Newest first.
    pub items: Vec<Webhook>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Webhook>> for WebhookPage {
    fn from(page: Page<Webhook>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Part of the deliveries of a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryPage {
    /// Newest first.
    pub items: Vec<Delivery>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Delivery>> for DeliveryPage {
    fn from(page: Page<Delivery>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WebhooksQuery {
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// With this status.
    #[param(value_type = Option<String>, pattern = "^(pending|delivered|failed|dropped)$", example = "pending", nullable = false)]
    status: Option<DeliveryState>,
    /// Made at this time or later.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<Time>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// As whom webhooks are looked at: an operator sees those of all, everybody else their own.
fn asker(principal: &Principal) -> Option<Actor> {
    Some(principal.actor).filter(|actor| actor.role != Role::Operator)
}

fn unknown() -> Problem {
    Problem::new(Code::WebhookUnknown).detail("there is no such webhook of yours")
}

/// Webhooks, newest first; a service sees its own.
#[utoipa::path(get, operation_id = "webhooks", security(("bearer" = [])), path = "/v1/webhooks", tag = "webhooks",
    params(WebhooksQuery), responses((status = 200, description = "Part of the list", body = WebhookPage)))]
pub async fn list(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<WebhookOwners>,
    Freshness(need, asked): Freshness,
    Query(query): Query<WebhooksQuery>,
) -> Result<Answer<WebhookPage>, Problem> {
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    let webhooks = api.reads.webhooks(asker(&principal), cursor, limit, &need).await;
    Ok(Answer::of(webhooks, WebhookPage::from)?.preferred(asked))
}

/// One webhook, with whether anything is sent to it and why not; for a service, one of its own.
#[utoipa::path(get, operation_id = "webhook_by_id", security(("bearer" = [])), path = "/v1/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, format = Uuid, description = "The webhook"),),
    responses((status = 200, description = "The webhook", body = Webhook)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<WebhookOwners>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Webhook>, Problem> {
    let webhook = api.reads.webhook(asker(&principal), WebhookId::new(id), &need).await;
    Ok(Answer::found(webhook, identity, unknown)?.preferred(asked))
}

/// What was sent to a webhook and what is to be sent, newest first, with each attempt. Deliveries that are over are kept for a while only.
#[utoipa::path(get, operation_id = "webhook_deliveries", security(("bearer" = [])), path = "/v1/webhooks/{id}/deliveries",
    tag = "webhooks", params(("id" = String, Path, format = Uuid, description = "The webhook"), DeliveriesQuery),
    responses((status = 200, description = "Part of the list", body = DeliveryPage)))]
pub async fn deliveries(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<WebhookOwners>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Answer<DeliveryPage>, Problem> {
    let filter = DeliveryFilter { status: query.status.map(|status| status.0), from: query.from.map(Time::or_after) };
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    let page = api.reads.webhook_deliveries(asker(&principal), WebhookId::new(id), filter, cursor, limit, &need).await;
    Ok(Answer::found(page, DeliveryPage::from, unknown)?.preferred(asked))
}
