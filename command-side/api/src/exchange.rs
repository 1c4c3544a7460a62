//! The exchange: rates, quotes, and exchanges as quoted.

use application::{Command, FixedSide, Outcome, QuoteAnswer, QuoteExchange, Rate, RateAnswer, SetRate, UseQuote};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, AssetCode, Assets, CommandId, Minor, Position, QuoteId};
use platform::{
    extract::{Json, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    approval_bodies::PendingDto,
    body::{account_id, body_id, known_asset},
    caller::{Caller, Members, RateSetters},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
    transfers::{self, TransferDto},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(routes!(set_rate)).by::<RateSetters>().raises([Code::AssetUnknown, Code::AssetMismatch]),
        Endpoint::new(routes!(quote_exchange)).by::<Members>().raises([
            Code::AccountNotYours,
            Code::AccountUnknown,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::RateUnknown,
            Code::AmountNotPositive,
            Code::AmountTooSmall,
            Code::AmountOverflow,
        ]),
        Endpoint::new(routes!(exchange)).by::<Members>().raises([
            Code::QuoteUnknown,
            Code::QuoteExpired,
            Code::QuoteUsed,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::InsufficientFunds,
            Code::AmountOverflow,
        ]),
    ]
}

/// Sets how many whole units of one asset one whole unit of another costs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateRequest)]
pub(crate) struct RateRequest {
    /// A decimal number above 0, as a string: at most 16 digits before the point and 18 after it.
    #[schema(value_type = String, pattern = r"^[0-9]{1,16}(\.[0-9]{1,18})?$", examples("1350.25"))]
    rate: Rate,
    /// What the bank keeps of it, in hundredths of a percent; nothing if it is left out.
    #[serde(default, deserialize_with = "spread", skip_serializing_if = "is_none")]
    #[schema(minimum = 0, maximum = 9_999, examples(50))]
    spread_bps: u32,
    /// For how many seconds it counts: at most 30 days.
    #[serde(deserialize_with = "valid_for")]
    #[schema(minimum = 1, maximum = 2_592_000, examples(3_600))]
    valid_for: u32,
}

fn is_none(spread: &u32) -> bool {
    *spread == 0
}

fn spread<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match Option::deserialize(deserializer)?.unwrap_or(0) {
        spread @ 0..=9_999 => Ok(spread),
        _ => Err(D::Error::custom("a spread is 0 to 9999 hundredths of a percent")),
    }
}

fn valid_for<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        seconds @ 1..=2_592_000 => Ok(seconds),
        _ => Err(D::Error::custom("a rate counts for 1 to 2592000 seconds")),
    }
}

/// A rate, as it was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExchangeRate)]
pub(crate) struct RateDto<'a> {
    /// What is sold to the bank.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("USD"))]
    from: AssetCode,
    /// What the bank gives for it.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    to: AssetCode,
    /// How many whole units of `to` one whole unit of `from` costs.
    #[schema(pattern = r"^[0-9]{1,16}(\.[0-9]{1,18})?$", examples("1350.25"))]
    rate: &'a str,
    /// What the bank keeps of it, in hundredths of a percent.
    spread_bps: u32,
    /// From this time on, by the log's clock, it counts no more.
    expires_at: DateTime<Utc>,
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a RateAnswer> for RateDto<'a> {
    fn from(answer: &'a RateAnswer) -> Self {
        let set = &answer.set;
        Self {
            from: set.from,
            to: set.to,
            rate: &set.rate,
            spread_bps: set.spread_bps,
            expires_at: set.expires_at,
            position: answer.position,
            recorded_at: answer.recorded_at,
        }
    }
}

/// Asks what an exchange between two accounts of yours would come to. Either `pay` or `receive` is given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuoteRequest)]
pub(crate) struct QuoteRequest {
    /// The account that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// The account that receives.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    destination: AccountId,
    /// How much is paid, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,38}$", examples("12500"))]
    pay: Option<Minor>,
    /// How much is received, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,38}$", examples("925"))]
    receive: Option<Minor>,
}

impl QuoteRequest {
    pub(crate) fn command(&self) -> Result<Command, Problem> {
        let fixed = match (self.pay, self.receive) {
            (Some(pay), None) => FixedSide::Pay(pay),
            (None, Some(receive)) => FixedSide::Receive(receive),
            _ => return Err(Problem::invalid("pay", "give either `pay` or `receive`, and not both")),
        };
        Ok(Command::QuoteExchange(QuoteExchange { source: self.source, destination: self.destination, fixed }))
    }
}

