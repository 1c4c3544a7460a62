//! Sign-ups: becoming a member.

use application::{CodeSent, MemberCommand, MemberOutcome, NewMember};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use domain::member::{self, Consents, LoginId, Password, RealName};
use kernel::MemberId;
use platform::{
    extract::{Json, OptionalJson, Path, object, objects},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    body::{Canonical, Confidential, ContactDto, Fields, NothingRequest, Secret, canonical, path_id},
    caller::Anybody,
    endpoint::Endpoint,
    receive::{Request, receive},
    state::ApiState,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |handler| Endpoint::new(handler).public().raises([Code::VaultUnavailable]);
    vec![
        endpoint(routes!(sign_up)).raises([Code::LoginIdTaken, Code::TooManyRequests]),
        endpoint(routes!(resend)).with_optional_body().raises([
            Code::SignUpUnknown,
            Code::SignUpEnded,
            Code::ResendTooEarly,
            Code::TooManyRequests,
        ]),
        endpoint(routes!(verify)).raises([
            Code::SignUpUnknown,
            Code::SignUpEnded,
            Code::LoginIdTaken,
            Code::TooManyRequests,
            Code::Overloaded,
            Code::CodeWrong,
            Code::CodeExpired,
            Code::CodeExhausted,
        ]),
    ]
}

/// Somebody who wants to become a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
pub(crate) struct SignUpRequest {
    /// What you will log in with: unique.
    #[schema(value_type = String, pattern = "^[a-z0-9_]{4,32}$", examples("minji_kim"))]
    login_id: Secret,
    /// With a letter, a digit and a special character; without the login id; not a common one.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    password: Secret,
    /// By what you are reached; the code is sent there.
    #[serde(deserialize_with = "object")]
    contact: ContactDto,
    /// As it is written in your passport; shown as you give it.
    #[schema(value_type = String, min_length = 1, max_length = 100, examples("김민지"))]
    real_name: Secret,
    /// What you were asked to agree to, at least one of it agreed to.
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 20)]
    consents: Vec<ConsentDto>,
}

/// A document, and whether you agree to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Consent)]
pub(crate) struct ConsentDto {
    /// Its name.
    #[schema(min_length = 1, max_length = 64, examples("terms"))]
    document: String,
    /// Its version, as a string or a number.
    #[serde(deserialize_with = "version")]
    #[schema(value_type = String, min_length = 1, max_length = 32, examples("2026-11"))]
    version: String,
    /// Whether you agree.
    agreed: bool,
}

/// A number is kept as it was written: `1.10` is another version than `1.1`.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).map_err(D::Error::custom),
        Some(b'-' | b'0'..=b'9') => Ok(raw.get().to_owned()),
        _ => Err(D::Error::custom("expected a string or a number")),
    }
}

impl SignUpRequest {
    /// The new member that is asked for, or everything that is wrong with the request.
    pub(crate) fn new_member(&self, required: &[String]) -> Result<NewMember, Problem> {
        let mut fields = Fields::default();
        let login_id = fields.read("login_id", self.login_id.expose().parse::<LoginId>());
        // Without a login id it is unknown whether the password contains it.
        let password = login_id
            .as_ref()
            .and_then(|login_id| fields.read("password", Password::parse(self.password.inner(), login_id)));
        let contact = self.contact.read(&mut fields, "contact.");
        let real_name = fields.read("real_name", self.real_name.expose().parse::<RealName>());
        let mut consents = Vec::with_capacity(self.consents.len());
        for (index, consent) in self.consents.iter().enumerate() {
            let read = Consents::consent(&consent.document, &consent.version, consent.agreed);
            consents.extend(fields.read(&format!("consents[{index}]"), read));
        }
        let consents = match consents.len() == self.consents.len() {
            true => fields.read("consents", Consents::new(consents, required)),
            false => None,
        };
        match (login_id, password, contact, real_name, consents) {
            (Some(login_id), Some(password), Some(contact), Some(real_name), Some(consents)) => {
                Ok(NewMember { login_id, password, contact, real_name, consents })
            }
            _ => Err(fields.problem()),
        }
    }
}

