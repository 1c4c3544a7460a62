//! Holds: funds that are set aside, to be paid or given back.

use application::{CaptureHold, Command, HoldAnswer, IncreaseHold, Outcome, PlaceHold, ReleaseHold};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use domain::hold::remaining;
use kernel::{AccountId, Actor, Assets, CommandId, HoldId, MemberId, Minor, Money, Position};
use platform::{
    extract::{Json, OptionalJson, Path, object},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Label, MoneyDto, Note, PayeeRef, account_id, optional_money, path_id},
    caller::{Caller, HoldParties},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
    transfers::{self, TransferDto, moving},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let change = |handler| {
        Endpoint::new(handler).by::<HoldParties>().raises([
            Code::HoldUnknown,
            Code::HoldNotYours,
            Code::HoldNotActive,
            Code::HoldExpired,
            Code::AssetUnknown,
            Code::AmountNotPositive,
            Code::AssetMismatch,
        ])
    };
    vec![
        moving(Endpoint::new(routes!(place_hold)))
            .by::<HoldParties>()
            .raises([Code::AccountNotYours, Code::SameAccount]),
        change(routes!(capture_hold)).with_optional_body().raises([
            Code::HoldExceeded,
            Code::HoldDestinationMissing,
            Code::HoldDestinationDiffers,
            Code::AccountUnknown,
            Code::SameAccount,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::AmountOverflow,
        ]),
        change(routes!(increase_hold)).raises([
            Code::AccountFrozen,
            Code::LimitExceeded,
            Code::InsufficientFunds,
            Code::AmountOverflow,
        ]),
        change(routes!(release_hold)).with_optional_body().raises([Code::HoldExceeded]),
    ]
}

/// Sets funds of an account aside.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldRequest)]
pub(crate) struct PlaceHoldRequest {
    /// The account whose funds are held.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The only account that the funds can be paid to: its id, or its number. If it is left out, each capture names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        pattern = "^([0-9]([ -]?[0-9]){11}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
        examples("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42", "123456789092"),
    )]
    destination: Option<PayeeRef>,
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// For how many seconds; 7 days if it is left out.
    #[serde(default = "seven_days", deserialize_with = "seconds")]
    #[schema(value_type = Option<u32>, minimum = 60, maximum = 2_592_000, examples(604_800))]
    expires_in: u32,
    /// Your words; both sides see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    memo: Option<Note>,
    /// What you call it, such as the number of an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reference: Option<Label>,
}

const DEFAULT_SECONDS: u32 = 7 * 24 * 60 * 60;
const LONGEST_SECONDS: u32 = 30 * 24 * 60 * 60;

fn seven_days() -> u32 {
    DEFAULT_SECONDS
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match Option::deserialize(deserializer)?.unwrap_or(DEFAULT_SECONDS) {
        seconds @ 60..=LONGEST_SECONDS => Ok(seconds),
        _ => Err(D::Error::custom("funds are held for 60 to 2592000 seconds")),
    }
}

impl PlaceHoldRequest {
    pub(crate) fn command(&self, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::PlaceHold(PlaceHold {
            source: self.source,
            destination: self.destination.map(|destination| destination.0),
            money: self.money.known(assets)?,
            expires_in: self.expires_in,
            memo: self.memo.as_ref().map(|note| note.0.clone()),
            reference: self.reference.as_ref().map(|label| label.0.clone()),
        }))
    }
}

/// Pays from a hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaptureRequest)]
pub(crate) struct CaptureRequest {
    /// How much; all that remains if it is left out.
    #[serde(default, deserialize_with = "optional_money", skip_serializing_if = "Option::is_none")]
    money: Option<MoneyDto>,
    /// The account it goes to, by its id or its number; needed if the hold has no destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = Option<String>,
        pattern = "^([0-9]([ -]?[0-9]){11}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
        examples("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42", "123456789092"),
    )]
    destination: Option<PayeeRef>,
    /// Whether it is the last capture: the rest is given back, as it is if nothing is said. `false` keeps the rest for more captures.
    #[serde(default, rename = "final", skip_serializing_if = "is_last")]
    is_final: Option<bool>,
    /// What you call it; if it is left out, what the hold is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reference: Option<Label>,
}

/// To say `true` and to say nothing are one request.
fn is_last(is_final: &Option<bool>) -> bool {
    is_final.unwrap_or(true)
}

impl CaptureRequest {
    pub(crate) fn command(&self, hold: HoldId, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::CaptureHold(CaptureHold {
            hold,
            money: known(self.money.as_ref(), assets)?,
            destination: self.destination.map(|destination| destination.0),
            is_final: is_last(&self.is_final),
            reference: self.reference.as_ref().map(|label| label.0.clone()),
        }))
    }
}

/// Holds more.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IncreaseRequest)]
pub(crate) struct IncreaseRequest {
    /// By how much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
}

impl IncreaseRequest {
    pub(crate) fn command(&self, hold: HoldId, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::IncreaseHold(IncreaseHold { hold, money: self.money.known(assets)? }))
    }
}

/// Gives held funds back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseRequest)]
pub(crate) struct ReleaseRequest {
    /// How much; all that remains if it is left out.
    #[serde(default, deserialize_with = "optional_money", skip_serializing_if = "Option::is_none")]
    money: Option<MoneyDto>,
    /// In your own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reason: Option<Note>,
}

