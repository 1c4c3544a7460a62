//! Standing orders: the same payment, whenever a schedule says so.

use application::{CancelOrder, Command, IfRefused, OrderAnswer, Outcome, PauseOrder, PlaceOrder, ResumeOrder};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, CommandId, Money, OrderId, Position};
use platform::{
    extract::{Json, OptionalJson, Path, object},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{MoneyDto, Note, NothingRequest, PayeeRef, account_id},
    caller::{Caller, Members, MembersAndOperators},
    endpoint::Endpoint,
    schedule::ScheduleDto,
    state::ApiState,
    submit::{Asked, submit, submit_on},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let change = |handler| Endpoint::new(handler).by::<MembersAndOperators>().raises([Code::OrderUnknown]);
    vec![
        Endpoint::new(routes!(place_order)).by::<Members>().raises([
            Code::AssetUnknown,
            Code::AccountUnknown,
            Code::AccountNotYours,
            Code::AccountClosed,
            Code::AssetMismatch,
            Code::AmountNotPositive,
            Code::SameAccount,
            Code::ScheduleEmpty,
        ]),
        change(routes!(pause_order)).with_optional_body().raises([Code::OrderNotActive]),
        change(routes!(resume_order)).with_optional_body().raises([Code::OrderNotPaused]),
        change(routes!(cancel_order)).raises([Code::OrderNotActive]),
    ]
}

/// Orders the same payment again and again, or once at a later time.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderRequest)]
pub(crate) struct OrderRequest {
    /// The account that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The account it goes to: its id, or its number (ten digits and two check digits; spaces and dashes may stand between).
    #[schema(
        value_type = String,
        pattern = "^([0-9]([ -]?[0-9]){11}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
        examples("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42", "123456789092"),
    )]
    destination: PayeeRef,
    /// How much each time.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// The payer's words; both sides see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    memo: Option<Note>,
    /// When.
    #[serde(deserialize_with = "object")]
    schedule: ScheduleDto,
    /// What a refused payment does to the order: `skip` waits for the next run, as it is if nothing is said; `stop` ends the order.
    #[serde(default = "skip", deserialize_with = "if_refused")]
    #[schema(value_type = Option<String>, pattern = "^(skip|stop)$", examples("skip"))]
    if_refused: IfRefused,
    /// Whether runs that were missed are carried out afterwards, in order; so it is if nothing is said. `false` leaves all out but the newest.
    #[serde(default = "yes", deserialize_with = "catch_up")]
    #[schema(value_type = Option<bool>, examples(true))]
    catch_up: bool,
}

fn skip() -> IfRefused {
    IfRefused::Skip
}

/// A text; a derived enum would take an object, too.
fn if_refused<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IfRefused, D::Error> {
    match Option::<String>::deserialize(deserializer)?.as_deref() {
        None | Some("skip") => Ok(IfRefused::Skip),
        Some("stop") => Ok(IfRefused::Stop),
        Some(_) => Err(D::Error::custom("a refused payment makes the order `skip` or `stop`")),
    }
}

fn yes() -> bool {
    true
}

fn catch_up<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(true))
}

impl OrderRequest {
    pub(crate) fn command(&self, state: &ApiState) -> Result<Command, Problem> {
        Ok(Command::PlaceOrder(PlaceOrder {
            source: self.source,
            destination: self.destination.0,
            money: self.money.known(state.assets())?,
            memo: self.memo.as_ref().map(|note| note.0.clone()),
            schedule: self.schedule.schedule(state.zone())?,
            if_refused: self.if_refused,
            catch_up: self.catch_up,
        }))
    }
}

