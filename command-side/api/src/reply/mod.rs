//! Answers.

mod account;
mod people;
mod refusal;
mod transfer;

use application::{Answer, Outcome};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Actor, CommandId, ConsistencyToken};
use platform::problem::Problem;
use serde::Serialize;

pub(crate) use self::{
    account::AccountDto,
    people::{
        CertificateDto, CodeSentDto, ErasingDto, JoinedDto, PersonalDataDto, SignUpDto, TokensDto, certificate,
        member_answer, signed, tokens, with_token,
    },
    transfer::{BatchDto, TransferDto},
};

const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The response to a decided command. The same answer gives the same status and body, first or replayed.
pub(crate) fn answer(answer: Answer, actor: Actor, command_id: CommandId) -> Response {
    let mut response = match answer.answer.as_ref() {
        Outcome::Opened(account) => json(StatusCode::CREATED, &AccountDto::from(account)),
        Outcome::Changed(account) => json(StatusCode::OK, &AccountDto::from(account)),
        Outcome::Posted(transfer) => json(StatusCode::CREATED, &TransferDto::seen_by(actor, transfer)),
        Outcome::Batch(results) => json(StatusCode::OK, &BatchDto::seen_by(actor, results, command_id)),
        Outcome::Refused(refused) => refusal::problem(refused, command_id).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONSISTENCY_TOKEN, token(answer.token));
    if answer.replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
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
