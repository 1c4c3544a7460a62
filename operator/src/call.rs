//! Calling the command API as an operator, as everybody has to.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::{Ids, MemberId, RandomIds, Role};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{config::Config, failure::Failure, http, keys::PrivateKey, output::Output, token::mint};

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

/// An operator's client of the command server.
pub struct Operator<'a> {
    config: &'a Config,
    key: PrivateKey,
    subject: Option<MemberId>,
    client: reqwest::Client,
}

impl<'a> Operator<'a> {
    /// This operator; the one of `jangbu token --role operator` if no subject is given.
    pub fn new(config: &'a Config, subject: Option<Uuid>) -> Result<Self, Failure> {
        config.command_url.checked("JANGBU_COMMAND_URL")?;
        let key = PrivateKey::read(config.signing_key()?)?;
        let client = http::client(Duration::from_secs(10))?;
        Ok(Self { config, key, subject: subject.map(MemberId::new), client })
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
        let outcome = self.make_until_answered(Call { method: Method::POST, path, body: Some((&key, body)) }).await;
        if outcome.as_ref().is_err_and(is_passing) {
            output.remark(format!("it may or may not have been done: a retry with --idempotency-key {key} shows which, and does it only once"));
        }
        outcome
    }

    /// What is there.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.make_until_answered(Call { method: Method::GET, path, body: None }).await
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
        let address = &self.config.command_url;
        let lost = |error| http::unreachable("the command server", address, "JANGBU_COMMAND_URL", error);
        let token = mint(&self.key, Role::Operator, self.subject, TimeDelta::minutes(5))?;
        let mut request = self.client.request(call.method.clone(), address.join(call.path)).bearer_auth(&token.token);
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

/// One call, the same at every attempt.
struct Call<'a> {
    method: Method,
    path: &'a str,
    /// With the key under which it is done once.
    body: Option<(&'a str, Value)>,
}

/// Whether the same call may come out otherwise in a moment.
fn is_passing(failure: &Failure) -> bool {
    matches!(failure, Failure::Unreachable { .. } | Failure::Refused { status: 409 | 429 | 503, .. })
}