/// A standing order, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedOrder)]
pub(crate) struct OrderDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// `active`, or `paused`; then what ended it: `finished` after its last run, `stopped` by a refused one, `cancelled`.
    #[schema(pattern = "^(active|paused|finished|stopped|cancelled)$", examples("active"))]
    status: &'static str,
    /// When its next run is due; null if it is paused or over.
    #[schema(required)]
    next_at: Option<DateTime<Utc>>,
    /// The account that pays.
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The account that receives.
    #[schema(value_type = uuid::Uuid)]
    destination: AccountId,
    /// How much each time.
    #[schema(value_type = MoneyDto)]
    money: Money,
    /// The payer's words.
    #[schema(required)]
    memo: Option<&'a str>,
    /// When.
    schedule: ScheduleDto,
    /// What a refused payment does to the order.
    #[schema(pattern = "^(skip|stop)$", examples("skip"))]
    if_refused: &'static str,
    /// Whether runs that were missed are carried out afterwards.
    catch_up: bool,
    /// How many runs were carried out, posted or refused.
    #[schema(minimum = 0)]
    runs_done: u32,
    /// The place of its newest change in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When that was, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a OrderAnswer> for OrderDto<'a> {
    fn from(order: &'a OrderAnswer) -> Self {
        let placed = &order.placed;
        Self {
            order_id: order.order_id,
            status: order.status.as_str(),
            next_at: order.next_at,
            source: placed.source,
            destination: placed.destination,
            money: placed.money,
            memo: placed.memo.as_deref(),
            schedule: ScheduleDto::from(&placed.schedule),
            if_refused: match placed.if_refused {
                IfRefused::Skip => "skip",
                IfRefused::Stop => "stop",
            },
            catch_up: placed.catch_up,
            runs_done: order.runs_done,
            position: order.position,
            recorded_at: order.recorded_at,
        }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::OrderPlaced(order) => json(StatusCode::CREATED, &OrderDto::from(order)),
        Outcome::OrderChanged(order) => json(StatusCode::OK, &OrderDto::from(order)),
        _ => return None,
    })
}

/// Place a standing order
///
/// A payment from an account of yours, whenever the schedule says so. Each due run is carried out once, as a transfer with `order_id`.
#[utoipa::path(
    post, path = "/v1/standing-orders", tag = "standing orders", security(("bearer" = [])),
    request_body = OrderRequest,
    responses((status = 201, description = "The standing order", body = OrderDto)),
)]
pub(crate) async fn place_order(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<OrderRequest>,
) -> Result<Response, Problem> {
    let command = body.command(&state)?;
    submit(&state, caller, Asked { route: "POST /v1/standing-orders", id: None, body: &body }, command, respond).await
}

/// Pause a standing order
///
/// Nothing is carried out until it is resumed.
#[utoipa::path(
    post, path = "/v1/standing-orders/{id}/pause", tag = "standing orders", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The standing order")),
    request_body = NothingRequest,
    responses((status = 200, description = "The standing order", body = OrderDto)),
)]
pub(crate) async fn pause_order(
    State(state): State<ApiState>,
    caller: Caller<MembersAndOperators>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |order| Command::PauseOrder(PauseOrder { order: OrderId::new(order) });
    submit_on(&state, caller, ("POST /v1/standing-orders/{id}/pause", &id), &body, command, respond).await
}

/// Resume a standing order
///
/// It goes on with the first run that is due from now on; what was due meanwhile is left out.
#[utoipa::path(
    post, path = "/v1/standing-orders/{id}/resume", tag = "standing orders", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The standing order")),
    request_body = NothingRequest,
    responses((status = 200, description = "The standing order", body = OrderDto)),
)]
pub(crate) async fn resume_order(
    State(state): State<ApiState>,
    caller: Caller<MembersAndOperators>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |order| Command::ResumeOrder(ResumeOrder { order: OrderId::new(order) });
    submit_on(&state, caller, ("POST /v1/standing-orders/{id}/resume", &id), &body, command, respond).await
}

/// Cancel a standing order
///
/// For good. What it has paid stays paid.
#[utoipa::path(
    delete, path = "/v1/standing-orders/{id}", tag = "standing orders", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The standing order")),
    responses((status = 200, description = "The standing order", body = OrderDto)),
)]
pub(crate) async fn cancel_order(
    State(state): State<ApiState>,
    caller: Caller<MembersAndOperators>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |order| Command::CancelOrder(CancelOrder { order: OrderId::new(order) });
    submit_on(&state, caller, ("DELETE /v1/standing-orders/{id}", &id), &body, command, respond).await
}
