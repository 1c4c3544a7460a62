//! Webhooks: addresses that events are sent to. What is sent, and whether it arrived, is the sender's; here they are created, changed and
//! deleted, and the sender is asked for something.

use application::{ChangeWebhook, Command, CreateWebhook, DeleteWebhook, Outcome, RotateWebhook, WebhookAnswer};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, MemberId, Position, WebhookId};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Label, NothingRequest, path_id},
    caller::{Caller, WebhookAskers, WebhookOwners},
    endpoint::Endpoint,
    problems,
    state::ApiState,
    submit::{Asked, carry_out, command_id, respond_to, submit_on},
    webhook_events::{event_filter, optional_event_filter},
    webhook_requests,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let of_webhook = |handler| Endpoint::new(handler).by::<WebhookOwners>().raises([Code::WebhookUnknown]);
    let to_send_again = |handler| Endpoint::new(handler).by::<WebhookAskers>().raises([Code::WebhookUnknown]);
    vec![
        Endpoint::new(routes!(create_webhook)).by::<WebhookOwners>().raises([
            Code::UrlNotAllowed,
            Code::TooManyWebhooks,
            Code::VaultUnavailable,
        ]),
        of_webhook(routes!(change_webhook)).raises([Code::UrlNotAllowed]),
        of_webhook(routes!(delete_webhook)),
        of_webhook(routes!(rotate_webhook)).raises([Code::VaultUnavailable]),
        to_send_again(routes!(webhook_requests::send_example)),
        to_send_again(routes!(webhook_requests::resend_delivery)),
        to_send_again(routes!(webhook_requests::recover_deliveries)),
    ]
}

/// Asks for events to be sent to an address.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRequest)]
pub(crate) struct CreateRequest {
    /// Where to: `https://`, without a user and without a fragment. `http://` only to networks that `JANGBU_WEBHOOK_ALLOW` names.
    #[serde(deserialize_with = "address")]
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = "^https?://[!-~]+$",
        examples("https://shop.example/jangbu")
    )]
    url: String,
    /// The types of public events that are sent, each once, or `*` alone for all of them, those of later builds included.
    #[serde(deserialize_with = "event_filter")]
    #[schema(min_items = 1, max_items = 50)]
    events: Vec<String>,
    /// Words of your own; they are not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    description: Option<Label>,
}

const LONGEST_URL: usize = 2000;

/// What cannot be an address is bad input; whether anything may be sent to it is for the rules to say.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let has_scheme = text.starts_with("https://") || text.starts_with("http://");
    match has_scheme && text.len() <= LONGEST_URL && text.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(text),
        false => Err(D::Error::custom("an address begins with https:// and has at most 2000 visible ASCII characters")),
    }
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct There(#[serde(deserialize_with = "address")] String);

    Ok(Option::<There>::deserialize(deserializer)?.map(|There(url)| url))
}

impl CreateRequest {
    fn command(&self) -> Command {
        Command::CreateWebhook(CreateWebhook {
            url: self.url.clone(),
            events: self.events.clone(),
            description: self.description.as_ref().map(|description| description.0.clone()),
        })
    }
}

/// Changes a webhook. At least one field is given; what is left out stays.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange)]
pub(crate) struct ChangeRequest {
    /// Where to, as at its creation. What was not delivered yet goes there, too.
    #[serde(default, deserialize_with = "optional_address", skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, pattern = "^https?://[!-~]+$", examples("https://shop.example/jangbu"))]
    url: Option<String>,
    /// The types of public events that are sent from now on.
    #[serde(default, deserialize_with = "optional_event_filter", skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 50)]
    events: Option<Vec<String>>,
    /// `disabled`: nothing is sent, and what happens meanwhile is not kept. `enabled`: it goes on, also after it was disabled because it failed.
    #[serde(default, deserialize_with = "optional_status", skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(enabled|disabled)$", examples("enabled"))]
    status: Option<String>,
}

const ENABLED: &str = "enabled";
const DISABLED: &str = "disabled";

fn optional_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(status) if status != ENABLED && status != DISABLED => {
            Err(D::Error::custom("the status of a webhook is `enabled` or `disabled`"))
        }
        status => Ok(status),
    }
}

