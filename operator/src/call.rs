//! Calling the servers' APIs as an operator, as everybody has to.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::{Ids, MemberId, RandomIds, Role};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    config::{Address, Config},
    failure::Failure,
    http,
    keys::PrivateKey,
    output::Output,
    token::mint,
};

/// How often a call that came to nothing is made again. The key makes that safe.
const ATTEMPTS: u32 = 4;

/// The part of a problem that is shown.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
}

/// An operator's client of the command server, and of the query server.
pub struct Operator<'a> {
    config: &'a Config,
    proof: Proof,
    client: reqwest::Client,
}

/// By what a call proves whose it is.
enum Proof {
    /// Tokens are made with the signing key, for this subject.
    Key(Box<PrivateKey>, Option<MemberId>),
    /// Of an operator who logged in.
    Token(String),
}

impl Proof {
    fn token(&self) -> Result<String, Failure> {
        match self {
            Self::Key(key, subject) => Ok(mint(key, Role::Operator, *subject, TimeDelta::minutes(5))?.token),
            Self::Token(token) => Ok(token.clone()),
        }
    }
}

impl<'a> Operator<'a> {
    /// This operator; the one of `jangbu token --role operator` if no subject is given.
    pub fn new(config: &'a Config, subject: Option<Uuid>) -> Result<Self, Failure> {
        config.command_url.checked("JANGBU_COMMAND_URL")?;
        let key = PrivateKey::read(config.signing_key()?)?;
        let client = http::client(Duration::from_secs(10))?;
        Ok(Self { config, proof: Proof::Key(Box::new(key), subject.map(MemberId::new)), client })
    }

    /// An operator who logged in, with their access token.
    pub fn with_token(config: &'a Config, token: &str) -> Result<Self, Failure> {
        config.command_url.checked("JANGBU_COMMAND_URL")?;
        let client = http::client(Duration::from_secs(10))?;
        Ok(Self { config, proof: Proof::Token(token.to_owned()), client })
    }

    /// A command, under a key of its own unless one is given, made again until it is answered.
    pub async fn post(
        &self,
        path: &str,
        body: Value,
        idempotency_key: Option<&str>,
        output: Output,
    ) -> Result<Value, Failure> {
        let key = idempotency_key.map_or_else(|| RandomIds.fresh().to_string(), ToOwned::to_owned);
        let outcome = self
            .make_until_answered(Call { to: Server::Command, method: Method::POST, path, body: Some((&key, body)) })
            .await;
        if outcome.as_ref().is_err_and(is_passing) {
            output.remark(format!("it may or may not have been done: a retry with --idempotency-key {key} shows which, and does it only once"));
        }
        outcome
    }

    /// What is there.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.make_until_answered(Call { to: Server::Command, method: Method::GET, path, body: None }).await
    }

    /// What the query server says.
    pub async fn read(&self, path: &str) -> Result<Value, Failure> {
        self.config.query_url.checked("JANGBU_QUERY_URL")?;
        self.make_until_answered(Call { to: Server::Query, method: Method::GET, path, body: None }).await
    }

    async fn make_until_answered(&self, call: Call<'_>) -> Result<Value, Failure> {
        let mut attempt = 1;
        loop {
            let outcome = self.make(&call).await;
            if attempt == ATTEMPTS || !outcome.as_ref().is_err_and(is_passing) {
                return outcome;
            }
            tokio::time::sleep(Duration::from_millis(250) * attempt).await;
            attempt += 1;
        }
    }

    async fn make(&self, call: &Call<'_>) -> Result<Value, Failure> {
        let (what, address, variable) = call.to.named(self.config);
        let lost = |error| http::unreachable(what, address, variable, error);
        let token = self.proof.token()?;
        let mut request = self.client.request(call.method.clone(), address.join(call.path)).bearer_auth(token);
        if let Some((key, body)) = &call.body {
            request = request.header("idempotency-key", *key).json(body);
        }
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        let body = response.bytes().await.map_err(lost)?;
        if !status.is_success() {
            let Problem { code, detail } = serde_json::from_slice(&body).unwrap_or_default();
            return Err(Failure::Refused { status: status.as_u16(), code, detail });
        }
        serde_json::from_slice(&body)
            .map_err(|error| Failure::Answer { at: address.to_string(), what: error.to_string() })
    }
}

/// Who is called.
#[derive(Clone, Copy)]
enum Server {
    Command,
    Query,
}

impl Server {
    /// What it is, where it is, and which variable says so.
    fn named(self, config: &Config) -> (&'static str, &Address, &'static str) {
        match self {
            Self::Command => ("the command server", &config.command_url, "JANGBU_COMMAND_URL"),
            Self::Query => ("the query server", &config.query_url, "JANGBU_QUERY_URL"),
        }
    }
}

/// One call, the same at every attempt.
struct Call<'a> {
    to: Server,
    method: Method,
    path: &'a str,
    /// With the key under which it is done once.
    body: Option<(&'a str, Value)>,
}

/// Whether the same call may come out otherwise in a moment.
fn is_passing(failure: &Failure) -> bool {
    matches!(failure, Failure::Unreachable { .. } | Failure::Refused { status: 409 | 429 | 503, .. })
}
