//! Limits: what accounts may pay in one transfer, a day, a month.

use application::{
    AssignLimits, AssignedLimits, Cap, Command, DeleteLimit, LimitAnswer, LimitedKind, Outcome, SetLimit,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, AssetCode, CommandId, Minor, Position, Zone};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::{
    ToSchema,
    openapi::schema::{ArrayBuilder, ObjectBuilder, Type},
};
use utoipa_axum::routes;

use crate::{
    answer::json,
    approval_bodies::PendingDto,
    body::{NothingRequest, known_asset, not_negative, path_id},
    caller::{Admins, Caller},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(routes!(set_limit)).by::<Admins>().raises([Code::AssetUnknown, Code::TooManyLimits]),
        Endpoint::new(routes!(delete_limit)).by::<Admins>().not_found(Code::LimitUnknown),
        Endpoint::new(routes!(assign_limits))
            .by::<Admins>()
            .not_found(Code::AccountUnknown)
            .raises([Code::LimitUnknown, Code::AccountClosed]),
    ]
}

/// What accounts may pay. At least one of `per_transfer`, `per_day` and `per_month` is given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LimitRequest)]
pub(crate) struct LimitRequest {
    /// The code of the asset that it counts.
    #[schema(pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: String,
    /// What it counts; each kind once.
    #[serde(deserialize_with = "kinds")]
    #[schema(schema_with = kinds_schema)]
    kinds: Vec<LimitedKind>,
    /// Whether it counts for every member's account; if not, for those that it is assigned to.
    everyone: bool,
    /// The most that one payment may be, in minor units.
    #[serde(default, deserialize_with = "not_negative", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,38}$", examples("500000"))]
    per_transfer: Option<Minor>,
    /// The most in a day of the time zone.
    #[serde(default, deserialize_with = "cap", skip_serializing_if = "Option::is_none")]
    per_day: Option<CapDto>,
    /// The most in a calendar month of the time zone.
    #[serde(default, deserialize_with = "cap", skip_serializing_if = "Option::is_none")]
    per_month: Option<CapDto>,
    /// Whose days and months: a name of the IANA database. The bank's own zone (`JANGBU_ZONE`) if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 64, examples("Asia/Seoul"))]
    zone: Option<Zone>,
}

/// The most within a window: how much, how often, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LimitCap)]
pub(crate) struct CapDto {
    /// How much, in minor units.
    #[serde(default, deserialize_with = "not_negative", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,38}$", examples("1000000"))]
    amount: Option<Minor>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 4_294_967_295_u32, examples(20))]
    count: Option<u32>,
}

const KINDS: [(&str, LimitedKind); 8] = [
    ("transfer", LimitedKind::Transfer),
    ("withdrawal", LimitedKind::Withdrawal),
    ("compound", LimitedKind::Compound),
    ("hold", LimitedKind::Hold),
    ("charge", LimitedKind::Charge),
    ("exchange", LimitedKind::Exchange),
    ("payout", LimitedKind::Payout),
    ("trade", LimitedKind::Trade),
];

fn kinds_schema() -> ArrayBuilder {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(KINDS.map(|(name, _)| name)));
    ArrayBuilder::new()
        .items(kind)
        .min_items(Some(1))
        .unique_items(true)
        .description(Some("What it counts; each kind once."))
}

/// Texts; a derived enum would take an object, too.
fn kinds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LimitedKind>, D::Error> {
    let mut kinds = Vec::new();
    for text in Vec::<String>::deserialize(deserializer)? {
        let known = KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
        let kind = known.ok_or_else(|| D::Error::custom("there is no kind of payment of this name"))?;
        if kinds.contains(&kind) {
            return Err(D::Error::custom("each kind stands once"));
        }
        kinds.push(kind);
    }
    match kinds.is_empty() {
        true => Err(D::Error::custom("a limit counts at least one kind of payment")),
        false => Ok(kinds),
    }
}

/// A cap that may be left out; one that is there bounds something.
fn cap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CapDto>, D::Error> {
    #[derive(Deserialize)]
    struct There(#[serde(deserialize_with = "platform::extract::object")] CapDto);

    match Option::<There>::deserialize(deserializer)? {
        Some(There(CapDto { amount: None, count: None })) => Err(D::Error::custom("give `amount`, `count` or both")),
        cap => Ok(cap.map(|There(cap)| cap)),
    }
}

impl From<CapDto> for Cap {
    fn from(CapDto { amount, count }: CapDto) -> Self {
        Self { amount, count }
    }
}

impl From<Cap> for CapDto {
    fn from(Cap { amount, count }: Cap) -> Self {
        Self { amount, count }
    }
}

impl LimitRequest {
    pub(crate) fn command(&self, name: String, state: &ApiState) -> Result<Command, Problem> {
        if self.per_transfer.is_none() && self.per_day.is_none() && self.per_month.is_none() {
            return Err(Problem::invalid("per_day", "give at least one of `per_transfer`, `per_day` and `per_month`"));
        }
        Ok(Command::SetLimit(SetLimit {
            name,
            asset: known_asset(&self.asset, state.assets())?,
            kinds: self.kinds.clone(),
            everyone: self.everyone,
            per_transfer: self.per_transfer,
            per_day: self.per_day.map(Cap::from),
            per_month: self.per_month.map(Cap::from),
            zone: self.zone.unwrap_or(state.zone()),
        }))
    }
}

/// A limit, as it was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetLimit)]
pub(crate) struct LimitDto<'a> {
    /// Its name.
    #[schema(pattern = "^[a-z0-9-]{1,40}$", examples("daily"))]
    name: &'a str,
    /// The asset that it counts.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: AssetCode,
    /// What it counts.
    #[schema(schema_with = kinds_schema)]
    kinds: &'a [LimitedKind],
    /// Whether it counts for every member's account; if not, for those that it is assigned to.
    everyone: bool,
    /// The most that one payment may be, in minor units; null if one may be any.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,38}$", required, examples("500000"))]
    per_transfer: Option<Minor>,
    /// The most in a day; null if it is not limited.
    #[schema(required)]
    per_day: Option<CapDto>,
    /// The most in a calendar month; null if it is not limited.
    #[schema(required)]
    per_month: Option<CapDto>,
    /// Whose days and months.
    #[schema(examples("Asia/Seoul"))]
    zone: &'a str,
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When it was set, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a LimitAnswer> for LimitDto<'a> {
    fn from(answer: &'a LimitAnswer) -> Self {
        let set = &answer.set;
        Self {
            name: &set.name,
            asset: set.asset,
            kinds: &set.kinds,
            everyone: set.everyone,
            per_transfer: set.per_transfer,
            per_day: set.per_day.map(CapDto::from),
            per_month: set.per_month.map(CapDto::from),
            zone: &set.zone,
            position: answer.position,
            recorded_at: answer.recorded_at,
        }
    }
}

