//! Partners: other businesses with accounts, their keys and their quotas.

use application::{
    Command, CreatePartner, IssuePartnerKey, Outcome, PartnerAnswer, PartnerKeyAnswer, PartnerQuota, QuotasAnswer,
    RevokePartnerKey, SetPartnerQuotas,
};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{PartnerId, PartnerKeyId, Position, Scope, Scopes};
use platform::{
    auth::RequestQuota,
    extract::{Json, OptionalJson, Path},
    problem::{Code, Problem},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{
    ToSchema,
    openapi::schema::{ArrayBuilder, ObjectBuilder, Type},
};
use utoipa_axum::routes;

use crate::{
    answer::json,
    approval_bodies::PendingDto,
    body::{Designation, NothingRequest, optional_time, path_id},
    caller::{Admins, Caller},
    endpoint::Endpoint,
    limits::names,
    problems,
    state::ApiState,
    submit::{Asked, carry_out, command_id, respond_to, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let of_partner =
        |handler| Endpoint::new(handler).by::<Admins>().raises([Code::PartnerUnknown, Code::VaultUnavailable]);
    vec![
        Endpoint::new(routes!(create_partner)).by::<Admins>(),
        of_partner(routes!(issue_key)),
        Endpoint::new(routes!(revoke_key))
            .by::<Admins>()
            .with_optional_body()
            .raises([Code::KeyUnknown, Code::VaultUnavailable]),
        of_partner(routes!(set_quotas)).raises([Code::LimitUnknown]),
    ]
}

/// A business that is to use the bank over its API.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PartnerRequest)]
pub(crate) struct PartnerRequest {
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 80, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$", examples("Hangang Coffee"))]
    name: Designation,
}

/// What a key is to allow.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PartnerKeyRequest)]
pub(crate) struct KeyRequest {
    /// Scopes, at least one.
    #[serde(deserialize_with = "scopes")]
    #[schema(schema_with = scopes_schema)]
    scopes: Scopes,
    /// From this time on the key is good for nothing; never, if it is left out.
    #[serde(default, deserialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    #[schema(examples("2027-11-22T00:00:00Z"))]
    expires_at: Option<DateTime<Utc>>,
}

fn scopes_schema() -> ArrayBuilder {
    let names = Scope::ALL.iter().map(|scope| scope.as_str());
    ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)))
        .min_items(Some(1))
        .unique_items(true)
        .description(Some("Scopes, at least one."))
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scopes, D::Error> {
    let named = Vec::<String>::deserialize(deserializer)?;
    let scopes: Scopes =
        named.iter().map(|name| name.parse::<Scope>()).collect::<Result<_, _>>().map_err(D::Error::custom)?;
    match scopes.iter().count() == named.len() && !scopes.is_empty() {
        true => Ok(scopes),
        false => Err(D::Error::custom("a key has at least one scope, each once")),
    }
}

/// What a partner may do. It replaces what was set before: what is left out is as usual.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PartnerQuotasRequest)]
pub(crate) struct QuotasRequest {
    /// So many requests in a second, to each server; 100 if it is left out.
    #[serde(default, deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100_000, examples(50))]
    requests_per_second: Option<u32>,
    /// So many requests at once, after a pause; if it is left out, as many as in a second, and 200 if neither is said.
    #[serde(default, deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100_000, examples(100))]
    burst: Option<u32>,
    /// The names of limits that count for each account of the partner, beside those for everyone; none if it is left out.
    #[serde(default, deserialize_with = "names")]
    #[schema(max_items = 50)]
    limits: Vec<String>,
}

const MOST_REQUESTS: u32 = 100_000;

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        None => Ok(None),
        Some(count) if (1..=MOST_REQUESTS).contains(&count) => Ok(Some(count)),
        Some(_) => Err(D::Error::custom("a number of requests is 1 to 100000")),
    }
}

/// A partner that was created.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedPartner)]
pub(crate) struct PartnerDto<'a> {
    /// Its id: the subject of its tokens, and the owner of its accounts.
    #[schema(value_type = uuid::Uuid)]
    partner_id: PartnerId,
    /// What people call it.
    name: &'a str,
    /// When it was created, by the log's clock.
    created_at: DateTime<Utc>,
}

impl<'a> From<&'a PartnerAnswer> for PartnerDto<'a> {
    fn from(partner: &'a PartnerAnswer) -> Self {
        Self { partner_id: partner.partner_id, name: &partner.name, created_at: partner.recorded_at }
    }
}