/// A quote: what an exchange comes to until it expires.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(crate) struct QuoteDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    quote_id: QuoteId,
    /// How many whole units are received for one whole unit that is paid; the spread is taken off.
    #[schema(pattern = r"^[0-9]{1,16}(\.[0-9]{1,18})?$", examples("1343.49875"))]
    rate: &'a str,
    /// What is paid, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("12500"))]
    pay: Minor,
    /// What is received, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("925"))]
    receive: Minor,
    /// From this time on, by the log's clock, it holds no more.
    expires_at: DateTime<Utc>,
}

impl<'a> From<&'a QuoteAnswer> for QuoteDto<'a> {
    fn from(quote: &'a QuoteAnswer) -> Self {
        let made = &quote.made;
        Self {
            quote_id: quote.quote_id,
            rate: &made.rate,
            pay: made.pay.amount,
            receive: made.receive.amount,
            expires_at: made.expires_at,
        }
    }
}

/// Exchanges as quoted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExchangeRequest)]
pub(crate) struct ExchangeRequest {
    /// The quote.
    #[serde(deserialize_with = "body_id")]
    quote_id: Uuid,
}

impl ExchangeRequest {
    pub(crate) fn command(&self) -> Command {
        Command::UseQuote(UseQuote { quote: QuoteId::new(self.quote_id) })
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::RateSet(rate) => json(StatusCode::OK, &RateDto::from(rate)),
        Outcome::Quoted(quote) => json(StatusCode::CREATED, &QuoteDto::from(quote)),
        _ => return None,
    })
}

fn pair(from: &str, to: &str, assets: &Assets) -> Result<(AssetCode, AssetCode), Problem> {
    let (from, to) = (known_asset(from, assets)?, known_asset(to, assets)?);
    match from == to {
        true => Err(Problem::new(Code::AssetMismatch).detail("a rate is between two different assets")),
        false => Ok((from, to)),
    }
}

/// Set a rate
///
/// It counts at once, instead of the one before, and until its time is over. Quotes that were made with the one before hold.
#[utoipa::path(
    put, path = "/v1/rates/{from}/{to}", tag = "exchange", security(("bearer" = [])),
    params(
        ("from" = String, Path, description = "The asset that is sold to the bank"),
        ("to" = String, Path, description = "The asset that the bank gives for it"),
    ),
    request_body = RateRequest,
    responses(
        (status = 200, description = "The rate", body = RateDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn set_rate(
    State(state): State<ApiState>,
    caller: Caller<RateSetters>,
    Path((from, to)): Path<(String, String)>,
    Json(body): Json<RateRequest>,
) -> Result<Response, Problem> {
    let (from, to) = pair(&from, &to, state.assets())?;
    let RateRequest { rate, spread_bps, valid_for } = body;
    let command = Command::SetRate(SetRate { from, to, rate, spread_bps, valid_for });
    // The path names no id: its assets are part of what is asked for.
    let asked = (from, to, &body);
    submit(&state, caller, Asked { route: "PUT /v1/rates/{from}/{to}", id: None, body: &asked }, command, respond).await
}

/// Ask for a quote
///
/// What an exchange between two accounts of yours comes to. It holds for 30 seconds, or until the rate expires.
#[utoipa::path(
    post, path = "/v1/exchanges/quotes", tag = "exchange", security(("bearer" = [])),
    request_body = QuoteRequest,
    responses((status = 201, description = "The quote", body = QuoteDto)),
)]
pub(crate) async fn quote_exchange(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<QuoteRequest>,
) -> Result<Response, Problem> {
    let command = body.command()?;
    submit(&state, caller, Asked { route: "POST /v1/exchanges/quotes", id: None, body: &body }, command, respond).await
}

/// Exchange as quoted
///
/// You pay the bank, and the bank pays you, in one commit.
#[utoipa::path(
    post, path = "/v1/exchanges", tag = "exchange", security(("bearer" = [])),
    request_body = ExchangeRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn exchange(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<ExchangeRequest>,
) -> Result<Response, Problem> {
    let command = body.command();
    let asked = Asked { route: "POST /v1/exchanges", id: None, body: &body };
    submit(&state, caller, asked, command, transfers::respond).await
}
