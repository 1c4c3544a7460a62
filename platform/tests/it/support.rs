//! A small server behind the edge, and tokens for it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::FromRef,
    http::{HeaderMap, Request, StatusCode},
    routing::{get, post},
};
use chrono::DateTime;
use ed25519_dalek::{Signer, SigningKey};
use http_body_util::BodyExt;
use kernel::{ManualClock, Role};
use platform::{
    auth::{Admitted, Principal, Verifier},
    extract::{Json, OptionalJson, Path, Query},
    http::{HttpOptions, Origin, Recorded, RequestContext, TrustForwarded, service},
    problem::{Code, Problem, Quota},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

platform::allowed! {
    /// Everybody but services.
    pub struct Followers = Member | Operator | Partner with EventsRead;
    /// Staff, from those who help members on.
    pub struct Helpers = Operator(Support) | Service;
}

pub const RECORDED: Recorded = Recorded { id: uuid::Uuid::from_u128(5), before: false };
const QUOTA: Quota = Quota { requests: 300, window: Some(Duration::from_secs(60)) };

/// When tests happen, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(DateTime::from_timestamp(NOW, 0).expect("a time")))
}

/// A signing key that is the same in every run.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn jwk(seed: u8, kid: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let x = URL_SAFE_NO_PAD.encode(key(seed).verifying_key().as_bytes());
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x})
}

pub fn claims(role: &str) -> Value {
    json!({"sub": "00000000-0000-7000-8000-000000000001", "role": role, "iat": NOW, "exp": NOW + 60})
}

pub fn token(seed: u8, kid: Option<&str>, claims: &Value) -> String {
    let header = match kid {
        Some(kid) => json!({"typ": "JWT", "alg": "EdDSA", "kid": kid}),
        None => json!({"typ": "JWT", "alg": "EdDSA"}),
    };
    signed(&header, claims, |message| key(seed).sign(message).to_bytes().to_vec())
}

/// A token with any header and claims, and the signature that this makes.
pub fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

#[derive(Clone)]
struct State(Verifier);

impl FromRef<State> for Verifier {
    fn from_ref(state: &State) -> Self {
        state.0.clone()
    }
}

impl FromRef<State> for TrustForwarded {
    fn from_ref(_: &State) -> Self {
        Self(false)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default)]
    word: String,
}

/// One route for each thing the edge does.
pub fn app() -> Router {
    app_for("")
}

/// The same, for pages of these origins too.
pub fn app_for(cors_origins: &str) -> Router {
    let keys = json!({"keys": [jwk(1, "one")]}).to_string();
    let verifier = Verifier::from_jwks(&keys, clock()).expect("keys");
    service(routes(verifier), HttpOptions { cors_origins: cors_origins.parse().expect("origins"), ..options() })
}

pub fn app_with(verifier: Verifier) -> Router {
    service(routes(verifier), options())
}

fn options() -> HttpOptions {
    HttpOptions {
        body_limit: 1024,
        route_body_limits: vec![("/big", 8192)],
        body_timeout: Duration::from_millis(300),
        ..HttpOptions::default()
    }
}

fn routes(verifier: Verifier) -> Router {
    Router::new()
        .route("/echo", post(|Json(body): Json<Words>| async move { body.word }))
        .route("/big", post(|Json(body): Json<Words>| async move { body.word.len().to_string() }))
        .route("/maybe", post(|OptionalJson(body): OptionalJson<Words>| async move { body.word }))
        .route("/number/{n}", get(|Path(n): Path<u8>| async move { n.to_string() }))
        .route("/query", get(|Query(query): Query<Words>| async move { query.word }))
        .route("/who", get(|who: Principal| async move { who.actor.to_string() }))
        .route(
            "/command",
            post(|who: Principal, Json(body): Json<Words>| async move { body.word + &who.actor.to_string() }),
        )
        .route(
            "/optional-command",
            post(|_: Principal, OptionalJson(body): OptionalJson<Words>| async move { body.word }),
        )
        .route("/wait", get(waits))
        .route("/staff", get(|who: Principal| async move { who.require(&[Role::Operator]).map(|()| "staff") }))
        .route("/followed", get(|who: Admitted<Followers>| async move { who.principal.actor.to_string() }))
        .route("/help", get(|who: Admitted<Helpers>| async move { who.principal.actor.to_string() }))
        .route("/from", get(|origin: Origin| async move { origin.0.to_string() }))
        .route("/recorded", get(|| async { (axum::Extension(RECORDED), "written") }))
        .route("/ids", get(|context: RequestContext| async move { context.correlation.to_string() }))
        .route("/large", get(|| async { "a".repeat(1 << 20) }))
        .route("/panic", get(panics))
        .route("/bare", get(|| async { (StatusCode::IM_A_TEAPOT, "the library's own words") }))
        .route("/page", get(|| async { (StatusCode::IM_A_TEAPOT, axum::response::Html("<p>a page of ours</p>")) }))
        .route("/slow", get(slow))
        .route("/busy", get(|| async { Problem::new(Code::Overloaded).retry_after(Duration::from_millis(1)) }))
        .route(
            "/often",
            get(|| async { Problem::new(Code::TooManyRequests).retry_after(Duration::from_millis(1500)).quota(QUOTA) }),
        )
        .route("/secret", get(|| async { Problem::internal("password=hunter2") }))
        .with_state(State(verifier))
}

async fn panics() -> StatusCode {
    panic!("a secret inside")
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(400)).await;
    "slow but whole"
}

/// Waits as a read waits for a view, until [`let_go`].
async fn waits(who: Principal) -> String {
    WAITING.notified().await;
    who.actor.to_string()
}

static WAITING: tokio::sync::Notify = tokio::sync::Notify::const_new();

/// Lets the next request that waits go on.
pub fn let_go() {
    WAITING.notify_one();
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert_eq!(json["type"], format!("/problems/{}", json["code"].as_str().expect("a code")));
        assert_eq!(json["request_id"].as_str(), self.header("x-request-id"));
        json["code"].as_str().expect("a code").to_owned()
    }
}

pub async fn send(app: &Router, request: Request<Body>) -> Reply {
    let response = app.clone().oneshot(request).await.expect("a router does not fail");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}

pub async fn get_path(app: &Router, path: &str) -> Reply {
    send(app, Request::get(path).body(Body::empty()).expect("a request")).await
}

pub async fn post_json(app: &Router, path: &str, body: impl Into<Body>) -> Reply {
    let request = Request::post(path).header("content-type", "application/json");
    send(app, request.body(body.into()).expect("a request")).await
}