impl ReleaseRequest {
    pub(crate) fn command(&self, hold: HoldId, assets: &Assets) -> Result<Command, Problem> {
        let reason = self.reason.as_ref().map(|note| note.0.clone());
        Ok(Command::ReleaseHold(ReleaseHold { hold, money: known(self.money.as_ref(), assets)?, reason }))
    }
}

fn known(money: Option<&MoneyDto>, assets: &Assets) -> Result<Option<Money>, Problem> {
    money.map(|money| money.known(assets)).transpose()
}

/// A hold, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedHold)]
pub(crate) struct HoldDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    hold_id: HoldId,
    /// `active` while something remains; then what ended it.
    #[schema(pattern = "^(active|captured|released|expired)$", examples("active"))]
    status: &'static str,
    /// The account whose funds are held.
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The only account that the funds can be paid to; null if each capture names one.
    #[schema(value_type = Option<uuid::Uuid>, required)]
    destination: Option<AccountId>,
    /// What was held in all, with every increase.
    #[schema(value_type = MoneyDto)]
    money: Money,
    /// How much of it was paid, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("12500"))]
    captured: Minor,
    /// How much of it was given back, by a release, a final capture or because its time was over; in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("0"))]
    released: Minor,
    /// How much of it is still held, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("17500"))]
    remaining: Minor,
    /// From this time on, by the log's clock, nothing is paid from it.
    expires_at: DateTime<Utc>,
    /// The words of whoever placed it.
    #[schema(required)]
    memo: Option<&'a str>,
    /// What whoever placed it calls it.
    #[schema(required)]
    reference: Option<&'a str>,
    /// Who placed it: the subject of their token.
    #[schema(value_type = uuid::Uuid)]
    placed_by: MemberId,
    /// The place of its newest change in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When that was, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a HoldAnswer> for HoldDto<'a> {
    fn from(hold: &'a HoldAnswer) -> Self {
        let (placed, amounts) = (&hold.placed, &hold.amounts);
        Self {
            hold_id: hold.hold_id,
            status: hold.status.as_str(),
            source: placed.source,
            destination: placed.destination,
            money: Money { asset: placed.asset, amount: amounts.amount },
            captured: amounts.captured,
            released: amounts.released,
            remaining: remaining(amounts),
            expires_at: placed.expires_at,
            memo: placed.memo.as_deref(),
            reference: placed.reference.as_deref(),
            placed_by: placed.placed_by.id,
            position: hold.position,
            recorded_at: hold.recorded_at,
        }
    }
}

pub(crate) fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::HoldPlaced(hold) => json(StatusCode::CREATED, &HoldDto::from(hold)),
        Outcome::HoldChanged(hold) => json(StatusCode::OK, &HoldDto::from(hold)),
        _ => return None,
    })
}

/// Place a hold
///
/// Funds of an account of yours (an operator, a service: of any) are set aside: they stay in its balance and cannot be spent otherwise.
#[utoipa::path(
    post, path = "/v1/holds", tag = "holds", security(("bearer" = [])),
    request_body = PlaceHoldRequest,
    responses((status = 201, description = "The hold", body = HoldDto)),
)]
pub(crate) async fn place_hold(
    State(state): State<ApiState>,
    caller: Caller<HoldParties>,
    Json(body): Json<PlaceHoldRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/holds", id: None, body: &body }, command, respond).await
}

/// Capture a hold
///
/// Pays from the held funds; by the owner of the destination, a service or an operator. The last capture gives the rest back; one with
/// `final: false` keeps it for more.
#[utoipa::path(
    post, path = "/v1/holds/{id}/capture", tag = "holds", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The hold")),
    request_body = CaptureRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn capture_hold(
    State(state): State<ApiState>,
    caller: Caller<HoldParties>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<CaptureRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = body.command(HoldId::new(id), state.assets())?;
    let asked = Asked { route: "POST /v1/holds/{id}/capture", id: Some(id), body: &body };
    submit(&state, caller, asked, command, transfers::respond).await
}

/// Increase a hold
///
/// Holds more funds of the same account, until the same time; by whoever placed the hold, or an operator.
#[utoipa::path(
    post, path = "/v1/holds/{id}/increase", tag = "holds", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The hold")),
    request_body = IncreaseRequest,
    responses((status = 200, description = "The hold", body = HoldDto)),
)]
pub(crate) async fn increase_hold(
    State(state): State<ApiState>,
    caller: Caller<HoldParties>,
    Path(id): Path<String>,
    Json(body): Json<IncreaseRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = body.command(HoldId::new(id), state.assets())?;
    let asked = Asked { route: "POST /v1/holds/{id}/increase", id: Some(id), body: &body };
    submit(&state, caller, asked, command, respond).await
}

/// Release a hold
///
/// Gives held funds back to the payer; by the owner of the destination, a service or an operator. If the hold has no destination, also by
/// the payer.
#[utoipa::path(
    post, path = "/v1/holds/{id}/release", tag = "holds", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The hold")),
    request_body = ReleaseRequest,
    responses((status = 200, description = "The hold", body = HoldDto)),
)]
pub(crate) async fn release_hold(
    State(state): State<ApiState>,
    caller: Caller<HoldParties>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReleaseRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = body.command(HoldId::new(id), state.assets())?;
    let caller = caller.saying(body.reason.as_ref().map(|note| note.0.as_str()));
    let asked = Asked { route: "POST /v1/holds/{id}/release", id: Some(id), body: &body };
    submit(&state, caller, asked, command, respond).await
}
