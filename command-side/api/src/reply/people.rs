//! Answers about members and their sessions.

use application::{CodeSent, ErasureProof, MemberOutcome, PersonalData, Receipt, Tokens};
use axum::{
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::MemberId;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{CONSISTENCY_TOKEN, IDEMPOTENCY_REPLAYED, json, token};

/// A code is on its way to the contact.
#[derive(Serialize, ToSchema)]
#[schema(as = SignUpStarted)]
pub(crate) struct SignUpDto {
    /// The sign-up; needed to verify.
    signup_id: Uuid,
    /// When the code ends.
    expires_at: DateTime<Utc>,
    /// When another code may be asked for.
    resend_after: DateTime<Utc>,
}

/// A code is on its way to the new contact.
#[derive(Serialize, ToSchema)]
#[schema(as = CodeSent)]
pub(crate) struct CodeSentDto {
    /// When the code ends.
    expires_at: DateTime<Utc>,
    /// When another code may be asked for.
    resend_after: DateTime<Utc>,
}

/// A person became a member.
#[derive(Serialize, ToSchema)]
#[schema(as = Joined)]
pub(crate) struct JoinedDto {
    /// The member.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensDto<'a> {
    /// For `Authorization: Bearer`.
    access_token: &'a str,
    /// For `POST /v1/sessions/refresh`, once.
    refresh_token: &'a str,
    /// Always `Bearer`.
    #[schema(pattern = "^Bearer$", examples("Bearer"))]
    token_type: &'static str,
    /// Seconds the access token is good for.
    #[schema(minimum = 1, examples(600))]
    expires_in: i64,
}

/// An erasure is under way.
#[derive(Serialize, ToSchema)]
#[schema(as = Erasing)]
pub(crate) struct ErasingDto {
    /// The erasure, and its certificate once it is completed.
    erasure_id: Uuid,
}

/// A member's personal data. That you saw them is recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonalData)]
pub(crate) struct PersonalDataDto<'a> {
    /// Whose.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
    /// What they log in with.
    login_id: &'a str,
    /// Their name.
    real_name: &'a str,
    /// By what they are reached.
    contact: ReachedDto<'a>,
    /// When they became a member.
    joined_at: DateTime<Utc>,
}

/// By what a member is reached.
#[derive(Serialize, ToSchema)]
#[schema(as = Reached)]
pub(crate) struct ReachedDto<'a> {
    /// `email` or `phone`.
    channel: &'static str,
    /// The address or number.
    value: &'a str,
}

/// Proof that a member was erased. Holds nothing personal.
#[derive(Serialize, ToSchema)]
#[schema(as = ErasureCertificate)]
pub(crate) struct CertificateDto<'a> {
    /// The erasure.
    erasure_id: Uuid,
    /// Who was erased.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
    /// Who asked for it: role and id.
    requested_by: &'a str,
    /// When it was asked for.
    requested_at: DateTime<Utc>,
    /// When the data key was destroyed.
    erased_at: DateTime<Utc>,
    /// What was destroyed.
    destroyed: Vec<DestroyedDto<'a>>,
    /// SHA-256 of the certificate; the log holds the same.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    digest: &'a str,
}

/// Something that was destroyed.
#[derive(Serialize, ToSchema)]
#[schema(as = Destroyed)]
pub(crate) struct DestroyedDto<'a> {
    /// What.
    what: &'a str,
    /// How many of it.
    count: u64,
}

/// The response to a command of a member. The same answer gives the same status and body, first or replayed.
pub(crate) fn member_answer(told: &Receipt<MemberOutcome>) -> Response {
    let response = match &told.answer {
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
        MemberOutcome::Disclosed(member, data) => json(StatusCode::CREATED, &personal(*member, data)),
    };
    signed(response, told.token, told.replayed)
}

/// With the headers of what was written.
pub(crate) fn signed(mut response: Response, at: kernel::ConsistencyToken, replayed: bool) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONSISTENCY_TOKEN, token(at));
    if replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn personal(member: MemberId, data: &PersonalData) -> PersonalDataDto<'_> {
    PersonalDataDto {
        member_id: member,
        login_id: data.login_id.expose_secret(),
        real_name: data.real_name.expose_secret(),
        contact: ReachedDto { channel: data.channel.as_str(), value: data.contact.expose_secret() },
        joined_at: data.joined_at,
    }
}

/// The tokens of a session that was begun or refreshed.
pub(crate) fn tokens(tokens: &Tokens) -> Response {
    let body = TokensDto {
        access_token: tokens.access.expose_secret(),
        refresh_token: tokens.refresh.expose_secret(),
        token_type: "Bearer",
        expires_in: tokens.expires_in.num_seconds(),
    };
    let mut response = with_token(json(StatusCode::CREATED, &body), tokens.seen);
    if tokens.replayed {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// With a token, if there is one to give.
pub(crate) fn with_token(mut response: Response, seen: Option<kernel::ConsistencyToken>) -> Response {
    if let Some(seen) = seen {
        response.headers_mut().insert(CONSISTENCY_TOKEN, token(seen));
    }
    response
}

/// Proof of an erasure.
pub(crate) fn certificate(proof: &ErasureProof) -> Response {
    let kept = &proof.certificate;
    let destroyed = kept.destroyed.iter().map(|(what, count)| DestroyedDto { what, count: *count });
    let body = CertificateDto {
        erasure_id: kept.erasure_id,
        member_id: kept.member_id,
        requested_by: &kept.requested_by,
        requested_at: kept.requested_at,
        erased_at: kept.erased_at,
        destroyed: destroyed.collect(),
        digest: &proof.digest,
    };
    json(StatusCode::OK, &body)
}
