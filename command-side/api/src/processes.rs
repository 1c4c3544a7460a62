//! Processes with the outside world: top-ups, bank payouts, gift cards.

use application::{BankAccount, Command, Outcome, ProcessAnswer, ProcessPurpose, StartProcess};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, CommandId, Money, Place, Position, ProcessId, Sealed, Version};
use platform::{
    extract::{Json, object},
    problem::{Code, Problem},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    body::{Designation, MoneyDto, Secret, account_id, canonical},
    caller::{Caller, Members},
    endpoint::Endpoint,
    problems,
    state::ApiState,
    submit::{Asked, command_id, submit},
};

/// A payment that is confirmed within this time counts; after that it is taken back.
const TOP_UP_SECONDS: u32 = 3600;
/// A bank that has not settled a payment after this time is asked to give it up.
const BANK_PAYOUT_SECONDS: u32 = 3 * 86_400;
/// An issuer that has not sent a code after this time is asked to give it up.
const GIFT_CARD_SECONDS: u32 = 3600;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let start = |handler| {
        Endpoint::new(handler).by::<Members>().raises([
            Code::AssetUnknown,
            Code::ProviderUnknown,
            Code::AccountUnknown,
            Code::AccountNotYours,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::AssetMismatch,
            Code::AmountNotPositive,
            Code::VaultUnavailable,
        ])
    };
    let pay = |handler| start(handler).raises([Code::InsufficientFunds, Code::LimitExceeded]);
    vec![
        start(routes!(start_top_up)).raises([Code::PaymentKeyUsed]),
        pay(routes!(start_bank_payout)),
        pay(routes!(start_gift_card)),
    ]
}

/// Tops an account of yours up with a payment that you made at a payment provider.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TopUpRequest)]
pub(crate) struct TopUpRequest {
    /// The account that is credited.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// How much was paid.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// The payment provider.
    #[schema(value_type = String, min_length = 1, max_length = 80, examples("toss"))]
    provider: Designation,
    /// What the provider calls the payment: 1 to 200 visible ASCII characters. Each payment tops an account up once.
    #[schema(value_type = String, min_length = 1, max_length = 200, pattern = "^[!-~]{1,200}$", examples("ok-5zJ4xY7m0kODnyRpQWGrN2xqGlNvLrKw"))]
    payment_key: Secret,
}

/// What of a top-up is fingerprinted: the payment stands in it as the log knows it.
#[derive(Serialize)]
struct TopUpAsked<'a> {
    account_id: AccountId,
    money: &'a MoneyDto,
    provider: &'a str,
    payment: ProcessId,
}

/// An account at another bank.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BankAccount)]
pub(crate) struct BankAccountDto {
    /// The bank, by its code: 2 to 16 letters and digits.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9]{2,16}$", examples("004"))]
    bank: Secret,
    /// The account's number there: 4 to 34 letters, digits and dashes.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9-]{4,34}$", examples("110-234-567890"))]
    number: Secret,
    /// Whose account it is: 1 to 80 characters.
    #[schema(value_type = String, min_length = 1, max_length = 80, examples("Hong Gildong"))]
    holder: Secret,
}

/// Pays from an account of yours into an account at another bank.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BankPayoutRequest)]
pub(crate) struct BankPayoutRequest {
    /// The account that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// Where it goes. It is sealed, and shown to nobody but the other bank.
    #[serde(deserialize_with = "object")]
    bank_account: BankAccountDto,
}

/// What of a bank payout is fingerprinted: the other account is in it as a keyed hash.
#[derive(Serialize)]
struct BankPayoutAsked<'a> {
    account_id: AccountId,
    money: &'a MoneyDto,
    bank_account: Uuid,
}

/// Buys a gift card with money of an account of yours.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GiftCardRequest)]
pub(crate) struct GiftCardRequest {
    /// The account that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// What the issuer calls the kind of card.
    #[schema(value_type = String, min_length = 1, max_length = 80, examples("coffee"))]
    product: Designation,
    /// What the card is worth, and costs.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
}

