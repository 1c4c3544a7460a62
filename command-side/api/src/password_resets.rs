//! Password resets: another password for a member who does not know theirs any more.

use application::{MemberCommand, MemberOutcome, ResetStarted};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::member::{self, LoginId, Password};
use platform::{
    extract::{Json, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    body::{Canonical, Confidential, Fields, Secret, canonical, path_id},
    caller::Anybody,
    endpoint::Endpoint,
    receive::{Request, receive},
    state::ApiState,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |handler| Endpoint::new(handler).public().raises([Code::VaultUnavailable, Code::TooManyRequests]);
    vec![
        endpoint(routes!(start_reset)),
        endpoint(routes!(complete_reset)).raises([
            Code::ResetUnknown,
            Code::Overloaded,
            Code::CodeWrong,
            Code::CodeExpired,
            Code::CodeExhausted,
        ]),
    ]
}

/// Somebody who does not know their password any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StartPasswordReset)]
pub(crate) struct StartResetRequest {
    /// Your login id.
    #[schema(value_type = String, pattern = "^[a-z0-9_]{4,32}$", examples("minji_kim"))]
    login_id: Secret,
}

impl StartResetRequest {
    pub(crate) fn login_id(&self) -> Result<LoginId, Problem> {
        let mut fields = Fields::default();
        fields.read("login_id", self.login_id.expose().parse()).ok_or_else(|| fields.problem())
    }
}

impl Confidential for StartResetRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.login_id.expose(),))
    }
}

/// The code that was sent, and another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CompletePasswordReset)]
pub(crate) struct CompleteResetRequest {
    /// The six digits of the message.
    #[schema(value_type = String, pattern = "^[0-9]{6}$", examples("123456"))]
    code: Secret,
    /// With a letter, a digit and a special character; without the login id; not a common one.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new: Secret,
}

impl CompleteResetRequest {
    /// What can be checked without knowing whose password it is.
    pub(crate) fn read(&self) -> Result<(member::Code, Password), Problem> {
        let mut fields = Fields::default();
        let code = fields.read("code", self.code.expose().parse());
        let new = fields.read("new", Password::parse_without_login_id(self.new.inner()));
        code.zip(new).ok_or_else(|| fields.problem())
    }
}

impl Confidential for CompleteResetRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.code.expose(), self.new.expose()))
    }
}

/// A password reset began.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordResetStarted)]
pub(crate) struct ResetDto {
    /// The reset; needed to complete it.
    reset_id: Uuid,
    /// When the code ends.
    expires_at: DateTime<Utc>,
}

fn respond(outcome: &MemberOutcome) -> Option<Response> {
    match outcome {
        MemberOutcome::ResetStarted(ResetStarted { id, expires_at }) => {
            Some(json(StatusCode::ACCEPTED, &ResetDto { reset_id: *id, expires_at: *expires_at }))
        }
        MemberOutcome::Done => Some(StatusCode::NO_CONTENT.into_response()),
        _ => None,
    }
}

/// Begin a password reset
///
/// A code is sent to the contact of the member with this login id. The answer is the same if nobody has the login id. Only so many
/// messages reach one contact in an hour and in a day; what is asked for beyond that is not sent, and the answer is the same.
#[utoipa::path(
    post, path = "/v1/password-resets", tag = "members",
    request_body = StartResetRequest,
    responses((status = 202, description = "A code is on its way, if somebody has the login id", body = ResetDto)),
)]
pub(crate) async fn start_reset(
    State(state): State<ApiState>,
    who: Anybody,
    Json(body): Json<StartResetRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/password-resets";
    let command = MemberCommand::StartReset { from: who.from, login_id: body.login_id()? };
    let meta = Request::of_anybody(&who, ROUTE, None, &body).meta(&state)?;
    receive(&state, meta, ROUTE, command, respond).await
}

/// Complete a password reset
///
/// With the code that was sent: it is good for 10 minutes, for one use, and for 5 tries. All your sessions end, and a notice goes
/// to your contact. Your data and accounts stay as they are. That the new password contains the login id is told only to who has the
/// code, and costs no try.
#[utoipa::path(
    post, path = "/v1/password-resets/{id}/complete", tag = "members",
    params(("id" = Uuid, Path, description = "The reset")),
    request_body = CompleteResetRequest,
    responses((status = 204, description = "The new password is in force")),
)]
pub(crate) async fn complete_reset(
    State(state): State<ApiState>,
    who: Anybody,
    Path(id): Path<String>,
    Json(body): Json<CompleteResetRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/password-resets/{id}/complete";
    let reset = path_id(&id)?;
    let (code, new) = body.read()?;
    let meta = Request::of_anybody(&who, ROUTE, Some(reset), &body).meta(&state)?;
    receive(&state, meta, ROUTE, MemberCommand::CompleteReset { from: who.from, reset, code, new }, respond).await
}
