//! Payout runs: one account pays many, row by row.

use application::{
    CancelPayoutRun, Command, OpenPayoutRun, Outcome, PausePayoutRun, PayoutAnswer, ResumePayoutRun, StartPayoutRun,
};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, AssetCode, CommandId, Minor, PayoutRunId, Position};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Label, NothingRequest, account_id},
    caller::{Caller, PayoutRunners},
    endpoint::Endpoint,
    payout_rows,
    state::ApiState,
    submit::{Asked, submit, submit_on},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let of_run = |handler| Endpoint::new(handler).by::<PayoutRunners>().raises([Code::PayoutUnknown]);
    vec![
        Endpoint::new(routes!(open_payout_run)).by::<PayoutRunners>().raises([
            Code::AccountUnknown,
            Code::AccountClosed,
            Code::AccountNotYours,
        ]),
        of_run(routes!(payout_rows::add_payout_rows)).raises([
            Code::PayoutNotOpen,
            Code::PayoutRowOutOfOrder,
            Code::PayoutFull,
            Code::AmountOverflow,
        ]),
        of_run(routes!(start_payout_run)).raises([Code::PayoutNotOpen, Code::ControlTotalMismatch]),
        of_run(routes!(pause_payout_run)).with_optional_body().raises([Code::PayoutNotRunning]),
        of_run(routes!(resume_payout_run)).with_optional_body().raises([Code::PayoutNotPaused]),
        of_run(routes!(cancel_payout_run)).with_optional_body().raises([Code::PayoutOver]),
    ]
}

/// Opens a payout run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayoutRequest)]
pub(crate) struct PayoutRequest {
    /// The account that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// What people call the run.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    name: Label,
    /// What you call it; each of its transfers has it too.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reference: Label,
}

impl PayoutRequest {
    pub(crate) fn command(&self) -> Command {
        let (name, reference) = (self.name.0.clone(), self.reference.0.clone());
        Command::OpenPayoutRun(OpenPayoutRun { source: self.source, name, reference })
    }
}

/// Starts a payout run, if its rows are as you know them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StartPayout)]
pub(crate) struct StartRequest {
    /// How many rows the run has.
    #[serde(deserialize_with = "count_of_rows")]
    #[schema(minimum = 1, maximum = 1_000_000, examples(2))]
    expected_rows: u32,
    /// What they come to, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("5200000"))]
    expected_total: Minor,
}

const MOST_ROWS: u32 = domain::payout::MOST_ROWS;

fn count_of_rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        count @ 1..=MOST_ROWS => Ok(count),
        _ => Err(D::Error::custom("a payout run has 1 to 1000000 rows")),
    }
}

impl StartRequest {
    pub(crate) fn command(&self, run: PayoutRunId) -> Command {
        let Self { expected_rows, expected_total } = *self;
        Command::StartPayoutRun(StartPayoutRun { run, expected_rows, expected_total })
    }
}

/// A payout run, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedPayout)]
pub(crate) struct PayoutDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    run_id: PayoutRunId,
    /// `open` while rows are added, `running` while they are paid, or `paused`; then `finished` or `cancelled`.
    #[schema(pattern = "^(open|running|paused|finished|cancelled)$", examples("open"))]
    status: &'static str,
    /// The account that pays.
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The asset of that account.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: AssetCode,
    /// What people call it.
    name: &'a str,
    /// What whoever opened it calls it.
    reference: &'a str,
    /// How many rows it has.
    #[schema(minimum = 0, maximum = 1_000_000)]
    rows: u32,
    /// What they come to, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("5200000"))]
    total: Minor,
    /// How many rows were posted.
    #[schema(minimum = 0)]
    posted: u32,
    /// How many rows were refused.
    #[schema(minimum = 0)]
    refused: u32,
    /// What the posted rows come to, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("0"))]
    paid: Minor,
    /// The place of its newest change in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When that was, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a PayoutAnswer> for PayoutDto<'a> {
    fn from(run: &'a PayoutAnswer) -> Self {
        let opened = &run.opened;
        Self {
            run_id: run.run_id,
            status: run.status.as_str(),
            source: opened.source,
            asset: opened.asset,
            name: &opened.name,
            reference: &opened.reference,
            rows: run.rows,
            total: run.total,
            posted: run.posted,
            refused: run.refused,
            paid: run.paid,
            position: run.position,
            recorded_at: run.recorded_at,
        }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::PayoutOpened(run) => json(StatusCode::CREATED, &PayoutDto::from(run)),
        Outcome::PayoutChanged(run) => json(StatusCode::OK, &PayoutDto::from(run)),
        _ => return None,
    })
}