/// A key with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedPartnerKey)]
pub(crate) struct IssuedKeyDto<'a> {
    /// Its id: the user name at `POST /v1/oauth/token`.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) key_id: PartnerKeyId,
    /// The password there. It is shown in the answer to this request and nowhere else.
    #[schema(pattern = "^jbk_[A-Za-z0-9_-]{43}$")]
    pub(crate) secret: &'a str,
    /// The partner.
    #[schema(value_type = uuid::Uuid)]
    pub(crate) partner_id: PartnerId,
    /// What it allows.
    #[schema(schema_with = scopes_schema)]
    pub(crate) scopes: &'a [Scope],
    /// From this time on it is good for nothing; null if never.
    #[schema(required)]
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// A key that was revoked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevokedPartnerKey)]
pub(crate) struct RevokedKeyDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    key_id: PartnerKeyId,
    /// The partner.
    #[schema(value_type = uuid::Uuid)]
    partner_id: PartnerId,
    /// Always `revoked`.
    #[schema(pattern = "^revoked$", examples("revoked"))]
    status: &'static str,
    /// What it allowed.
    #[schema(schema_with = scopes_schema)]
    scopes: &'a [Scope],
    /// When it would have expired; null if never.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a PartnerKeyAnswer> for RevokedKeyDto<'a> {
    fn from(key: &'a PartnerKeyAnswer) -> Self {
        let PartnerKeyAnswer { key_id, partner_id, scopes, expires_at } = key;
        Self { key_id: *key_id, partner_id: *partner_id, status: "revoked", scopes, expires_at: *expires_at }
    }
}

/// The quotas of a partner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerQuotasSet)]
pub(crate) struct QuotasDto<'a> {
    /// The partner.
    #[schema(value_type = uuid::Uuid)]
    partner_id: PartnerId,
    /// So many requests in a second; null for the usual number.
    #[schema(required, minimum = 1, examples(50))]
    requests_per_second: Option<u32>,
    /// So many at once; null for the usual number.
    #[schema(required, minimum = 1, examples(100))]
    burst: Option<u32>,
    /// The limits that count for each of its accounts.
    #[schema(max_items = 50)]
    limits: &'a [String],
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
}

impl<'a> From<&'a QuotasAnswer> for QuotasDto<'a> {
    fn from(answer: &'a QuotasAnswer) -> Self {
        let set = &answer.set;
        Self {
            partner_id: answer.partner_id,
            requests_per_second: set.requests_per_second,
            burst: set.burst,
            limits: &set.limits,
            position: answer.position,
        }
    }
}

/// Create a partner
///
/// It has no keys and no accounts. What it may do, its keys say, and its quotas.
#[utoipa::path(
    post, path = "/v1/partners", tag = "partners", security(("bearer" = [])),
    request_body = PartnerRequest,
    responses((status = 201, description = "The partner", body = PartnerDto)),
)]
pub(crate) async fn create_partner(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Json(body): Json<PartnerRequest>,
) -> Result<Response, Problem> {
    let command = Command::CreatePartner(CreatePartner { name: body.name.0.clone() });
    let asked = Asked { route: "POST /v1/partners", id: None, body: &body };
    submit(&state, caller, asked, command, |outcome, _, _| match outcome {
        Outcome::PartnerCreated(partner) => Some(json(StatusCode::CREATED, &PartnerDto::from(partner))),
        _ => None,
    })
    .await
}

/// Issue a key to a partner
///
/// The answer has its secret, and nothing else ever has. The same request under the same `Idempotency-Key` gets the same key and secret
/// again. A partner may have several keys: issue the next one, have it put to use, then revoke the one before.
#[utoipa::path(
    post, path = "/v1/partners/{id}/keys", tag = "partners", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The partner")),
    request_body = KeyRequest,
    responses(
        (status = 201, description = "The key", body = IssuedKeyDto),
        (status = 202, description = "It waits for a second operator; then `GET /v1/approvals/{id}/key` has the secret", body = PendingDto),
    ),
)]
pub(crate) async fn issue_key(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    Json(body): Json<KeyRequest>,
) -> Result<Response, Problem> {
    let partner = path_id(&id)?;
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    // It follows from the command: so a replay answers it again, and it is kept nowhere.
    let secret = auth.partner_secret(id.partner_key()).map_err(problems::of_auth)?;
    let command = Command::IssuePartnerKey(IssuePartnerKey {
        partner: PartnerId::new(partner),
        key: None,
        scopes: body.scopes.iter().collect(),
        expires_at: body.expires_at,
        digest: secret.digest,
    });
    let asked = Asked { route: "POST /v1/partners/{id}/keys", id: Some(partner), body: &body };
    let answer = carry_out(&state, caller, asked, command).await?;
    respond_to(&answer, actor, id, |outcome, _, _| match outcome {
        Outcome::PartnerKeyIssued(PartnerKeyAnswer { key_id, partner_id, scopes, expires_at }) => {
            let (key_id, partner_id, expires_at) = (*key_id, *partner_id, *expires_at);
            let secret = secret.text.expose_secret();
            Some(json(StatusCode::CREATED, &IssuedKeyDto { key_id, secret, partner_id, scopes, expires_at }))
        }
        _ => None,
    })
}

