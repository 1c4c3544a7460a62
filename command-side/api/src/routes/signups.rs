//! Becoming a member.

use application::MemberCommand;
use axum::{extract::State, response::Response};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::Problem,
};
use uuid::Uuid;

use crate::{
    caller::Anybody,
    dto::{Confidential, NothingRequest, SignUpRequest, VerifyRequest, path_id},
    receive::{Request, receive},
    reply::{JoinedDto, SignUpDto},
    state::ApiState,
};

/// Sign up
///
/// A code is sent to the contact. The answer is the same whether or not the contact belongs to a member already: its
/// owner is told by a message. Nothing is reserved before the code is given. Only so many messages reach one contact in an
/// hour and in a day; what is asked for beyond that is not sent, and the answer is the same.
#[utoipa::path(
    post, path = "/v1/signups", tag = "members",
    request_body = SignUpRequest,
    responses((status = 202, description = "A code is on its way", body = SignUpDto)),
)]
pub(super) async fn sign_up(
    State(state): State<ApiState>,
    who: Anybody,
    Json(body): Json<SignUpRequest>,
) -> Result<Response, Problem> {
    let wish = Box::new(body.wish(state.required_consents())?);
    let command = MemberCommand::SignUp { from: who.from, wish };
    anonymous(&state, &who, "POST /v1/signups", None, &body, command).await
}

/// Have another code sent
///
/// The codes before it are worth nothing then. Each time one has to wait twice as long.
#[utoipa::path(
    post, path = "/v1/signups/{id}/resend", tag = "members",
    params(("id" = Uuid, Path, description = "The sign-up")),
    request_body = NothingRequest,
    responses((status = 202, description = "A code is on its way", body = SignUpDto)),
)]
pub(super) async fn resend(
    State(state): State<ApiState>,
    who: Anybody,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let sign_up = path_id(&id)?;
    let command = MemberCommand::Resend { sign_up };
    anonymous(&state, &who, "POST /v1/signups/{id}/resend", Some(sign_up), &body, command).await
}

/// Complete a sign-up
///
/// With the code that was sent: you are a member then, and can log in. Several sign-ups may be pending for one contact and
/// for one login id; the first that is completed gets both. If the login id was taken meanwhile, the answer is 409
/// `login-id-taken`: that costs no try, and may be repeated with another `login_id`.
#[utoipa::path(
    post, path = "/v1/signups/{id}/verify", tag = "members",
    params(("id" = Uuid, Path, description = "The sign-up")),
    request_body = VerifyRequest,
    responses((status = 201, description = "The member", body = JoinedDto)),
)]
pub(super) async fn verify(
    State(state): State<ApiState>,
    who: Anybody,
    Path(id): Path<String>,
    Json(body): Json<VerifyRequest>,
) -> Result<Response, Problem> {
    let sign_up = path_id(&id)?;
    let (code, login_id) = body.read()?;
    let command = MemberCommand::Verify { sign_up, code, login_id };
    anonymous(&state, &who, "POST /v1/signups/{id}/verify", Some(sign_up), &body, command).await
}

async fn anonymous(
    state: &ApiState,
    who: &Anybody,
    route: &'static str,
    id: Option<Uuid>,
    body: &dyn Confidential,
    command: MemberCommand,
) -> Result<Response, Problem> {
    let command_id = who.key.anonymous_command_id();
    let meta = Request { command_id, context: who.context, route, id, body, token: None }.meta(state)?;
    receive(state, meta, route, command).await
}