/// Which limits count for an account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssignLimits)]
pub(crate) struct AssignRequest {
    /// Names of limits, each once; none takes all away that were assigned.
    #[serde(deserialize_with = "names")]
    #[schema(max_items = 50)]
    names: Vec<String>,
}

const MOST_NAMES: usize = 50;

pub(crate) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.len() > MOST_NAMES {
        return Err(D::Error::custom("at most 50 limits are assigned"));
    }
    if !names.iter().all(|name| is_name(name)) {
        return Err(D::Error::custom(NAME));
    }
    if (1..names.len()).any(|index| names[..index].contains(&names[index])) {
        return Err(D::Error::custom("each name stands once"));
    }
    Ok(names)
}

const NAME: &str = "the name of a limit has 1 to 40 small letters, digits and hyphens";

fn is_name(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(known)
}

fn path_name(text: String) -> Result<String, Problem> {
    match is_name(&text) {
        true => Ok(text),
        false => Err(Problem::invalid("name", NAME)),
    }
}

/// The limits that were assigned to an account; those for everyone count beside them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssignedLimits)]
pub(crate) struct AssignedDto<'a> {
    /// The account.
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// Their names.
    #[schema(max_items = 50)]
    names: &'a [String],
}

impl<'a> From<&'a AssignedLimits> for AssignedDto<'a> {
    fn from(assigned: &'a AssignedLimits) -> Self {
        Self { account_id: assigned.account_id, names: &assigned.limits }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::LimitSet(limit) => json(StatusCode::OK, &LimitDto::from(limit)),
        Outcome::LimitDeleted => StatusCode::NO_CONTENT.into_response(),
        Outcome::LimitsAssigned(assigned) => json(StatusCode::OK, &AssignedDto::from(assigned)),
        _ => return None,
    })
}

/// Set a limit
///
/// It counts from now on, instead of what was set under this name before. What was used of a window stays used, and a window that has
/// begun keeps its end.
#[utoipa::path(
    put, path = "/v1/limits/{name}", tag = "limits", security(("bearer" = [])),
    params(("name" = String, Path, description = "Its name: 1 to 40 small letters, digits and hyphens")),
    request_body = LimitRequest,
    responses(
        (status = 200, description = "The limit", body = LimitDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn set_limit(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(name): Path<String>,
    Json(body): Json<LimitRequest>,
) -> Result<Response, Problem> {
    let name = path_name(name)?;
    let command = body.command(name.clone(), &state)?;
    // The path names no id: its name is part of what is asked for.
    let asked = (name, &body);
    submit(&state, caller, Asked { route: "PUT /v1/limits/{name}", id: None, body: &asked }, command, respond).await
}

/// Delete a limit
///
/// It counts no more. Accounts that it was assigned to keep its name; it means nothing until a limit of this name is set again.
#[utoipa::path(
    delete, path = "/v1/limits/{name}", tag = "limits", security(("bearer" = [])),
    params(("name" = String, Path, description = "Its name: 1 to 40 small letters, digits and hyphens")),
    responses(
        (status = 204, description = "It counts no more"),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn delete_limit(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(name): Path<String>,
    OptionalJson(NothingRequest {}): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let asked = path_name(name)?;
    let command = Command::DeleteLimit(DeleteLimit { name: asked.clone() });
    submit(&state, caller, Asked { route: "DELETE /v1/limits/{name}", id: None, body: &asked }, command, respond).await
}

/// Assign limits to an account
///
/// These limits count for the account from now on, beside those for everyone. What was assigned before and is not named counts no more.
#[utoipa::path(
    put, path = "/v1/accounts/{id}/limits", tag = "limits", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = AssignRequest,
    responses(
        (status = 200, description = "The limits of the account", body = AssignedDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn assign_limits(
    State(state): State<ApiState>,
    caller: Caller<Admins>,
    Path(id): Path<String>,
    Json(body): Json<AssignRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = Command::AssignLimits(AssignLimits { account: AccountId::new(id), limits: body.names.clone() });
    let asked = Asked { route: "PUT /v1/accounts/{id}/limits", id: Some(id), body: &body };
    submit(&state, caller, asked, command, respond).await
}
