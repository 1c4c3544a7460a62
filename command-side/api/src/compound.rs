//! Several payments as one transfer.

use application::{Command, CompoundTransfer, Payment};
use axum::{extract::State, response::Response};
use kernel::{AccountId, Assets};
use platform::{
    extract::{Json, object, objects},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    body::{Label, MoneyDto, Note, PayeeRef, account_id},
    caller::{Caller, CompoundPayers},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
    transfers::{TransferDto, moving, respond},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        moving(Endpoint::new(routes!(compound_transfer)))
            .by::<CompoundPayers>()
            .raises([Code::AccountNotYours, Code::SameAccount]),
    ]
}

/// Several payments that happen together, in this order, or not at all.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CompoundRequest)]
pub(crate) struct CompoundRequest {
    /// The payments. What one of them brings in may pay for one after it.
    #[serde(deserialize_with = "postings")]
    #[schema(min_items = 1, max_items = 50)]
    postings: Vec<PaymentRequest>,
    /// The payer's words; all sides see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    memo: Option<Note>,
    /// What the one who asks calls it, such as the number of an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reference: Option<Label>,
}

/// One payment of several.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CompoundPosting)]
pub(crate) struct PaymentRequest {
    /// The account it goes from.
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
    /// How much.
    #[serde(deserialize_with = "object")]
    money: MoneyDto,
}

const MOST_POSTINGS: usize = 50;

fn postings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PaymentRequest>, D::Error> {
    let postings: Vec<PaymentRequest> = objects(deserializer)?;
    if !(1..=MOST_POSTINGS).contains(&postings.len()) {
        return Err(D::Error::custom("a compound transfer has 1 to 50 postings"));
    }
    Ok(postings)
}

impl CompoundRequest {
    pub(crate) fn command(&self, assets: &Assets) -> Result<Command, Problem> {
        let payments = self.postings.iter().enumerate().map(|(index, posting)| {
            // The problem says which of the postings it was.
            let money = posting.money.known(assets).map_err(|problem| {
                problem.field_error(format!("postings[{index}].money.asset"), "the asset is not known here")
            })?;
            Ok(Payment { source: posting.source, destination: posting.destination.0, money })
        });
        Ok(Command::CompoundTransfer(CompoundTransfer {
            payments: payments.collect::<Result<_, Problem>>()?,
            memo: self.memo.as_ref().map(|note| note.0.clone()),
            reference: self.reference.as_ref().map(|label| label.0.clone()),
        }))
    }
}

/// Transfer money between several accounts
///
/// Up to 50 payments in one commit, in order, of several assets if need be: all of them happen, or none. No member's account is short
/// at any step. The answer has two lines in `postings` for each payment, the debit first. A reversal undoes all of it.
#[utoipa::path(
    post, path = "/v1/transfers/compound", tag = "transfers", security(("bearer" = [])),
    request_body = CompoundRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn compound_transfer(
    State(state): State<ApiState>,
    caller: Caller<CompoundPayers>,
    Json(body): Json<CompoundRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/transfers/compound", id: None, body: &body }, command, respond)
        .await
}
