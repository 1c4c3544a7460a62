//! Members: what they change of their own, and what an operator may see of them.

use application::{CodeSent, MemberCommand, MemberOutcome, PersonalData};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::member::{self, CodeError, Contact, LoginId};
use kernel::MemberId;
use platform::{
    auth::Admitted,
    extract::{Json, Path, object},
    problem::{Code, Problem},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Canonical, Confidential, ContactDto, Fields, OperatorsReasonRequest, Secret, canonical, path_id},
    caller::{Caller, Helpers, Members},
    endpoint::Endpoint,
    problems,
    receive::{Request, receive},
    state::ApiState,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint =
        |handler| Endpoint::new(handler).by::<Members>().raises([Code::VaultUnavailable, Code::MemberUnknown]);
    vec![
        endpoint(routes!(change_contact)).raises([Code::ResendTooEarly]),
        endpoint(routes!(verify_contact)).raises([
            Code::ContactChangeMissing,
            Code::CodeWrong,
            Code::CodeExpired,
            Code::CodeExhausted,
        ]),
        endpoint(routes!(change_password)).raises([Code::PasswordWrong, Code::TooManyRequests]),
        endpoint(routes!(disclose)).by::<Helpers>(),
        Endpoint::new(routes!(find)).by::<Helpers>().raises([Code::VaultUnavailable, Code::MemberUnknown]),
    ]
}

/// A new contact: by itself, or in a field `contact` as in a sign-up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewContact)]
pub(crate) struct NewContactRequest {
    /// `email` or `phone`.
    #[serde(default)]
    #[schema(pattern = "^(email|phone)$", examples("phone"))]
    channel: Option<String>,
    /// An e-mail address, or a telephone number in international form.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, examples("+821012345678"))]
    value: Option<Secret>,
    /// Both of them together; then they do not stand beside it.
    #[serde(default, deserialize_with = "some_object")]
    contact: Option<ContactDto>,
}

fn some_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ContactDto>, D::Error> {
    object(deserializer).map(Some)
}

impl NewContactRequest {
    pub(crate) fn contact(self) -> Result<Contact, Problem> {
        let mut fields = Fields::default();
        let read = match (self.contact, self.channel, self.value) {
            (Some(contact), None, None) => contact.read(&mut fields, "contact."),
            (None, Some(channel), Some(value)) => ContactDto { channel, value }.read(&mut fields, ""),
            (None, None, _) => return Err(Problem::invalid("channel", "missing field `channel`")),
            (None, Some(_), None) => return Err(Problem::invalid("value", "missing field `value`")),
            (Some(_), ..) => return Err(Problem::invalid("contact", "the contact is given twice")),
        };
        read.ok_or_else(|| fields.problem())
    }
}

impl Confidential for NewContactRequest {
    /// The same for both ways of writing it.
    fn canonical(&self) -> Canonical {
        let nested = self.contact.as_ref().map(|contact| (contact.channel.as_str(), contact.value.expose()));
        let plain = (self.channel.as_deref(), self.value.as_ref().map(Secret::expose));
        canonical(&nested.map_or(plain, |(channel, value)| (Some(channel), Some(value))))
    }
}

/// A code that was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Code)]
pub(crate) struct CodeRequest {
    /// The six digits of the newest message.
    #[schema(value_type = String, pattern = "^[0-9]{6}$", examples("123456"))]
    code: Secret,
}

impl CodeRequest {
    pub(crate) fn code(&self) -> Result<member::Code, Problem> {
        self.code.expose().parse().map_err(|error: CodeError| Problem::invalid("code", error.to_string()))
    }
}

impl Confidential for CodeRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.code.expose(),))
    }
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangePassword)]
pub(crate) struct PasswordRequest {
    /// The one in force.
    #[schema(value_type = String, format = Password)]
    current: Secret,
    /// With a letter, a digit and a special character; without the login id; not a common one.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new: Secret,
}

impl Confidential for PasswordRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.current.expose(), self.new.expose()))
    }
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

/// What a member logs in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FindMember)]
pub(crate) struct FindMemberRequest {
    /// The login id.
    #[schema(value_type = String, pattern = "^[a-z0-9_]{4,32}$", examples("minji_kim"))]
    login_id: Secret,
}

