//! Changing an account through the command API, as everybody has to.

use std::time::Duration;

use chrono::TimeDelta;
use kernel::{Ids, MemberId, RandomIds, Role};
use serde::Deserialize;
use serde_json::Value;

use super::ChangeArgs;
use crate::{
    config::Config,
    failure::Failure,
    http,
    keys::PrivateKey,
    output::Output,
    token::{Token, mint},
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

/// What one attempt came to.
enum Attempt {
    Done(Value),
    Refused { status: u16, problem: Problem },
}

impl Attempt {
    /// Whether the same call may come out otherwise in a moment.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Refused { status: 409 | 429 | 503, .. })
    }
}

/// Freezes or unfreezes.
pub async fn change(verb: &str, args: &ChangeArgs, config: &Config, output: Output) -> Result<(), Failure> {
    config.command_url.checked("JANGBU_COMMAND_URL")?;
    let key = PrivateKey::read(config.signing_key()?)?;
    let token = mint(&key, Role::Operator, args.subject.map(MemberId::new), TimeDelta::minutes(5))?;
    let idempotency_key = args.idempotency_key.clone().unwrap_or_else(|| RandomIds.fresh().to_string());
    let call = Call {
        url: config.command_url.join(&format!("/v1/accounts/{}/{verb}", args.account)),
        config,
        token,
        key: &idempotency_key,
        reason: &args.reason,
    };
    let outcome = call.make_until_answered().await;
    if outcome.as_ref().is_ok_and(Attempt::is_passing) || matches!(outcome, Err(Failure::Unreachable { .. })) {
        output.remark(format!(
            "it may or may not have been done: --idempotency-key {idempotency_key} tells, and does it once"
        ));
    }
    match outcome? {
        Attempt::Done(account) => output.show(&account, text),
        Attempt::Refused { status, problem } => {
            Err(Failure::Refused { status, code: problem.code, detail: problem.detail })
        }
    }
}

/// One call, the same at every attempt.
struct Call<'a> {
    url: String,
    config: &'a Config,
    token: Token,
    key: &'a str,
    reason: &'a str,
}

impl Call<'_> {
    async fn make_until_answered(&self) -> Result<Attempt, Failure> {
        let client = http::client(Duration::from_secs(10))?;
        let mut attempt = 1;
        loop {
            let outcome = self.make(&client).await;
            let again = match &outcome {
                Ok(outcome) => outcome.is_passing(),
                Err(failure) => matches!(failure, Failure::Unreachable { .. }),
            };
            if !again || attempt == ATTEMPTS {
                return outcome;
            }
            tokio::time::sleep(Duration::from_millis(250) * attempt).await;
            attempt += 1;
        }
    }

    async fn make(&self, client: &reqwest::Client) -> Result<Attempt, Failure> {
        let address = &self.config.command_url;
        let lost = |error| http::unreachable("the command server", address, "JANGBU_COMMAND_URL", error);
        let request = client
            .post(&self.url)
            .bearer_auth(&self.token.token)
            .header("idempotency-key", self.key)
            .json(&serde_json::json!({ "reason": self.reason }));
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        let body = response.bytes().await.map_err(lost)?;
        if !status.is_success() {
            let problem = serde_json::from_slice(&body).unwrap_or_default();
            return Ok(Attempt::Refused { status: status.as_u16(), problem });
        }
        let account = serde_json::from_slice(&body);
        account.map(Attempt::Done).map_err(|error| Failure::Answer { at: address.to_string(), what: error.to_string() })
    }
}

fn text(account: &Value) -> String {
    let field = |name: &str| match &account[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        other => other.to_string(),
    };
    format!("account {} ({}) is now {}", field("account_id"), field("account_number"), field("status"))
}
