//! The catcher over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Caught, Fault, Faults, Side};

struct HttpContext {
    caught: Arc<Caught>,
    faults: Arc<Faults>,
    sms_token: Option<String>,
}

type Shared = State<Arc<HttpContext>>;

pub(super) fn routes(caught: Arc<Caught>, faults: Arc<Faults>, sms_token: Option<String>) -> Router {
    Router::new()
        .route("/messages", get(messages).delete(forget))
        .route("/sms", post(text_message))
        .route("/v1/projects/{project}/messages:send", post(push))
        .route("/pushes", get(pushes))
        .route("/faults", post(fail).delete(heal))
        .route("/livez", get(well))
        .route("/readyz", get(well))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(Arc::new(HttpContext { caught, faults, sms_token }))
}

async fn well() -> Json<Value> {
    Json(json!({"status": "ready"}))
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
    limit: Option<usize>,
}

async fn messages(State(context): Shared, Query(wanted): Query<Wanted>) -> Json<Value> {
    // A plus that was not escaped arrives as a space, and every telephone number begins with one.
    let to = wanted.to.map(|to| if let Some(number) = to.strip_prefix(' ') { format!("+{number}") } else { to });
    let items = context.caught.messages(to.as_deref().filter(|to| !to.is_empty()), wanted.limit.unwrap_or(usize::MAX));
    Json(json!({ "items": items }))
}

async fn forget(State(context): Shared) -> StatusCode {
    context.caught.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextMessage {
    to: String,
    text: String,
    idempotency_key: String,
}

/// The provider's side of docs/sms-provider.md.
async fn text_message(
    State(context): Shared,
    headers: HeaderMap,
    Json(message): Json<TextMessage>,
) -> (StatusCode, Json<Value>) {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if context.sms_token.as_deref().is_some_and(|expected| token != Some(expected)) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "the token is not known"})));
    }
    let (code, delay) = context.faults.next(Side::Sms);
    let status = code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::ACCEPTED);
    if code.is_none() {
        context.caught.text_message(&message.to, message.text, &message.idempotency_key);
    }
    sleep(delay).await;
    (status, Json(json!({})))
}

/// A token that begins so is that of a device on which the app is no more.
const UNREGISTERED: &str = "unregistered-";

/// The provider's side of docs/push-provider.md.
async fn push(State(context): Shared, Json(request): Json<Value>) -> (StatusCode, Json<Value>) {
    let message = &request["message"];
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (token, id) = (text("/token"), text("/data/id"));
    if token.is_empty() || id.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT");
    }
    let (code, delay) = context.faults.next(Side::Push);
    sleep(delay).await;
    if let Some(status) = code.and_then(|code| StatusCode::from_u16(code).ok()) {
        return refused(status, "UNAVAILABLE");
    }
    if token.starts_with(UNREGISTERED) {
        return refused(StatusCode::NOT_FOUND, "UNREGISTERED");
    }
    let words = (text("/notification/title"), text("/notification/body"));
    context.caught.push(token, id, text("/data/type"), words);
    (StatusCode::OK, Json(json!({"name": format!("projects/local/messages/{id}")})))
}

fn refused(status: StatusCode, word: &str) -> (StatusCode, Json<Value>) {
    let details = json!([{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": word}]);
    (status, Json(json!({"error": {"code": status.as_u16(), "status": word, "details": details}})))
}

#[derive(Deserialize)]
struct WantedPushes {
    token: Option<String>,
    limit: Option<usize>,
}

async fn pushes(State(context): Shared, Query(wanted): Query<WantedPushes>) -> Json<Value> {
    let token = wanted.token.filter(|token| !token.is_empty());
    Json(json!({ "items": context.caught.pushes(token.as_deref(), wanted.limit.unwrap_or(usize::MAX)) }))
}

async fn fail(State(context): Shared, Json(fault): Json<Fault>) -> StatusCode {
    context.faults.add(fault);
    StatusCode::NO_CONTENT
}

async fn heal(State(context): Shared) -> StatusCode {
    context.faults.clear();
    StatusCode::NO_CONTENT
}
