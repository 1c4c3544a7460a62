//! The command server, which decides whether a second operator has to approve a promotion, and records that one was asked for.

use std::{error::Error, time::Duration};

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{Ids, RandomIds};
use platform::problem::{Code, Problem};
use projection_engine::{Accepted, Operator};
use reqwest::{Client, Url, redirect::Policy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::key::IDEMPOTENCY_KEY;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");
/// What of a request is passed on beside its key.
const PASSED_ON: [HeaderName; 3] =
    [header::AUTHORIZATION, HeaderName::from_static("x-correlation-id"), HeaderName::from_static("traceparent")];

/// The problems that the command server may answer and that are passed on; whatever else it says is that it cannot be asked.
const PROBLEMS: [Code; 5] = [
    Code::IdempotencyKeyReused,
    Code::IdempotencyKeyInFlight,
    Code::Overloaded,
    Code::LogUnavailable,
    Code::OutcomeUnknown,
];
/// The same, of those that every operation may answer.
const PROBLEMS_OF_ALL: [Code; 4] =
    [Code::ValidationFailed, Code::Unauthorized, Code::Forbidden, Code::OperatorRoleMissing];

const CONNECT: Duration = Duration::from_secs(2);
/// A command may wait for the leader.
const TOTAL: Duration = Duration::from_secs(20);
/// When coming back is worth it.
const LATER: Duration = Duration::from_secs(5);
const LARGEST: usize = 64 * 1024;

/// Asks the command server, with the token of whoever asks here: it decides by their rights, and what it records is theirs.
#[derive(Clone)]
pub(crate) struct CommandServer {
    client: Client,
    address: Url,
}

/// A promotion that a second operator has to approve.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PendingPromotion {
    /// The approval.
    approval_id: Uuid,
    /// Always `pending`.
    #[schema(pattern = "^pending$")]
    status: String,
    /// Always `promotion`.
    #[schema(pattern = "^promotion$")]
    action: String,
    /// Who asked for it.
    requested_by: Uuid,
    /// Their name.
    requested_by_name: String,
    /// Why, in their words.
    reason: String,
    /// From this time on, by the log's clock, nobody can approve it any more.
    expires_at: DateTime<Utc>,
}

/// What the command server said.
pub(super) enum Asked {
    /// Nobody else has to approve it.
    Allowed,
    /// Somebody has to. With the token by which a read sees the approval.
    Waits(PendingPromotion, Option<HeaderValue>),
}

#[derive(Serialize)]
struct Question<'a> {
    view: &'a str,
    generation: i32,
    differences: u64,
    fingerprint: &'a str,
    reason: &'a str,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    role: Option<String>,
}

impl CommandServer {
    /// The one at this address.
    pub(crate) fn at(address: &Url) -> Result<Self, reqwest::Error> {
        // A redirection would carry the token elsewhere.
        let client = Client::builder().connect_timeout(CONNECT).timeout(TOTAL).redirect(Policy::none()).no_proxy();
        Ok(Self { client: client.build()?, address: address.clone() })
    }

    /// Asks whether a generation that differs may become live. `headers`: those of the request that wants it.
    pub(super) async fn ask(
        &self,
        headers: &HeaderMap,
        view: &str,
        accepted: &Accepted,
        operator: &Operator,
    ) -> Result<Asked, Problem> {
        let Accepted { generation, differences, fingerprint, .. } = accepted;
        let question = Question {
            view,
            generation: *generation,
            differences: *differences,
            fingerprint: fingerprint.as_str(),
            reason: operator.reason.as_str(),
        };
        let url = format!("{}/v1/promotions", self.address.as_str().trim_end_matches('/'));
        let mut request = self.client.post(url).json(&question);
        for name in PASSED_ON {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value.clone());
            }
        }
        // The command server is told where the operator is, as the console tells it.
        if let Some(address) = &operator.origin.address {
            request = request.header(FORWARDED_FOR, address.as_str());
        }
        // Whoever sends none cannot ask again for the same: each request is one of its own.
        let key = headers.get(&IDEMPOTENCY_KEY).cloned();
        let request = match key {
            Some(key) => request.header(IDEMPOTENCY_KEY, key),
            None => request.header(IDEMPOTENCY_KEY, RandomIds.fresh().to_string()),
        };
        let response = request.send().await.map_err(|error| unreachable(&error.without_url()))?;
        let (status, token) = (response.status(), response.headers().get(&CONSISTENCY_TOKEN).cloned());
        let body = read(response).await?;
        match status {
            StatusCode::OK => Ok(Asked::Allowed),
            StatusCode::ACCEPTED => {
                let pending = serde_json::from_slice(&body).map_err(|error| unreachable(&error))?;
                Ok(Asked::Waits(pending, token))
            }
            _ => Err(refused(status, &body)),
        }
    }
}

impl Asked {
    /// The answer, if it waits.
    pub(super) fn pending(self) -> Option<Response> {
        let Self::Waits(pending, token) = self else { return None };
        let mut response = (StatusCode::ACCEPTED, Json(pending)).into_response();
        if let Some(token) = token {
            response.headers_mut().insert(CONSISTENCY_TOKEN, token);
        }
        Some(response)
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error.without_url()))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(unavailable("its answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The problem that the command server answered, if it is one that is documented here.
fn refused(status: StatusCode, body: &[u8]) -> Problem {
    let refusal = serde_json::from_slice::<Refusal>(body).ok();
    let known = refusal.and_then(|refusal| {
        let code = Code::parse(&refusal.code).filter(|code| PROBLEMS.contains(code) || PROBLEMS_OF_ALL.contains(code));
        code.map(|code| (code, refusal))
    });
    let Some((code, Refusal { detail, role, .. })) = known else {
        return unavailable(&format!("it answered {}", status.as_u16()));
    };
    let problem = Problem::new(code);
    let problem = detail.into_iter().fold(problem, |problem, detail| problem.detail(detail));
    let problem = role.into_iter().fold(problem, |problem, role| problem.with("role", role));
    if status == StatusCode::SERVICE_UNAVAILABLE { problem.retry_after(LATER) } else { problem }
}

fn unreachable(error: &dyn Error) -> Problem {
    unavailable(&error.to_string())
}

fn unavailable(cause: &str) -> Problem {
    let detail = "the command server cannot be asked whether another operator has to approve it";
    Problem::new(Code::ViewUnavailable).detail(detail).cause(cause).retry_after(LATER)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_documented_problem_is_passed_on_and_nothing_else() {
        let answer = |status: u16, body: serde_json::Value| {
            let problem = refused(StatusCode::from_u16(status).expect("a status"), body.to_string().as_bytes());
            problem.code().as_str()
        };
        assert_eq!(answer(422, json!({"code": "idempotency-key-reused", "detail": "x"})), "idempotency-key-reused");
        assert_eq!(answer(403, json!({"code": "operator-role-missing", "role": "operator"})), "operator-role-missing");
        assert_eq!(answer(503, json!({"code": "log-unavailable"})), "log-unavailable");
        for body in [json!({"code": "account-frozen"}), json!({"code": "no-such-code"}), json!([]), json!("x")] {
            assert_eq!(answer(500, body), "view-unavailable");
        }
    }
}
