//! Erasures: leaving, being erased, and the proof of it.

use std::net::IpAddr;

use application::{Copies, ErasureProof, MemberCommand, MemberOutcome};
use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::MemberId;
use platform::{
    auth::Admitted,
    extract::{Json, Path},
    http::Origin,
    problem::{Code, Problem},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    approval_bodies::PendingDto,
    body::{Canonical, Confidential, OperatorsReasonRequest, Secret, canonical, path_id},
    caller::{Caller, Leaver, Members, Settlers, Viewers},
    endpoint::Endpoint,
    problems,
    receive::{Request, receive},
    state::ApiState,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |handler| Endpoint::new(handler).raises([Code::VaultUnavailable]);
    vec![
        endpoint(routes!(leave)).by::<Members>().raises([
            Code::MemberUnknown,
            Code::PasswordWrong,
            Code::TooManyRequests,
            Code::AccountsOpen,
            Code::ProcessRunning,
        ]),
        endpoint(routes!(erase)).by::<Settlers>().raises([
            Code::MemberUnknown,
            Code::AccountsOpen,
            Code::ProcessRunning,
        ]),
        endpoint(routes!(certificate)).public().raises([
            Code::ValidationFailed,
            Code::ErasureUnknown,
            Code::TooManyRequests,
        ]),
    ]
}

/// A member leaves, for good.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Leave)]
pub(crate) struct LeaveRequest {
    /// Your password, again.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

impl Confidential for LeaveRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.password.expose(),))
    }
}

/// An erasure is under way.
#[derive(Serialize, ToSchema)]
#[schema(as = Erasing)]
pub(crate) struct ErasingDto {
    /// The erasure, and its certificate once it is completed: whoever has this id can read it, without a token.
    erasure_id: Uuid,
}

/// An erasure that is under way, or that waits for a second operator.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ErasingOrPending)]
pub(crate) enum ErasingOrPendingDto<'a> {
    /// It is under way.
    Erasing(ErasingDto),
    /// It waits.
    Pending(PendingDto<'a>),
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
    /// The epochs of the key-encryption key that had wrapped the data key; null in certificates from before epochs were counted.
    #[schema(required)]
    key_epochs: Option<&'a [i64]>,
    /// From when on no old copy of the wrapped data key (in the vault's write-ahead log, in a backup) can be opened, because the
    /// key-encryption keys of its epochs are destroyed; null while one of them is kept.
    #[schema(required)]
    copies_unreadable_from: Option<DateTime<Utc>>,
    /// When that is planned; null once it has happened, and where no schedule is kept. A time that has passed is overdue.
    #[schema(required)]
    copies_unreadable_planned: Option<DateTime<Utc>>,
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

/// Proof of an erasure.
fn answer(proof: &ErasureProof) -> Response {
    let kept = &proof.certificate;
    let destroyed = kept.destroyed.iter().map(|(what, count)| DestroyedDto { what, count: *count });
    let (from, planned) = match proof.copies {
        Copies::Unreadable { since } => (Some(since), None),
        Copies::Readable { until } => (None, until),
    };
    let body = CertificateDto {
        erasure_id: kept.erasure_id,
        member_id: kept.member_id,
        requested_by: &kept.requested_by,
        requested_at: kept.requested_at,
        erased_at: kept.erased_at,
        destroyed: destroyed.collect(),
        digest: &proof.digest,
        key_epochs: kept.key_epochs.as_deref(),
        copies_unreadable_from: from,
        copies_unreadable_planned: planned,
    };
    json(StatusCode::OK, &body)
}

fn respond(outcome: &MemberOutcome) -> Option<Response> {
    let body = match outcome {
        MemberOutcome::Erasing(erasure) => ErasingOrPendingDto::Erasing(ErasingDto { erasure_id: *erasure }),
        MemberOutcome::ErasureAsked(asked) => ErasingOrPendingDto::Pending(PendingDto::from(asked)),
        _ => return None,
    };
    Some(json(StatusCode::ACCEPTED, &body))
}

/// Leave
///
/// Everything personal of yours is erased, for good. Your accounts must be closed first. Your tokens are refused from then on; if
/// the answer is lost, the same request with the same token and the same `Idempotency-Key` gets it again, until a day after the erasure.
#[utoipa::path(
    delete, path = "/v1/members/me", tag = "members", security(("bearer" = [])),
    request_body = LeaveRequest,
    responses((status = 202, description = "The erasure is under way", body = ErasingDto)),
)]
pub(crate) async fn leave(
    State(state): State<ApiState>,
    leaver: Leaver,
    Json(body): Json<LeaveRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "DELETE /v1/members/me";
    match leaver {
        Leaver::Member(caller) => {
            let meta = Request::of(&caller, ROUTE, None, &body).meta(&state)?;
            let command = MemberCommand::Leave { actor: caller.actor, password: body.password.into_inner() };
            receive(&state, meta, ROUTE, command, respond).await
        }
        Leaver::Former(caller, refused) => {
            let meta = Request::of(&caller, ROUTE, None, &body).meta(&state)?;
            let command = MemberCommand::LeftBefore { member: caller.actor.id };
            let answer = receive(&state, meta, ROUTE, command, respond).await;
            // It is refused as any other request with this token would be.
            answer.map_err(|problem| if problem.code() == Code::Unauthorized { refused } else { problem })
        }
    }
}

