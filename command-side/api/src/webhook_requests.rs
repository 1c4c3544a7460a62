//! What can be asked of the sender of webhooks: an example, a delivery once more, what was missed.

use application::{AskWebhook, Command, Outcome, WebhookRequest};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, DeliveryId, WebhookId};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    answer::json,
    body::{NothingRequest, path_id, time},
    caller::{Caller, WebhookAskers},
    state::ApiState,
    submit::{Asked, submit, submit_on},
    webhook_events::event_name,
};

/// Asks for an example.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookExample)]
pub(crate) struct ExampleRequest {
    /// The type of public event; whether the filter has it does not matter.
    #[serde(deserialize_with = "event_name")]
    #[schema(examples("transfer.posted"))]
    event: String,
}

/// Asks for what was missed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRecovery)]
pub(crate) struct RecoverRequest {
    /// What was recorded at this time or later, by the log's clock.
    #[serde(deserialize_with = "time")]
    since: DateTime<Utc>,
}

/// What the sender does next is seen in the webhook's deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AskedWebhook)]
pub(crate) struct AskedDto {
    /// The webhook.
    #[schema(value_type = Uuid)]
    webhook_id: WebhookId,
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    match outcome {
        Outcome::WebhookAsked(webhook_id) => Some(json(StatusCode::ACCEPTED, &AskedDto { webhook_id: *webhook_id })),
        _ => None,
    }
}

fn ask(webhook: Uuid, request: WebhookRequest) -> Command {
    Command::AskWebhook(AskWebhook { webhook: WebhookId::new(webhook), request })
}

/// Send an example
///
/// An event that is made up is sent to the webhook, signed like any other.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/example", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")),
    request_body = ExampleRequest,
    responses((status = 202, description = "The sender was asked", body = AskedDto)),
)]
pub(crate) async fn send_example(
    State(state): State<ApiState>,
    caller: Caller<WebhookAskers>,
    Path(id): Path<String>,
    Json(body): Json<ExampleRequest>,
) -> Result<Response, Problem> {
    let command = |webhook| ask(webhook, WebhookRequest::Example(body.event.clone()));
    submit_on(&state, caller, ("POST /v1/webhooks/{id}/example", &id), &body, command, respond).await
}

/// Send a delivery again
///
/// The event is sent once more now, whatever became of the delivery before. It has the same `webhook-id`, so that a receiver notices.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/deliveries/{delivery}/resend", tag = "webhooks", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The webhook"),
        ("delivery" = Uuid, Path, description = "The delivery; one that is not of this webhook is passed over"),
    ),
    request_body = NothingRequest,
    responses((status = 202, description = "The sender was asked", body = AskedDto)),
)]
pub(crate) async fn resend_delivery(
    State(state): State<ApiState>,
    caller: Caller<WebhookAskers>,
    Path((id, delivery)): Path<(String, String)>,
    OptionalJson(NothingRequest {}): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let (webhook, delivery) = (path_id(&id)?, path_id(&delivery)?);
    let command = ask(webhook, WebhookRequest::Resend(DeliveryId::new(delivery)));
    // The second id of the path is part of what is asked for.
    let route = "POST /v1/webhooks/{id}/deliveries/{delivery}/resend";
    submit(&state, caller, Asked { route, id: Some(webhook), body: &delivery }, command, respond).await
}

/// Recover deliveries
///
/// Every event of the filter that was recorded since then and was not delivered is sent, in its order.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/recover", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")),
    request_body = RecoverRequest,
    responses((status = 202, description = "The sender was asked", body = AskedDto)),
)]
pub(crate) async fn recover_deliveries(
    State(state): State<ApiState>,
    caller: Caller<WebhookAskers>,
    Path(id): Path<String>,
    Json(body): Json<RecoverRequest>,
) -> Result<Response, Problem> {
    let command = |webhook| ask(webhook, WebhookRequest::Recover(body.since));
    submit_on(&state, caller, ("POST /v1/webhooks/{id}/recover", &id), &body, command, respond).await
}
