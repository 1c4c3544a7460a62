//! What stands in for HashiCorp Vault: the documented calls of its transit engine over HTTP, with keys of its own, and
//! faults on demand.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use serde_json::{Value, json};
use vault::KekAddress;

use crate::fixture::folder;

/// How the engine behaves.
#[derive(Clone, Default)]
pub struct Manners {
    /// Answers with this status.
    pub status: Option<u16>,
    /// Answers after this time.
    pub delay: Duration,
    /// Answers this body.
    pub body: Option<Value>,
    /// Knows nothing of associated data, as old versions do.
    pub old: bool,
}

#[derive(Default)]
struct Inner {
    keys: Vec<[u8; 32]>,
    oldest: usize,
    encrypts_from: usize,
    trimmed: usize,
    manners: Manners,
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Inner>>;

/// The server, until it is dropped.
pub struct TransitServer {
    engine: Shared,
    pub url: String,
    pub token_file: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

/// The token it takes.
pub const TOKEN: &str = "hvs.CAESIJ-test";

impl TransitServer {
    pub async fn start() -> Self {
        let engine: Shared = Arc::new(Mutex::new(Inner { keys: vec![[7; 32]], oldest: 1, ..Inner::default() }));
        let router = Router::new()
            .route("/v1/transit/encrypt/bank", post(encrypt))
            .route("/v1/transit/decrypt/bank", post(decrypt))
            .route("/v1/transit/keys/bank", get(read_key))
            .route("/v1/transit/keys/bank/{what}", post(change_key))
            .layer(middleware::from_fn_with_state(engine.clone(), manners))
            .with_state(engine.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let token_file = folder().join("token");
        let server = Self { engine, url, token_file, task };
        server.write_token(TOKEN);
        server
    }

    pub fn address(&self) -> KekAddress {
        format!("transit:{}#bank", self.url).parse().unwrap()
    }

    pub fn behave(&self, manners: Manners) {
        self.engine.lock().unwrap().manners = manners;
    }

    pub fn asked(&self) -> Vec<String> {
        self.engine.lock().unwrap().asked.clone()
    }

    pub fn write_token(&self, token: &str) {
        vault_token::write(&self.token_file, token);
    }
}

impl Drop for TransitServer {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_dir_all(self.token_file.parent().unwrap());
    }
}

mod vault_token {
    use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

    /// With the new line that editors leave.
    pub fn write(file: &Path, token: &str) {
        let _ = fs::remove_file(file);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).unwrap();
        writeln!(file, "{token}").unwrap();
    }
}

/// The token first, as it is with the real one; then whatever the test wants.
async fn manners(State(engine): State<Shared>, request: Request, next: Next) -> Response {
    let manners = {
        let mut engine = engine.lock().unwrap();
        engine.asked.push(format!("{} {}", request.method(), request.uri()));
        engine.manners.clone()
    };
    tokio::time::sleep(manners.delay).await;
    if request.headers().get("x-vault-token").is_none_or(|token| token != TOKEN) {
        return errors(StatusCode::FORBIDDEN, "permission denied");
    }
    if let Some(status) = manners.status {
        return errors(StatusCode::from_u16(status).unwrap(), "an error with a SECRET in it");
    }
    match manners.body {
        Some(body) => Json(body).into_response(),
        None => next.run(request).await,
    }
}

fn errors(status: StatusCode, what: &str) -> Response {
    (status, Json(json!({ "errors": [what] }))).into_response()
}

fn bytes(body: &Value, name: &str) -> Vec<u8> {
    STANDARD.decode(body[name].as_str().unwrap_or_default()).unwrap_or_default()
}

fn associated(body: &Value, engine: &Inner) -> Vec<u8> {
    if engine.manners.old { Vec::new() } else { bytes(body, "associated_data") }
}

async fn encrypt(State(engine): State<Shared>, Json(body): Json<Value>) -> Response {
    let engine = engine.lock().unwrap();
    let nonce: [u8; 24] = std::array::from_fn(|_| rand::random());
    let payload = Payload { msg: &bytes(&body, "plaintext"), aad: &associated(&body, &engine) };
    let version = engine.keys.len();
    let cipher = XChaCha20Poly1305::new(&engine.keys[version - 1].into());
    let text = cipher.encrypt(&XNonce::from(nonce), payload).unwrap();
    let ciphertext = format!("vault:v{version}:{}", STANDARD.encode([nonce.as_slice(), &text].concat()));
    Json(json!({ "data": { "ciphertext": ciphertext, "key_version": version } })).into_response()
}

async fn decrypt(State(engine): State<Shared>, Json(body): Json<Value>) -> Response {
    let engine = engine.lock().unwrap();
    match opened(&engine, &body) {
        Some(text) => Json(json!({ "data": { "plaintext": STANDARD.encode(text) } })).into_response(),
        None => errors(StatusCode::BAD_REQUEST, "cipher: message authentication failed"),
    }
}

fn opened(engine: &Inner, body: &Value) -> Option<Vec<u8>> {
    let (version, text) = body["ciphertext"].as_str()?.strip_prefix("vault:v")?.split_once(':')?;
    let version: usize = version.parse().ok()?;
    if version < engine.oldest.max(engine.trimmed) {
        return None;
    }
    let raw = STANDARD.decode(text).ok()?;
    let (nonce, text) = raw.split_first_chunk::<24>()?;
    let payload = Payload { msg: text, aad: &associated(body, engine) };
    XChaCha20Poly1305::new(&(*engine.keys.get(version - 1)?).into()).decrypt(&XNonce::from(*nonce), payload).ok()
}

async fn read_key(State(engine): State<Shared>) -> Response {
    let engine = engine.lock().unwrap();
    Json(json!({ "data": {
        "name": "bank",
        "type": "aes256-gcm96",
        "latest_version": engine.keys.len(),
        "min_decryption_version": engine.oldest,
        "min_available_version": engine.trimmed,
    } }))
    .into_response()
}

async fn change_key(State(engine): State<Shared>, Path(what): Path<String>, Json(body): Json<Value>) -> Response {
    let mut engine = engine.lock().unwrap();
    match what.as_str() {
        "rotate" => engine.keys.push(std::array::from_fn(|_| rand::random())),
        "config" => {
            engine.oldest = body["min_decryption_version"].as_u64().unwrap() as usize;
            engine.encrypts_from = body["min_encryption_version"].as_u64().unwrap_or_default() as usize;
        }
        "trim" => {
            let wanted = body["min_available_version"].as_u64().unwrap() as usize;
            // The engine trims no further than both limits, and nothing if one of them is not set.
            if wanted > engine.oldest.min(engine.encrypts_from) {
                return errors(StatusCode::BAD_REQUEST, "cannot set min available version higher than its limits");
            }
            engine.trimmed = wanted;
            engine.keys[..wanted - 1].fill([0; 32]);
        }
        _ => return errors(StatusCode::NOT_FOUND, "unsupported path"),
    }
    StatusCode::NO_CONTENT.into_response()
}