impl ChangeRequest {
    fn command(&self, webhook: WebhookId) -> Result<Command, Problem> {
        if self.url.is_none() && self.events.is_none() && self.status.is_none() {
            return Err(Problem::invalid("status", "give at least one of `url`, `events` and `status`"));
        }
        Ok(Command::ChangeWebhook(ChangeWebhook {
            webhook,
            url: self.url.clone(),
            events: self.events.clone(),
            enabled: self.status.as_ref().map(|status| status == ENABLED),
        }))
    }
}

/// Asks for a new secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRotation)]
pub(crate) struct RotateRequest {
    /// For how many seconds the secret of now signs beside the new one, so that you can change over; a day if it is left out. 0 if it
    /// is in wrong hands.
    #[serde(default = "one_day", deserialize_with = "overlap")]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 604_800, examples(86_400))]
    overlap: u32,
}

const DAY: u32 = 86_400;
const WEEK: u32 = 7 * DAY;

fn one_day() -> u32 {
    DAY
}

fn overlap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match Option::deserialize(deserializer)?.unwrap_or(DAY) {
        seconds @ 0..=WEEK => Ok(seconds),
        _ => Err(D::Error::custom("two secrets sign beside each other for 0 to 604800 seconds")),
    }
}

/// The principal whose webhook it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerOfWebhook)]
pub(crate) struct OwnerDto {
    /// What they are.
    #[schema(pattern = "^[a-z]+$", examples("service"))]
    role: &'static str,
    /// Who they are.
    #[schema(value_type = uuid::Uuid)]
    id: MemberId,
}

/// A webhook, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedWebhook)]
pub(crate) struct WebhookDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    webhook_id: WebhookId,
    /// Whose it is.
    owner: OwnerDto,
    /// Where events are sent to.
    url: &'a str,
    /// The types that are sent, sorted; or `*` alone.
    events: &'a [String],
    /// The owner's words.
    #[schema(required)]
    description: Option<&'a str>,
    /// Whether anything is sent.
    #[schema(pattern = "^(enabled|disabled)$", examples("enabled"))]
    status: &'static str,
    /// The place of its newest change in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When that was, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a WebhookAnswer> for WebhookDto<'a> {
    fn from(webhook: &'a WebhookAnswer) -> Self {
        let settings = &webhook.settings;
        Self {
            webhook_id: webhook.webhook_id,
            owner: OwnerDto { role: webhook.owner.role.as_str(), id: webhook.owner.id },
            url: &settings.url,
            events: &settings.events,
            description: webhook.description.as_deref(),
            status: if settings.enabled { ENABLED } else { DISABLED },
            position: webhook.position,
            recorded_at: webhook.recorded_at,
        }
    }
}

/// A webhook that was created, with what its signatures are verified with.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
pub(crate) struct CreatedDto<'a> {
    /// The webhook.
    #[serde(flatten)]
    webhook: WebhookDto<'a>,
    /// The secret of the signature `v1`: `whsec_` and 32 bytes in Base64. It is shown here and to nobody else.
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    secret: &'a str,
    /// The public key of the signature `v1a`: `whpk_` and 32 bytes in Base64.
    #[schema(pattern = "^whpk_[A-Za-z0-9+/]{43}=$")]
    public_key: &'a str,
}

/// The new secret of a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = RotatedWebhook)]
pub(crate) struct RotatedDto<'a> {
    /// The webhook.
    #[schema(value_type = uuid::Uuid)]
    webhook_id: WebhookId,
    /// The secret of the signature `v1`. It is shown here and to nobody else.
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    secret: &'a str,
    /// The public key of the signature `v1a`.
    #[schema(pattern = "^whpk_[A-Za-z0-9+/]{43}=$")]
    public_key: &'a str,
    /// Until when the secret before it signs, too.
    overlap_until: DateTime<Utc>,
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::WebhookChanged(webhook) => json(StatusCode::OK, &WebhookDto::from(webhook)),
        Outcome::WebhookDeleted => StatusCode::NO_CONTENT.into_response(),
        _ => return None,
    })
}

