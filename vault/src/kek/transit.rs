//! The adapter to the transit engine of HashiCorp Vault: the key-encryption key never leaves it.

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;
use zeroize::{Zeroize, Zeroizing};

use super::{Kek, KekError, Purpose, Wrapped, file::exactly};

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Wraps by asking the transit engine.
pub struct TransitKek {
    client: Client,
    mount: Url,
    key: String,
    token_file: PathBuf,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Encrypted {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

#[derive(Deserialize)]
struct Known {
    latest_version: u64,
    /// Older versions were trimmed. 0 if none were.
    #[serde(default)]
    min_available_version: u64,
}

impl Known {
    fn oldest(&self) -> u64 {
        self.min_available_version.max(1)
    }
}

impl Drop for Decrypted {
    fn drop(&mut self) {
        self.plaintext.zeroize();
    }
}

impl TransitKek {
    /// With the engine mounted there. The token's file is read for each request: a renewed token is written there.
    pub fn new(mount: Url, key: String, token_file: PathBuf) -> Result<Self, KekError> {
        Self::with_timeout(mount, key, token_file, TIMEOUT)
    }

    /// The same, waiting no longer than this for an answer.
    pub fn with_timeout(mount: Url, key: String, token_file: PathBuf, time_limit: Duration) -> Result<Self, KekError> {
        // No redirect is followed: the token must not be carried elsewhere.
        let client = Client::builder().timeout(time_limit).redirect(reqwest::redirect::Policy::none()).build();
        Ok(Self { client: client.map_err(unavailable)?, mount, key, token_file })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, KekError> {
        let token = tasks::read_private(&self.token_file)?;
        let token = std::str::from_utf8(&token).map_err(|_| KekError::NotAToken(self.token_file.clone()))?;
        let url = format!("{}/{path}", self.mount.as_str().trim_end_matches('/'));
        Ok(self.client.request(method, url).header("x-vault-token", token.trim()))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<reqwest::Response, KekError> {
        judged(self.request(Method::POST, path)?.json(body).send().await)
    }

    async fn versions(&self) -> Result<Known, KekError> {
        let response = judged(self.request(Method::GET, &format!("keys/{}", self.key))?.send().await)?;
        let answer: Answer<Known> = read(response).await?;
        Ok(answer.data)
    }

    fn id(&self, version: u64) -> String {
        format!("{}:v{version}", self.key)
    }

    /// The version in an id of ours.
    fn version(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.key)?.strip_prefix(":v")?.parse().ok()
    }
}

/// An engine older than 1.9 ignores associated data without a word. So the purpose is in the plaintext too.
fn bound(purpose: Purpose) -> [u8; 32] {
    Sha256::digest(purpose.associated()).into()
}

#[async_trait]
impl Kek for TransitKek {
    fn is_remote(&self) -> bool {
        true
    }

    async fn wrap(&self, purpose: Purpose, key: &[u8; 32]) -> Result<Wrapped, KekError> {
        let plaintext = Zeroizing::new([key.as_slice(), &bound(purpose)].concat());
        let mut body = json!({
            "plaintext": STANDARD.encode(&*plaintext),
            "associated_data": STANDARD.encode(purpose.associated()),
        });
        let sent = self.post(&format!("encrypt/{}", self.key), &body).await;
        wipe(&mut body);
        let answer: Answer<Encrypted> = read(sent?).await?;
        let text = answer.data.ciphertext;
        // vault:v3:base64
        let version = text.strip_prefix("vault:v").and_then(|rest| rest.split_once(':')?.0.parse().ok());
        Ok(Wrapped { kek: self.id(version.ok_or(KekError::Answer)?), text })
    }

    async fn unwrap(&self, purpose: Purpose, wrapped: &Wrapped) -> Result<Zeroizing<[u8; 32]>, KekError> {
        if self.version(&wrapped.kek).is_none() {
            return Err(KekError::Unknown(wrapped.kek.clone()));
        }
        let body = json!({
            "ciphertext": wrapped.text,
            "associated_data": STANDARD.encode(purpose.associated()),
        });
        let response = match self.post(&format!("decrypt/{}", self.key), &body).await {
            // So the engine says of a text that does not open.
            Err(KekError::Refused(400)) => return Err(KekError::Unwrap),
            other => other?,
        };
        let answer: Answer<Decrypted> = read(response).await?;
        let opened = Zeroizing::new(STANDARD.decode(&answer.data.plaintext).map_err(|_| KekError::Answer)?);
        let (key, rest) = opened.split_at_checked(32).ok_or(KekError::Unwrap)?;
        if rest != bound(purpose) {
            return Err(KekError::Unwrap);
        }
        exactly(Zeroizing::new(key.to_vec()))
    }

    async fn current(&self) -> Result<String, KekError> {
        Ok(self.id(self.versions().await?.latest_version))
    }

    async fn held(&self) -> Result<Vec<String>, KekError> {
        let known = self.versions().await?;
        Ok((known.oldest()..=known.latest_version).map(|version| self.id(version)).collect())
    }

    async fn rotate(&self) -> Result<String, KekError> {
        self.post(&format!("keys/{}/rotate", self.key), &json!({})).await?;
        self.current().await
    }

    /// The engine keeps versions in a row: what is older than the oldest one kept is trimmed, which cannot be undone. A version that
    /// is only below the lowest one for decryption could be brought back by whoever may configure the key. The engine trims no
    /// further than both of its limits.
    async fn drop_old(&self, doomed: &[String]) -> Result<Vec<String>, KekError> {
        let known = self.versions().await?;
        let latest = known.latest_version;
        // The lowest one that is not to go.
        let oldest = (known.oldest()..latest).find(|version| !doomed.contains(&self.id(*version))).unwrap_or(latest);
        if oldest <= known.oldest() {
            return Ok(Vec::new());
        }
        let limits = json!({ "min_decryption_version": oldest, "min_encryption_version": oldest });
        self.post(&format!("keys/{}/config", self.key), &limits).await?;
        self.post(&format!("keys/{}/trim", self.key), &json!({ "min_available_version": oldest })).await?;
        Ok((known.oldest()..oldest).map(|version| self.id(version)).collect())
    }
}

fn judged(sent: Result<reqwest::Response, reqwest::Error>) -> Result<reqwest::Response, KekError> {
    let response = sent.map_err(unavailable)?;
    match response.status() {
        status if status.is_success() => Ok(response),
        // Overloaded, sealed, standby, broken: another try may do better.
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(KekError::Unavailable(format!("HTTP status {}", status.as_u16()).into()))
        }
        status => Err(KekError::Refused(status.as_u16())),
    }
}

async fn read<T: serde::de::DeserializeOwned>(response: reqwest::Response) -> Result<T, KekError> {
    let bytes = Zeroizing::new(response.bytes().await.map_err(unavailable)?.to_vec());
    serde_json::from_slice(&bytes).map_err(|_| KekError::Answer)
}

fn unavailable(error: reqwest::Error) -> KekError {
    KekError::Unavailable(Box::new(error.without_url()))
}

/// Wipes the plaintext that was sent.
fn wipe(body: &mut Value) {
    if let Some(Value::String(text)) = body.get_mut("plaintext") {
        text.zeroize();
    }
}

impl std::fmt::Debug for TransitKek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TransitKek({})", self.key)
    }
}