/// Revoke a key of a partner
///
/// For good. No token is given for it any more, and those that were given are refused: by this server at once, by all others within a
/// second. A key that was revoked may be revoked again.
#[utoipa::path(
    post, path = "/v1/partners/{id}/keys/{key}/revoke", tag = "partners", security(("bearer" = [])),
    params(
        ("id" = uuid::Uuid, Path, description = "The partner"),
        ("key" = uuid::Uuid, Path, description = "The key"),
    ),
    request_body = NothingRequest,
    responses((status = 200, description = "The key", body = RevokedKeyDto)),
)]
pub(crate) async fn revoke_key(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path((id, key)): Path<(String, String)>,
    OptionalJson(NothingRequest {}): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let (partner, key) = (path_id(&id)?, PartnerKeyId::new(path_id(&key).map_err(|_| wrong_key())?));
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let command = Command::RevokePartnerKey(RevokePartnerKey { partner: PartnerId::new(partner), key });
    // The path names two ids: the second is part of what is asked for.
    let asked = Asked { route: "POST /v1/partners/{id}/keys/{key}/revoke", id: Some(partner), body: &key };
    let answer = carry_out(&state, caller, asked, command).await?;
    if let Outcome::PartnerKeyRevoked(_) = answer.answer.as_ref() {
        // It is in the log. If the vault is away now, a process tells it later, and a retry waits for that.
        let auth = state.auth().map_err(problems::of_auth)?;
        auth.partner_key_revoked(key).await.map_err(problems::of_auth)?;
    }
    respond_to(&answer, actor, id, |outcome, _, _| match outcome {
        Outcome::PartnerKeyRevoked(key) => Some(json(StatusCode::OK, &RevokedKeyDto::from(key))),
        _ => None,
    })
}

fn wrong_key() -> Problem {
    Problem::invalid("key", "an id is a UUID in the form 8-4-4-4-12")
}

/// Set the quotas of a partner
///
/// They count from now on, on this server at once and on all others within a second. The limits are assigned to each account that the
/// partner has, instead of those that were assigned before, and to each that it opens later.
#[utoipa::path(
    put, path = "/v1/partners/{id}/quotas", tag = "partners", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The partner")),
    request_body = QuotasRequest,
    responses(
        (status = 200, description = "The quotas", body = QuotasDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn set_quotas(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    Json(body): Json<QuotasRequest>,
) -> Result<Response, Problem> {
    let partner = path_id(&id)?;
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let QuotasRequest { requests_per_second, burst, limits } = body.clone();
    let quotas = SetPartnerQuotas { partner: PartnerId::new(partner), requests_per_second, burst, limits };
    let asked = Asked { route: "PUT /v1/partners/{id}/quotas", id: Some(partner), body: &body };
    let answer = carry_out(&state, caller, asked, Command::SetPartnerQuotas(quotas)).await?;
    if let Outcome::PartnerQuotasSet(QuotasAnswer { partner_id, set, position }) = answer.answer.as_ref() {
        // The log has them: if the vault is away now, a process tells it later.
        let quota = PartnerQuota { requests_per_second: set.requests_per_second, burst: set.burst };
        let auth = state.auth().map_err(problems::of_auth)?;
        auth.partner_quota_set(*partner_id, quota, *position).await.map_err(problems::of_auth)?;
        // A repeated answer may be of quotas that count no more.
        if !answer.replayed {
            let quota = RequestQuota::of(quota.requests_per_second, quota.burst);
            state.verifier().quotas().set(partner_id.uuid(), quota);
        }
    }
    respond_to(&answer, actor, id, |outcome, _, _| match outcome {
        Outcome::PartnerQuotasSet(quotas) => Some(json(StatusCode::OK, &QuotasDto::from(quotas))),
        _ => None,
    })
}