/// Create a webhook
///
/// Events are sent to the address from now on, signed after Standard Webhooks. The same request under the same `Idempotency-Key` shows
/// the same secret again. A partner is sent what concerns its own accounts, a service and an operator everything.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "webhooks", security(("bearer" = [])),
    request_body = CreateRequest,
    responses((status = 201, description = "The webhook, with its secret", body = CreatedDto)),
)]
pub(crate) async fn create_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhookOwners>,
    Json(body): Json<CreateRequest>,
) -> Result<Response, Problem> {
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    // The webhook has the id of its command, so the secret is known before: without a vault nothing is created.
    let keys = auth.webhook_keys(WebhookId::new(id.uuid()), FIRST_SECRET).await.map_err(problems::of_auth)?;
    let asked = Asked { route: "POST /v1/webhooks", id: None, body: &body };
    let answer = carry_out(&state, caller, asked, body.command()).await?;
    respond_to(&answer, actor, id, |outcome, _, _| match outcome {
        Outcome::WebhookCreated(webhook) => {
            let webhook = WebhookDto::from(webhook);
            let (secret, public_key) = (keys.secret.as_str(), keys.public_key.as_str());
            Some(json(StatusCode::CREATED, &CreatedDto { webhook, secret, public_key }))
        }
        _ => None,
    })
}

const FIRST_SECRET: u32 = domain::webhook::FIRST_SECRET;

/// Change a webhook
///
/// Where events are sent to, which, or whether at all. A new filter holds for what is recorded from now on.
#[utoipa::path(
    patch, path = "/v1/webhooks/{id}", tag = "webhooks", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The webhook")),
    request_body = ChangeRequest,
    responses((status = 200, description = "The webhook", body = WebhookDto)),
)]
pub(crate) async fn change_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhookOwners>,
    Path(id): Path<String>,
    Json(body): Json<ChangeRequest>,
) -> Result<Response, Problem> {
    let command = body.command(WebhookId::new(path_id(&id)?))?;
    submit_on(&state, caller, ("PATCH /v1/webhooks/{id}", &id), &body, |_| command, respond).await
}

/// Delete a webhook
///
/// Nothing is sent to it any more, not even what is still to be delivered.
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "webhooks", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The webhook")),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn delete_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhookOwners>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |id| Command::DeleteWebhook(DeleteWebhook { webhook: WebhookId::new(id) });
    submit_on(&state, caller, ("DELETE /v1/webhooks/{id}", &id), &body, command, respond).await
}

/// Rotate the secret of a webhook
///
/// Everything is signed with the new secret and, until `overlap` seconds have passed, with the one before it as well: change your receiver
/// over meanwhile. At most these two sign, so rotate again only when the receiver has the new one.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/rotate", tag = "webhooks", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The webhook")),
    request_body = RotateRequest,
    responses((status = 200, description = "The new secret", body = RotatedDto)),
)]
pub(crate) async fn rotate_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhookOwners>,
    Path(id): Path<String>,
    Json(body): Json<RotateRequest>,
) -> Result<Response, Problem> {
    let webhook = path_id(&id)?;
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    let command = Command::RotateWebhook(RotateWebhook { webhook: WebhookId::new(webhook), overlap: body.overlap });
    let asked = Asked { route: "POST /v1/webhooks/{id}/rotate", id: Some(webhook), body: &body };
    let answer = carry_out(&state, caller, asked, command).await?;
    let keys = match answer.answer.as_ref() {
        Outcome::WebhookRotated(rotated) => {
            Some(auth.webhook_keys(rotated.webhook_id, rotated.secret).await.map_err(problems::of_auth)?)
        }
        _ => None,
    };
    respond_to(&answer, actor, id, |outcome, _, _| match (outcome, &keys) {
        (Outcome::WebhookRotated(rotated), Some(keys)) => Some(json(
            StatusCode::OK,
            &RotatedDto {
                webhook_id: rotated.webhook_id,
                secret: &keys.secret,
                public_key: &keys.public_key,
                overlap_until: rotated.overlap_until,
            },
        )),
        _ => None,
    })
}