/// A process with the outside world, as it began. How it goes on is read on the query server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedProcess)]
pub(crate) struct ProcessDto {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    process_id: ProcessId,
    /// `top-up`, `bank-payout` or `gift-card`.
    #[schema(pattern = "^(top-up|bank-payout|gift-card)$", examples("bank-payout"))]
    kind: &'static str,
    /// `running`.
    #[schema(pattern = "^running$", examples("running"))]
    state: &'static str,
    /// The steps that were begun.
    steps: Vec<StepDto>,
    /// How much.
    #[schema(value_type = MoneyDto)]
    money: Money,
    /// The account that is credited, or that pays.
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// When it began, by the log's clock.
    started_at: DateTime<Utc>,
    /// When it ended; null while it has not.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    /// The place of its beginning in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
}

/// A step of a process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedStep)]
pub(crate) struct StepDto {
    /// Its name.
    #[schema(examples("hold"))]
    name: &'static str,
    /// `done`.
    #[schema(pattern = "^done$", examples("done"))]
    state: &'static str,
    /// How often it was tried.
    #[schema(minimum = 1)]
    tries: u32,
    /// Why the last try failed.
    #[schema(required)]
    last_error_code: Option<&'static str>,
    /// When it last changed.
    at: DateTime<Utc>,
}

impl From<&ProcessAnswer> for ProcessDto {
    fn from(answer: &ProcessAnswer) -> Self {
        let (started, at) = (&answer.started, answer.recorded_at);
        let held = StepDto { name: "hold", state: "done", tries: 1, last_error_code: None, at };
        Self {
            process_id: answer.process_id,
            kind: started.purpose.kind().as_str(),
            state: "running",
            steps: started.hold.map(|_| held).into_iter().collect(),
            money: started.money,
            account_id: started.account,
            started_at: at,
            ended_at: None,
            position: answer.position,
        }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    match outcome {
        Outcome::ProcessStarted(answer) => Some(json(StatusCode::ACCEPTED, &ProcessDto::from(answer))),
        _ => None,
    }
}

/// Where a field of the event stands with which a process begins.
fn first(process: ProcessId, field: &'static str) -> Place {
    Place { stream: process.into(), version: Version::ZERO.next(), field }
}

/// Seals a text with the key of the one who asks: whether the account is theirs is decided later, and else nothing comes of it.
async fn seal(state: &ApiState, owner: Actor, place: Place, text: &SecretString) -> Result<Sealed, Problem> {
    state.auth().map_err(problems::of_auth)?.seal(owner.id, place, text).await.map_err(problems::of_auth)
}

fn not_connected(what: &'static str) -> Problem {
    Problem::new(Code::ProviderUnknown).detail(what)
}

/// Visible ASCII of a length that fits, and of characters that may be in it.
fn checked(
    field: &'static str,
    text: &str,
    lengths: std::ops::RangeInclusive<usize>,
    may: fn(u8) -> bool,
) -> Result<(), Problem> {
    match lengths.contains(&text.len()) && text.bytes().all(may) {
        true => Ok(()),
        false => Err(Problem::invalid(field, "has another length, or characters that do not belong in it")),
    }
}

impl BankAccountDto {
    fn account(&self) -> Result<BankAccount, Problem> {
        checked("bank_account.bank", self.bank.expose(), 2..=16, |byte| byte.is_ascii_alphanumeric())?;
        let is_of_number = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        checked("bank_account.number", self.number.expose(), 4..=34, is_of_number)?;
        let holder = self.holder.expose();
        if !(1..=80).contains(&holder.chars().count()) || !domain::characters::is_clear_note(holder) {
            return Err(Problem::invalid("bank_account.holder", "has 1 to 80 characters, and no control characters"));
        }
        Ok(BankAccount {
            bank: self.bank.expose().to_owned(),
            number: self.number.inner().clone(),
            holder: self.holder.inner().clone(),
        })
    }
}

/// Start a top-up
///
/// The payment is confirmed at the provider, and the account credited. If it cannot be credited then, the payment is cancelled.
#[utoipa::path(
    post, path = "/v1/top-ups", tag = "processes", security(("bearer" = [])),
    request_body = TopUpRequest,
    responses((status = 202, description = "The process", body = ProcessDto)),
)]
pub(crate) async fn start_top_up(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<TopUpRequest>,
) -> Result<Response, Problem> {
    let provider = &body.provider.0;
    if !state.connected().payments.contains(provider) {
        return Err(not_connected("the bank is not connected to a payment provider of this name"));
    }
    checked("payment_key", body.payment_key.expose(), 1..=200, |byte| byte.is_ascii_graphic())?;
    let money = body.money.known(state.assets())?;
    let auth = state.auth().map_err(problems::of_auth)?;
    let process = auth.top_up(provider, body.payment_key.expose()).map_err(problems::of_auth)?;
    let payment_key = seal(&state, caller.actor, first(process, "payment_key"), body.payment_key.inner()).await?;
    let purpose = ProcessPurpose::TopUp { provider: provider.clone(), payment_key };
    let command = StartProcess { process, account: body.account_id, money, purpose, deadline_in: TOP_UP_SECONDS };
    let asked = TopUpAsked { account_id: body.account_id, money: &body.money, provider, payment: process };
    let asked = Asked { route: "POST /v1/top-ups", id: None, body: &asked };
    submit(&state, caller, asked, Command::StartProcess(command), respond).await
}