/// Open a payout run
///
/// Add its rows to it, then start it: the account pays them one after the other, each as a transfer of its own. Nothing is set aside for it.
#[utoipa::path(
    post, path = "/v1/payout-runs", tag = "payout runs", security(("bearer" = [])),
    request_body = PayoutRequest,
    responses((status = 201, description = "The payout run", body = PayoutDto)),
)]
pub(crate) async fn open_payout_run(
    State(state): State<ApiState>,
    caller: Caller<PayoutRunners>,
    Json(body): Json<PayoutRequest>,
) -> Result<Response, Problem> {
    let command = body.command();
    submit(&state, caller, Asked { route: "POST /v1/payout-runs", id: None, body: &body }, command, respond).await
}

/// Start a payout run
///
/// Its rows are paid from now on, if it has as many as you expect and they come to as much. No more rows can be added.
#[utoipa::path(
    post, path = "/v1/payout-runs/{id}/start", tag = "payout runs", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The payout run")),
    request_body = StartRequest,
    responses((status = 202, description = "The payout run, whose rows are paid from now on", body = PayoutDto)),
)]
pub(crate) async fn start_payout_run(
    State(state): State<ApiState>,
    caller: Caller<PayoutRunners>,
    Path(id): Path<String>,
    Json(body): Json<StartRequest>,
) -> Result<Response, Problem> {
    let (at, command) = ("POST /v1/payout-runs/{id}/start", |run| body.command(PayoutRunId::new(run)));
    submit_on(&state, caller, (at, &id), &body, command, |outcome, _, _| match outcome {
        Outcome::PayoutChanged(run) => Some(json(StatusCode::ACCEPTED, &PayoutDto::from(run))),
        _ => None,
    })
    .await
}

/// Pause a payout run
///
/// Nothing more is paid until it is resumed.
#[utoipa::path(
    post, path = "/v1/payout-runs/{id}/pause", tag = "payout runs", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The payout run")),
    request_body = NothingRequest,
    responses((status = 200, description = "The payout run", body = PayoutDto)),
)]
pub(crate) async fn pause_payout_run(
    State(state): State<ApiState>,
    caller: Caller<PayoutRunners>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |run| Command::PausePayoutRun(PausePayoutRun { run: PayoutRunId::new(run) });
    submit_on(&state, caller, ("POST /v1/payout-runs/{id}/pause", &id), &body, command, respond).await
}

/// Resume a payout run
///
/// It goes on with the next row.
#[utoipa::path(
    post, path = "/v1/payout-runs/{id}/resume", tag = "payout runs", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The payout run")),
    request_body = NothingRequest,
    responses((status = 200, description = "The payout run", body = PayoutDto)),
)]
pub(crate) async fn resume_payout_run(
    State(state): State<ApiState>,
    caller: Caller<PayoutRunners>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |run| Command::ResumePayoutRun(ResumePayoutRun { run: PayoutRunId::new(run) });
    submit_on(&state, caller, ("POST /v1/payout-runs/{id}/resume", &id), &body, command, respond).await
}

/// Cancel a payout run
///
/// For good. What it has paid stays paid.
#[utoipa::path(
    post, path = "/v1/payout-runs/{id}/cancel", tag = "payout runs", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The payout run")),
    request_body = NothingRequest,
    responses((status = 200, description = "The payout run", body = PayoutDto)),
)]
pub(crate) async fn cancel_payout_run(
    State(state): State<ApiState>,
    caller: Caller<PayoutRunners>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |run| Command::CancelPayoutRun(CancelPayoutRun { run: PayoutRunId::new(run) });
    submit_on(&state, caller, ("POST /v1/payout-runs/{id}/cancel", &id), &body, command, respond).await
}