/// Erase a member
///
/// As if the member had left; recorded with your reason. Of an operator who logged in it may wait for a second one.
#[utoipa::path(
    post, path = "/v1/members/{id}/erase", tag = "members", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The member")),
    request_body = OperatorsReasonRequest,
    responses((status = 202, description = "The erasure is under way, or waits for a second operator", body = ErasingOrPendingDto)),
)]
pub(crate) async fn erase(
    State(state): State<ApiState>,
    caller: Caller<Settlers>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/{id}/erase";
    let id = path_id(&id)?;
    let meta = Request::of(&caller, ROUTE, Some(id), &body).meta(&state)?;
    let caller = caller.saying(Some(&body.reason.0));
    let (member, actor, act, reason) = (MemberId::new(id), caller.actor, caller.act()?, body.reason.0);
    receive(&state, meta, ROUTE, MemberCommand::Erase { member, actor, reason, act }, respond).await
}

/// The certificate of an erasure
///
/// What was destroyed, when, and at whose request. There once the erasure is completed. It needs no token: the id of the erasure,
/// which only its member and operators were given, is enough. `key_epochs` and the fields after it say until when old copies of
/// the wrapped data key could be opened.
#[utoipa::path(
    get, path = "/v1/erasures/{id}", tag = "members",
    params(("id" = Uuid, Path, description = "The erasure")),
    responses((status = 200, description = "The certificate", body = CertificateDto)),
)]
pub(crate) async fn certificate(
    State(state): State<ApiState>,
    who: CertificateReader,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let auth = state.auth().map_err(problems::of_auth)?;
    let proof = auth.certificate(who.counted, path_id(&id)?).await.map_err(problems::of_auth)?;
    let unknown = || Problem::new(Code::ErasureUnknown).detail("there is no such erasure, or it is not completed yet");
    Ok(answer(&proof.ok_or_else(unknown)?))
}

/// Who reads a certificate: anybody who has its id. The token of the one who left holds no more, so a token is not asked for.
pub(crate) struct CertificateReader {
    /// The address that it is counted for; none for an operator.
    counted: Option<IpAddr>,
}

impl FromRequestParts<ApiState> for CertificateReader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        if Admitted::<Viewers>::from_request_parts(parts, state).await.is_ok() {
            return Ok(Self { counted: None });
        }
        Ok(Self { counted: Some(Origin::from_request_parts(parts, state).await?.0) })
    }
}