/// Start a bank payout
///
/// The money is held, the payment ordered at the other bank, and the money paid when it has settled. If it comes back, the money is free
/// again.
#[utoipa::path(
    post, path = "/v1/bank-payouts", tag = "processes", security(("bearer" = [])),
    request_body = BankPayoutRequest,
    responses((status = 202, description = "The process", body = ProcessDto)),
)]
pub(crate) async fn start_bank_payout(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<BankPayoutRequest>,
) -> Result<Response, Problem> {
    if !state.connected().bank {
        return Err(not_connected("the bank is not connected to other banks"));
    }
    let (account, money) = (body.bank_account.account()?, body.money.known(state.assets())?);
    let process = ProcessId::of_command(command_id(&state, &caller)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    let text = account.to_text().map_err(Problem::internal)?;
    let fields = canonical(&(
        body.bank_account.bank.expose(),
        body.bank_account.number.expose(),
        body.bank_account.holder.expose(),
    ));
    let hash = Uuid::from_bytes(auth.fingerprint(&fields).map_err(problems::of_auth)?.0);
    let bank_account = seal(&state, caller.actor, first(process, "bank_account"), &text).await?;
    let purpose = ProcessPurpose::BankPayout { bank_account };
    let command = StartProcess { process, account: body.account_id, money, purpose, deadline_in: BANK_PAYOUT_SECONDS };
    let asked = BankPayoutAsked { account_id: body.account_id, money: &body.money, bank_account: hash };
    let asked = Asked { route: "POST /v1/bank-payouts", id: None, body: &asked };
    submit(&state, caller, asked, Command::StartProcess(command), respond).await
}

/// Buy a gift card
///
/// The money is held, the card bought at the issuer, and the money paid when its code is there. The code is read on the query server.
#[utoipa::path(
    post, path = "/v1/gift-cards", tag = "processes", security(("bearer" = [])),
    request_body = GiftCardRequest,
    responses((status = 202, description = "The process", body = ProcessDto)),
)]
pub(crate) async fn start_gift_card(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<GiftCardRequest>,
) -> Result<Response, Problem> {
    if !state.connected().gift_cards {
        return Err(not_connected("the bank is not connected to an issuer of gift cards"));
    }
    let money = body.money.known(state.assets())?;
    let process = ProcessId::of_command(command_id(&state, &caller)?);
    // The code will be sealed with this key: without the vault no card is bought.
    seal(&state, caller.actor, first(process, "code"), &SecretString::from("")).await?;
    let purpose = ProcessPurpose::GiftCard { product: body.product.0.clone() };
    let command = StartProcess { process, account: body.account_id, money, purpose, deadline_in: GIFT_CARD_SECONDS };
    let asked = Asked { route: "POST /v1/gift-cards", id: None, body: &body };
    submit(&state, caller, asked, Command::StartProcess(command), respond).await
}
