//! From what came of a command to the response.

use application::{Answer, CodeSent, MemberOutcome, Outcome, Receipt};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Actor, CommandId, ConsistencyToken};
use platform::problem::Problem;
use serde::Serialize;

use crate::{
    accounts::AccountDto,
    erasures::ErasingDto,
    members::{CodeSentDto, PersonalDataDto},
    problems,
    sign_ups::{JoinedDto, SignUpDto},
    transfers::{BatchDto, TransferDto},
};

const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The response to a decided command. The same answer gives the same status and body, first or replayed.
pub(crate) fn answer(answer: Answer, actor: Actor, command_id: CommandId) -> Response {
    let response = match answer.answer.as_ref() {
        Outcome::Opened(account) => json(StatusCode::CREATED, &AccountDto::from(account)),
        Outcome::Changed(account) => json(StatusCode::OK, &AccountDto::from(account)),
        Outcome::Posted(transfer) => json(StatusCode::CREATED, &TransferDto::seen_by(actor, transfer)),
        Outcome::Batch(results) => json(StatusCode::OK, &BatchDto::seen_by(actor, results, command_id)),
        Outcome::Refused(refused) => problems::of_refusal(refused, command_id).into_response(),
    };
    signed(response, answer.token, answer.replayed)
}

/// A body, as JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
        }
        Err(error) => Problem::internal(error).into_response(),
    }
}

fn token(token: ConsistencyToken) -> HeaderValue {
    // Base64 is always a header value.
    HeaderValue::try_from(token.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// The response to a command of a member. The same answer gives the same status and body, first or replayed.
pub(crate) fn member_answer(receipt: &Receipt<MemberOutcome>) -> Response {
    let response = match &receipt.answer {
        MemberOutcome::SignUpCode(CodeSent { id, expires_at, resend_after }) => json(
            StatusCode::ACCEPTED,
            &SignUpDto { signup_id: *id, expires_at: *expires_at, resend_after: *resend_after },
        ),
        MemberOutcome::ContactCode(CodeSent { expires_at, resend_after, .. }) => {
            json(StatusCode::ACCEPTED, &CodeSentDto { expires_at: *expires_at, resend_after: *resend_after })
        }
        MemberOutcome::Joined(member) => json(StatusCode::CREATED, &JoinedDto { member_id: *member }),
        MemberOutcome::Done => StatusCode::NO_CONTENT.into_response(),
        MemberOutcome::Erasing(erasure) => json(StatusCode::ACCEPTED, &ErasingDto { erasure_id: *erasure }),
        MemberOutcome::Disclosed(member, data) => json(StatusCode::CREATED, &PersonalDataDto::of(*member, data)),
    };
    signed(response, receipt.token, receipt.replayed)
}

/// With the headers of what was written.
pub(crate) fn signed(mut response: Response, at: ConsistencyToken, replayed: bool) -> Response {
    response.headers_mut().insert(CONSISTENCY_TOKEN, token(at));
    if replayed {
        mark_replayed(&mut response);
    }
    response
}

/// With a token, if there is one to give.
pub(crate) fn with_token(mut response: Response, seen: Option<ConsistencyToken>) -> Response {
    if let Some(seen) = seen {
        response.headers_mut().insert(CONSISTENCY_TOKEN, token(seen));
    }
    response
}

/// Marks the answer as one that was given before.
pub(crate) fn mark_replayed(response: &mut Response) {
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
}
