//! Payment codes, and charges with them: at a kiosk, at a till.

use application::{Charge, Command, IssuePaymentCode, Outcome};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Assets, PaymentCodeId};
use platform::{
    extract::{Json, object},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Label, MoneyDto, PayeeRef, Secret, account_id, optional_money},
    caller::{Caller, Chargers, Members},
    endpoint::Endpoint,
    holds::{self, HoldDto},
    problems,
    state::ApiState,
    submit::{Asked, carry_out, command_id, respond_to},
    transfers::{self, TransferDto, moving},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(routes!(issue_payment_code)).by::<Members>().raises([
            Code::AssetUnknown,
            Code::AccountUnknown,
            Code::AccountNotYours,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::AssetMismatch,
            Code::AmountNotPositive,
            Code::VaultUnavailable,
        ]),
        moving(Endpoint::new(routes!(charge))).by::<Chargers>().raises([
            Code::PaymentCodeInvalid,
            Code::PaymentCodeExceeded,
            Code::SameAccount,
            Code::AccountNotYours,
            Code::ReferenceTaken,
            Code::TooManyRequests,
            Code::VaultUnavailable,
        ]),
    ]
}

/// Asks for a code that pays once from an account of yours.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaymentCodeRequest)]
pub(crate) struct IssueRequest {
    /// The account that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
    /// For how many seconds it can be used; 60 if it is left out.
    #[serde(default = "one_minute", deserialize_with = "seconds")]
    #[schema(value_type = Option<u32>, minimum = 10, maximum = 300, examples(60))]
    expires_in: u32,
    /// The most that it pays; without it, what the account has available.
    #[serde(default, deserialize_with = "optional_money", skip_serializing_if = "Option::is_none")]
    max: Option<MoneyDto>,
}

const DEFAULT_SECONDS: u32 = 60;

fn one_minute() -> u32 {
    DEFAULT_SECONDS
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match Option::deserialize(deserializer)?.unwrap_or(DEFAULT_SECONDS) {
        seconds @ 10..=300 => Ok(seconds),
        _ => Err(D::Error::custom("a payment code can be used for 10 to 300 seconds")),
    }
}

impl IssueRequest {
    pub(crate) fn command(&self, code: PaymentCodeId, assets: &Assets) -> Result<Command, Problem> {
        let max = self.max.as_ref().map(|max| max.known(assets)).transpose()?;
        Ok(Command::IssuePaymentCode(IssuePaymentCode { code, source: self.source, expires_in: self.expires_in, max }))
    }
}

/// A payment code. Show it as a barcode or a QR code; whoever has it can charge the account once.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentCode)]
pub(crate) struct PaymentCodeDto<'a> {
    /// 24 digits, the last of which is a check digit. Nothing of the account is in them.
    #[schema(pattern = "^[0-9]{24}$", examples("482915730264819537460214"))]
    code: &'a str,
    /// From this time on, by the log's clock, it pays nothing.
    expires_at: DateTime<Utc>,
}

/// Charges an account with the payment code of its owner.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChargeRequest)]
pub(crate) struct ChargeRequest {
    /// The 24 digits that the payer showed.
    #[schema(value_type = String, pattern = "^[0-9]{24}$", examples("482915730264819537460214"))]
    code: Secret,
    /// The account it goes to: its id, or its number (ten digits and two check digits; spaces and dashes may stand between).
    #[schema(
        value_type = String,
        pattern = "^([0-9]([ -]?[0-9]){11}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
        examples("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42", "123456789092"),
    )]
    destination: PayeeRef,
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
    /// What you call it, such as the number of a receipt.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reference: Label,
    /// Whether the money is only held, to be captured later; the hold is for 7 days. It is paid at once if nothing is said.
    #[serde(default)]
    #[schema(value_type = Option<bool>, examples(false))]
    hold: Option<bool>,
    /// Whether it is refused if you have used the reference before, in a request that asked for the same.
    #[serde(default)]
    #[schema(default = false)]
    unique_reference: bool,
}

/// Reads a payment code: 24 digits. Whether the check digit is right is not looked at: a code with a wrong one is one of those that nobody
/// was given.
///
/// # Errors
///
/// If it is anything else; the text is not repeated.
pub fn payment_code(text: &str) -> Result<&str, Problem> {
    match text.len() == 24 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text),
        false => Err(Problem::invalid("code", "a payment code has 24 digits")),
    }
}

