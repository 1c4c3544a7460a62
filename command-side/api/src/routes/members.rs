//! What members change of their own, and how they leave.

use application::MemberCommand;
use axum::{extract::State, response::Response};
use kernel::Role;
use platform::{
    auth::Principal,
    extract::{Json, Path},
    problem::{Code, Problem},
};
use uuid::Uuid;

use crate::{
    caller::{Caller, Members, Operators},
    dto::{
        CodeRequest, Confidential, LeaveRequest, NewContactRequest, OperatorsReasonRequest, PasswordRequest, path_id,
    },
    problems,
    receive::{Request, receive},
    reply::{self, CertificateDto, CodeSentDto, ErasingDto, PersonalDataDto},
    state::ApiState,
};

/// Change your contact
///
/// A code is sent to the new one, of whichever channel; nothing changes until it was given. The answer is the same whether
/// or not the contact belongs to another member.
#[utoipa::path(
    post, path = "/v1/members/me/contact", tag = "members", security(("bearer" = [])),
    request_body = NewContactRequest,
    responses((status = 202, description = "A code is on its way", body = CodeSentDto)),
)]
pub(super) async fn change_contact(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<NewContactRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/me/contact";
    let meta = of(&caller, ROUTE, None, &body).meta(&state)?;
    let command = MemberCommand::ChangeContact { member: caller.actor.id, contact: body.contact()? };
    receive(&state, meta, ROUTE, command).await
}

/// Complete a change of contact
///
/// With the code that was sent to the new one; the old one is told.
#[utoipa::path(
    post, path = "/v1/members/me/contact/verify", tag = "members", security(("bearer" = [])),
    request_body = CodeRequest,
    responses((status = 204, description = "You are reached by the new contact")),
)]
pub(super) async fn verify_contact(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<CodeRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/me/contact/verify";
    let command = MemberCommand::VerifyContact { member: caller.actor.id, code: body.code()? };
    let meta = of(&caller, ROUTE, None, &body).meta(&state)?;
    receive(&state, meta, ROUTE, command).await
}

/// Change your password
///
/// All your other sessions end.
#[utoipa::path(
    post, path = "/v1/members/me/password", tag = "members", security(("bearer" = [])),
    request_body = PasswordRequest,
    responses((status = 204, description = "The new password is in force")),
)]
pub(super) async fn change_password(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<PasswordRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/me/password";
    let meta = of(&caller, ROUTE, None, &body).meta(&state)?;
    let (current, new) = (body.current.into_inner(), body.new.into_inner());
    let command = MemberCommand::ChangePassword { actor: caller.actor, session: caller.session, current, new };
    receive(&state, meta, ROUTE, command).await
}

/// Leave
///
/// Everything personal of yours is erased, for good. Your accounts must be closed first.
#[utoipa::path(
    delete, path = "/v1/members/me", tag = "members", security(("bearer" = [])),
    request_body = LeaveRequest,
    responses((status = 202, description = "The erasure is under way", body = ErasingDto)),
)]
pub(super) async fn leave(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<LeaveRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "DELETE /v1/members/me";
    let meta = of(&caller, ROUTE, None, &body).meta(&state)?;
    let command = MemberCommand::Leave { actor: caller.actor, password: body.password.into_inner() };
    receive(&state, meta, ROUTE, command).await
}

/// Erase a member
///
/// As if the member had left; recorded with your reason.
#[utoipa::path(
    post, path = "/v1/members/{id}/erase", tag = "members", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The member")),
    request_body = OperatorsReasonRequest,
    responses((status = 202, description = "The erasure is under way", body = ErasingDto)),
)]
pub(super) async fn erase(
    State(state): State<ApiState>,
    caller: Caller<Operators>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/{id}/erase";
    let id = path_id(&id)?;
    let meta = of(&caller, ROUTE, Some(id), &body).meta(&state)?;
    receive(&state, meta, ROUTE, body.erase(id, caller.actor)).await
}

/// See a member's personal data
///
/// That you looked, and why, is recorded for ever before you are shown anything.
#[utoipa::path(
    post, path = "/v1/members/{id}/disclosures", tag = "members", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The member")),
    request_body = OperatorsReasonRequest,
    responses((status = 201, description = "The data", body = PersonalDataDto)),
)]
pub(super) async fn disclose(
    State(state): State<ApiState>,
    caller: Caller<Operators>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/{id}/disclosures";
    let id = path_id(&id)?;
    let meta = of(&caller, ROUTE, Some(id), &body).meta(&state)?;
    receive(&state, meta, ROUTE, body.disclose(id, caller.actor)).await
}

/// The certificate of an erasure
///
/// What was destroyed, when, and at whose wish. There once the erasure is completed.
#[utoipa::path(
    get, path = "/v1/erasures/{id}", tag = "members", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The erasure")),
    responses((status = 200, description = "The certificate", body = CertificateDto)),
)]
pub(super) async fn certificate(
    State(state): State<ApiState>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    who.require(&[Role::Operator])?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let proof = auth.certificate(path_id(&id)?).await.map_err(problems::of_auth)?;
    let unknown = || Problem::new(Code::ErasureUnknown).detail("there is no such erasure, or it is not completed yet");
    Ok(reply::certificate(&proof.ok_or_else(unknown)?))
}

fn of<'a, A>(caller: &Caller<A>, route: &'static str, id: Option<Uuid>, body: &'a dyn Confidential) -> Request<'a> {
    let (command_id, token) = (caller.key.command_id(caller.actor), Some(caller.token()));
    Request { command_id, context: caller.context, route, id, body, token }
}