/// Whose login id it is.
#[derive(Serialize, ToSchema)]
#[schema(as = FoundMember)]
pub(crate) struct FoundMemberDto {
    /// The member.
    #[schema(value_type = Uuid)]
    member_id: MemberId,
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

impl<'a> PersonalDataDto<'a> {
    fn of(member: MemberId, data: &'a PersonalData) -> Self {
        Self {
            member_id: member,
            login_id: data.login_id.expose_secret(),
            real_name: data.real_name.expose_secret(),
            contact: ReachedDto { channel: data.channel.as_str(), value: data.contact.expose_secret() },
            joined_at: data.joined_at,
        }
    }
}

fn respond(outcome: &MemberOutcome) -> Option<Response> {
    Some(match outcome {
        MemberOutcome::ContactCode(CodeSent { expires_at, resend_after, .. }) => {
            json(StatusCode::ACCEPTED, &CodeSentDto { expires_at: *expires_at, resend_after: *resend_after })
        }
        MemberOutcome::Done => StatusCode::NO_CONTENT.into_response(),
        MemberOutcome::Disclosed(member, data) => json(StatusCode::CREATED, &PersonalDataDto::of(*member, data)),
        _ => return None,
    })
}

/// Change your contact
///
/// A code is sent to the new one, of whichever channel; nothing changes until it was given. The answer is the same whether
/// or not the contact belongs to another member.
#[utoipa::path(
    post, path = "/v1/members/me/contact", tag = "members", security(("bearer" = [])),
    request_body = NewContactRequest,
    responses((status = 202, description = "A code is on its way", body = CodeSentDto)),
)]
pub(crate) async fn change_contact(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<NewContactRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/me/contact";
    let meta = Request::of(&caller, ROUTE, None, &body).meta(&state)?;
    let command = MemberCommand::ChangeContact { member: caller.actor.id, contact: body.contact()? };
    receive(&state, meta, ROUTE, command, respond).await
}

/// Complete a change of contact
///
/// With the code that was sent to the new one; the old one gets a notice.
#[utoipa::path(
    post, path = "/v1/members/me/contact/verify", tag = "members", security(("bearer" = [])),
    request_body = CodeRequest,
    responses((status = 204, description = "You are reached by the new contact")),
)]
pub(crate) async fn verify_contact(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<CodeRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/me/contact/verify";
    let command = MemberCommand::VerifyContact { member: caller.actor.id, code: body.code()? };
    let meta = Request::of(&caller, ROUTE, None, &body).meta(&state)?;
    receive(&state, meta, ROUTE, command, respond).await
}

/// Change your password
///
/// All your other sessions end: this server refuses their tokens at once, all others within a second.
#[utoipa::path(
    post, path = "/v1/members/me/password", tag = "members", security(("bearer" = [])),
    request_body = PasswordRequest,
    responses((status = 204, description = "The new password is in force")),
)]
pub(crate) async fn change_password(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<PasswordRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/me/password";
    let meta = Request::of(&caller, ROUTE, None, &body).meta(&state)?;
    let (current, new) = (body.current.into_inner(), body.new.into_inner());
    let command = MemberCommand::ChangePassword { actor: caller.actor, session: caller.session, current, new };
    receive(&state, meta, ROUTE, command, respond).await
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
pub(crate) async fn disclose(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    Json(body): Json<OperatorsReasonRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "POST /v1/members/{id}/disclosures";
    let id = path_id(&id)?;
    let meta = Request::of(&caller, ROUTE, Some(id), &body).meta(&state)?;
    let caller = caller.saying(Some(&body.reason.0));
    let (member, actor, act, reason) = (MemberId::new(id), caller.actor, caller.act()?, body.reason.0);
    receive(&state, meta, ROUTE, MemberCommand::Disclose { member, actor, reason, act }, respond).await
}

/// Find a member by login id
///
/// Whoever has it as their login id now. No view has login ids in clear, so this server is asked. The login id is personal, and stands in the
/// body for that. Nothing but the id of the member is answered. The log of the bank has nothing of it; the server's log lines say which operator looked, and not for
/// whom. What else is personal needs a reason.
#[utoipa::path(
    post, operation_id = "find_member", path = "/v1/members/find", tag = "members", security(("bearer" = [])),
    request_body = FindMemberRequest,
    responses((status = 200, description = "The member", body = FoundMemberDto)),
)]
pub(crate) async fn find(
    State(state): State<ApiState>,
    who: Admitted<Helpers>,
    Json(body): Json<FindMemberRequest>,
) -> Result<Response, Problem> {
    let mut fields = Fields::default();
    let login_id = fields.read("login_id", body.login_id.expose().parse::<LoginId>());
    let login_id = login_id.ok_or_else(|| fields.problem())?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let member_id = auth.member_by_login_id(&login_id).await.map_err(problems::of_auth)?;
    tracing::info!(actor.id = %who.principal.actor.id, found = member_id.is_some(), "a member was looked up by login id");
    let unknown = || Problem::new(Code::MemberUnknown).detail("nobody logs in with this");
    Ok(json(StatusCode::OK, &FoundMemberDto { member_id: member_id.ok_or_else(unknown)? }))
}