/// What of a charge is fingerprinted: the code stands in it as the log knows it.
#[derive(Serialize)]
struct ChargeAsked<'a> {
    code: PaymentCodeId,
    destination: PayeeRef,
    money: &'a MoneyDto,
    reference: &'a Label,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hold: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unique_reference: bool,
}

impl ChargeRequest {
    fn digits(&self) -> Result<&str, Problem> {
        payment_code(self.code.expose())
    }

    fn asked(&self, code: PaymentCodeId) -> ChargeAsked<'_> {
        ChargeAsked {
            code,
            destination: self.destination,
            money: &self.money,
            reference: &self.reference,
            hold: self.hold.unwrap_or(false),
            unique_reference: self.unique_reference,
        }
    }

    fn command(&self, code: PaymentCodeId, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::Charge(Charge {
            code,
            destination: self.destination.0,
            money: self.money.known(assets)?,
            reference: self.reference.0.clone(),
            unique_reference: self.unique_reference,
            hold: self.hold.unwrap_or(false),
        }))
    }
}

/// What a charge came to.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Charged)]
#[allow(dead_code, clippy::large_enum_variant, reason = "describes what the resources of its variants write")]
pub(crate) enum ChargedDto<'a> {
    /// It was paid.
    Transfer(TransferDto<'a>),
    /// It is held.
    Hold(HoldDto<'a>),
}

/// Issue a payment code
///
/// A code of 24 digits that pays once, for a short time, from an account of yours. The same request under the same `Idempotency-Key` gets
/// the same code again.
#[utoipa::path(
    post, path = "/v1/payment-codes", tag = "payment codes", security(("bearer" = [])),
    request_body = IssueRequest,
    responses((status = 201, description = "The code", body = PaymentCodeDto)),
)]
pub(crate) async fn issue_payment_code(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<IssueRequest>,
) -> Result<Response, Problem> {
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    // It follows from the command: so a replay answers it again, and it is kept nowhere.
    let code = auth.payment_code(id).map_err(problems::of_auth)?;
    let known_by = auth.payment_code_id(&code).map_err(problems::of_auth)?;
    let command = body.command(known_by, state.assets())?;
    let asked = Asked { route: "POST /v1/payment-codes", id: None, body: &body };
    let answer = carry_out(&state, caller, asked, command).await?;
    respond_to(&answer, actor, id, |outcome, _, _| match outcome {
        Outcome::PaymentCodeIssued(answer) => {
            let expires_at = answer.issued.expires_at;
            Some(json(StatusCode::CREATED, &PaymentCodeDto { code: &code, expires_at }))
        }
        _ => None,
    })
}

/// Charge with a payment code
///
/// Pays from the account whose owner showed the code, or holds the money. A code pays once. A charge that is refused for another reason
/// than the code leaves it as it is, until it expires. After too many codes in a minute that nobody was given, 429.
#[utoipa::path(
    post, path = "/v1/charges", tag = "payment codes", security(("bearer" = [])),
    request_body = ChargeRequest,
    responses((status = 201, description = "The transfer, or the hold", body = ChargedDto)),
)]
pub(crate) async fn charge(
    State(state): State<ApiState>,
    caller: Caller<Chargers>,
    Json(body): Json<ChargeRequest>,
) -> Result<Response, Problem> {
    let (actor, id) = (caller.actor, command_id(&state, &caller)?);
    let auth = state.auth().map_err(problems::of_auth)?;
    let code = auth.payment_code_id(body.digits()?).map_err(problems::of_auth)?;
    let command = body.command(code, state.assets())?;
    auth.may_try_payment_code(actor, id).await.map_err(problems::of_auth)?;
    let asked = Asked { route: "POST /v1/charges", id: None, body: &body.asked(code) };
    let answer = carry_out(&state, caller, asked, command).await?;
    if let Outcome::Refused(refused) = answer.answer.as_ref() {
        let is_wrong = refused.refusal.code == Code::PaymentCodeInvalid.as_str();
        if is_wrong && !answer.replayed {
            auth.count_wrong_payment_code(actor);
        }
    }
    respond_to(&answer, actor, id, |outcome, actor, id| {
        transfers::respond(outcome, actor, id).or_else(|| holds::respond(outcome, actor, id))
    })
}
