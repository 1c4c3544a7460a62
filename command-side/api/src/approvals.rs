//! Approvals: what an operator who logged in asked for, and another one approves or rejects.

use application::{
    Approval, ApprovalAction, ApprovalRequested, ApprovalStatus, ApprovalVerdict, Command, DecideApproval,
    MemberCommand, MemberOutcome, Outcome,
};
use axum::{extract::State, http::StatusCode, response::Response};
use kernel::ApprovalId;
use platform::{
    auth::Admitted,
    extract::{OptionalJson, Path},
    problem::{Code, Problem},
};
use secrecy::ExposeSecret;
use utoipa_axum::routes;

use crate::{
    accounts::ReasonRequest,
    answer::json,
    approval_bodies::DecidedDto,
    body::path_id,
    caller::{Admins, Caller, Helpers},
    endpoint::Endpoint,
    partners::IssuedKeyDto,
    problems,
    receive::{Request, receive},
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let decide = |handler| {
        let endpoint = Endpoint::new(handler).by::<Helpers>().with_optional_body();
        endpoint.raises([Code::ApprovalUnknown, Code::ApprovalOver])
    };
    vec![
        decide(routes!(approve)).raises([Code::ApprovalOwn, Code::ApprovalNotIndependent, Code::VaultUnavailable]),
        decide(routes!(reject)).raises([Code::ApprovalOwn]),
        decide(routes!(withdraw_approval)),
        Endpoint::new(routes!(key)).by::<Admins>().raises([
            Code::ValidationFailed,
            Code::ApprovalUnknown,
            Code::LogUnavailable,
            Code::VaultUnavailable,
        ]),
    ]
}

/// Approve
///
/// What the other operator asked for is done, in the same commit: then the status is `approved`. If a rule of the bank refuses it now, the status
/// is `refused`, and `refusal` says which. A view is promoted by the projector right after it: what came of that is in `carried_out` of
/// `GET /v1/approvals/{id}`. Nobody approves what they asked for themselves, nor what they could not ask for. Nor does anybody approve what was asked
/// for by somebody who added them, reset their credentials, enabled them or gave them their role within 24 hours, or the time that an approval waits, or whom
/// they let in so themselves, or who was let in by the same operator as they were. A rate or a limit that was changed since it was asked for stays
/// as it is: `refused`, with `changed-since`. The time for which a rate counts begins when it is approved.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/approve", tag = "approvals", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The approval")),
    request_body = ReasonRequest,
    responses((status = 200, description = "What became of it", body = DecidedDto)),
)]
pub(crate) async fn approve(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/approvals/{id}/approve";
    let approval = ApprovalId::new(path_id(&id)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    // Whatever an approval asks for, it asks for it for ever: so a repeated request goes the same way.
    match auth.approval(approval).await.map_err(problems::of_auth)? {
        Some(Approval {
            requested: ApprovalRequested { action: ApprovalAction::Erasure { member, .. }, .. }, ..
        }) => {
            let caller = caller.saying(body.reason().as_deref());
            let meta = Request::of(&caller, ROUTE, Some(approval.uuid()), &body).meta(&state)?;
            let (actor, act) = (caller.actor, caller.act()?);
            let command = MemberCommand::ApproveErasure { approval, member, actor, act };
            receive(&state, meta, ROUTE, command, |outcome| match outcome {
                MemberOutcome::ErasureApproved(decided) => Some(json(StatusCode::OK, &DecidedDto::from(decided))),
                _ => None,
            })
            .await
        }
        _ => decide(&state, caller, (ROUTE, &id), &body, ApprovalVerdict::Approve).await,
    }
}

/// Reject
///
/// What the other operator asked for is not done. Nobody rejects what they asked for themselves: they withdraw it.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/reject", tag = "approvals", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The approval")),
    request_body = ReasonRequest,
    responses((status = 200, description = "What became of it", body = DecidedDto)),
)]
pub(crate) async fn reject(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    decide(&state, caller, ("POST /v1/approvals/{id}/reject", &id), &body, ApprovalVerdict::Reject).await
}

/// Withdraw
///
/// What you asked for is not done.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/withdraw", tag = "approvals", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The approval")),
    request_body = ReasonRequest,
    responses((status = 200, description = "What became of it", body = DecidedDto)),
)]
pub(crate) async fn withdraw_approval(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    decide(&state, caller, ("POST /v1/approvals/{id}/withdraw", &id), &body, ApprovalVerdict::Withdraw).await
}

/// The key that an approval issued
///
/// With its secret, for whoever asked for it and nobody else: the answer to the request had none yet. The same whenever it is asked for.
#[utoipa::path(
    get, path = "/v1/approvals/{id}/key", tag = "approvals", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The approval")),
    responses((status = 200, description = "The key", body = IssuedKeyDto)),
)]
pub(crate) async fn key(
    State(state): State<ApiState>,
    who: Admitted<Admins>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let approval = ApprovalId::new(path_id(&id)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    let found = auth.approval(approval).await.map_err(problems::of_auth)?;
    let is_own = |found: &Approval| {
        let by = found.requested.requested_by.uuid();
        who.principal.operator.is_some() && who.principal.actor.id.uuid() == by
    };
    let issued = found.filter(|found| found.status == ApprovalStatus::Approved && is_own(found));
    match issued.map(|issued| issued.requested.action) {
        Some(ApprovalAction::PartnerKey { partner, key, scopes, expires_at, .. }) => {
            let secret = auth.partner_secret(key).map_err(problems::of_auth)?;
            let (scopes, secret) = (scopes.as_slice(), secret.text.expose_secret());
            let body = IssuedKeyDto { key_id: key, secret, partner_id: partner, scopes, expires_at };
            Ok(json(StatusCode::OK, &body))
        }
        _ => Err(Problem::new(Code::ApprovalUnknown).detail("no key was issued by an approval that you asked for")),
    }
}

async fn decide(
    state: &ApiState,
    caller: Caller<Helpers>,
    (route, id): (&'static str, &str),
    body: &ReasonRequest,
    verdict: ApprovalVerdict,
) -> Result<Response, Problem> {
    let (id, caller) = (path_id(id)?, caller.saying(body.reason().as_deref()));
    let command = Command::DecideApproval(DecideApproval { approval: ApprovalId::new(id), verdict });
    submit(state, caller, Asked { route, id: Some(id), body }, command, |outcome, _, _| respond(outcome)).await
}

/// The response to what was decided about an approval.
pub(crate) fn respond(outcome: &Outcome) -> Option<Response> {
    match outcome {
        Outcome::ApprovalDecided(decided) => Some(json(StatusCode::OK, &DecidedDto::from(decided))),
        _ => None,
    }
}