impl Confidential for SignUpRequest {
    fn canonical(&self) -> Canonical {
        let consents: Vec<_> = self.consents.iter().map(|c| (&c.document, &c.version, c.agreed)).collect();
        let contact = (&self.contact.channel, self.contact.value.expose());
        canonical(&(self.login_id.expose(), self.password.expose(), contact, self.real_name.expose(), consents))
    }
}

/// A code that was sent, to complete a sign-up with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Verification)]
pub(crate) struct VerifyRequest {
    /// The six digits of the newest message.
    #[schema(value_type = String, pattern = "^[0-9]{6}$", examples("123456"))]
    code: Secret,
    /// Another login id than the sign-up began with, if that was taken in the meantime.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9_]{4,32}$", examples("minji_kim2"))]
    login_id: Option<Secret>,
}

impl VerifyRequest {
    pub(crate) fn read(&self) -> Result<(member::Code, Option<LoginId>), Problem> {
        let mut fields = Fields::default();
        let code = fields.read("code", self.code.expose().parse::<member::Code>());
        let login_id = self.login_id.as_ref().map(|text| fields.read("login_id", text.expose().parse::<LoginId>()));
        match (code, login_id) {
            (Some(code), None) => Ok((code, None)),
            (Some(code), Some(Some(login_id))) => Ok((code, Some(login_id))),
            _ => Err(fields.problem()),
        }
    }
}

impl Confidential for VerifyRequest {
    /// Without a login id as it was before there could be one.
    fn canonical(&self) -> Canonical {
        match &self.login_id {
            Some(login_id) => canonical(&(self.code.expose(), login_id.expose())),
            None => canonical(&(self.code.expose(),)),
        }
    }
}

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

/// A person became a member.
#[derive(Serialize, ToSchema)]
#[schema(as = Joined)]
pub(crate) struct JoinedDto {
    /// The member.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
}

fn respond(outcome: &MemberOutcome) -> Option<Response> {
    Some(match outcome {
        MemberOutcome::SignUpCode(CodeSent { id, expires_at, resend_after }) => json(
            StatusCode::ACCEPTED,
            &SignUpDto { signup_id: *id, expires_at: *expires_at, resend_after: *resend_after },
        ),
        MemberOutcome::Joined(member) => json(StatusCode::CREATED, &JoinedDto { member_id: *member }),
        _ => return None,
    })
}

/// Sign up
///
/// A code is sent to the contact. The answer is the same whether or not the contact belongs to a member already: its
/// owner gets a message. Nothing is reserved before the code is given. Only so many messages reach one contact in an
/// hour and in a day; what is asked for beyond that is not sent, and the answer is the same.
#[utoipa::path(
    post, path = "/v1/signups", tag = "members",
    request_body = SignUpRequest,
    responses((status = 202, description = "A code is on its way", body = SignUpDto)),
)]
pub(crate) async fn sign_up(
    State(state): State<ApiState>,
    who: Anybody,
    Json(body): Json<SignUpRequest>,
) -> Result<Response, Problem> {
    let new_member = Box::new(body.new_member(state.required_consents())?);
    let command = MemberCommand::SignUp { from: who.from, new_member };
    anonymous(&state, &who, "POST /v1/signups", None, &body, command).await
}

/// Have another code sent
///
/// The codes before it are no longer valid then. Each time one has to wait twice as long.
#[utoipa::path(
    post, path = "/v1/signups/{id}/resend", tag = "members",
    params(("id" = Uuid, Path, description = "The sign-up")),
    request_body = NothingRequest,
    responses((status = 202, description = "A code is on its way", body = SignUpDto)),
)]
pub(crate) async fn resend(
    State(state): State<ApiState>,
    who: Anybody,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let sign_up = path_id(&id)?;
    let command = MemberCommand::Resend { from: who.from, sign_up };
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
pub(crate) async fn verify(
    State(state): State<ApiState>,
    who: Anybody,
    Path(id): Path<String>,
    Json(body): Json<VerifyRequest>,
) -> Result<Response, Problem> {
    let sign_up = path_id(&id)?;
    let (code, login_id) = body.read()?;
    let command = MemberCommand::Verify { from: who.from, sign_up, code, login_id };
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
    let meta = Request::of_anybody(who, route, id, body).meta(state)?;
    receive(state, meta, route, command, respond).await
}
