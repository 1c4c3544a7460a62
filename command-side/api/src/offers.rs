//! Offers: items for sale, and trades.

use application::{AcceptOffer, CancelOffer, Command, OfferAnswer, OpenOffer, Outcome};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, Assets, CommandId, ItemId, Money, OfferId, Position};
use platform::{
    extract::{Json, OptionalJson, Path, object},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::json,
    body::{MoneyDto, NothingRequest, account_id, body_id},
    caller::{Caller, Members},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit, submit_on},
    transfers::{self, TransferDto},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(routes!(open_offer)).by::<Members>().raises([
            Code::AssetUnknown,
            Code::ItemUnknown,
            Code::ItemNotYours,
            Code::ItemLocked,
            Code::AccountUnknown,
            Code::AccountNotYours,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::AssetMismatch,
            Code::AmountNotPositive,
        ]),
        Endpoint::new(routes!(accept_offer)).by::<Members>().raises([
            Code::OfferUnknown,
            Code::OfferNotOpen,
            Code::OfferExpired,
            Code::OwnOffer,
            Code::AccountUnknown,
            Code::AccountNotYours,
            Code::AccountFrozen,
            Code::AccountClosed,
            Code::AssetMismatch,
            Code::LimitExceeded,
            Code::InsufficientFunds,
            Code::AmountOverflow,
        ]),
        Endpoint::new(routes!(cancel_offer)).by::<Members>().raises([
            Code::OfferUnknown,
            Code::OfferNotYours,
            Code::OfferNotOpen,
            Code::OfferExpired,
        ]),
    ]
}

/// Offers an item of yours for money.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OfferRequest)]
pub(crate) struct OfferRequest {
    /// The item.
    #[serde(deserialize_with = "body_id")]
    item_id: Uuid,
    /// For how much.
    #[serde(deserialize_with = "object")]
    price: MoneyDto,
    /// The account of yours that the price is paid to.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    destination: AccountId,
    /// For how many seconds; 7 days if it is left out.
    #[serde(default = "seven_days", deserialize_with = "seconds")]
    #[schema(value_type = Option<u32>, minimum = 60, maximum = 2_592_000, examples(604_800))]
    expires_in: u32,
}

const DEFAULT_SECONDS: u32 = 7 * 24 * 60 * 60;
const LONGEST_SECONDS: u32 = 30 * 24 * 60 * 60;

fn seven_days() -> u32 {
    DEFAULT_SECONDS
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match Option::deserialize(deserializer)?.unwrap_or(DEFAULT_SECONDS) {
        seconds @ 60..=LONGEST_SECONDS => Ok(seconds),
        _ => Err(D::Error::custom("an offer is open for 60 to 2592000 seconds")),
    }
}

impl OfferRequest {
    pub(crate) fn command(&self, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::OpenOffer(OpenOffer {
            item: ItemId::new(self.item_id),
            price: self.price.known(assets)?,
            destination: self.destination,
            expires_in: self.expires_in,
        }))
    }
}

/// Buys what is offered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptOffer)]
pub(crate) struct AcceptRequest {
    /// The account of yours that pays.
    #[serde(deserialize_with = "account_id")]
    #[schema(value_type = uuid::Uuid)]
    source: AccountId,
}

/// An offer, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedOffer)]
pub(crate) struct OfferDto<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    offer_id: OfferId,
    /// The item.
    #[schema(value_type = uuid::Uuid)]
    item_id: ItemId,
    /// What the item is one of.
    collection: &'a str,
    /// For how much.
    #[schema(value_type = MoneyDto)]
    price: Money,
    /// `open` until something ended it; then what.
    #[schema(pattern = "^(open|accepted|cancelled|expired)$", examples("open"))]
    status: &'static str,
    /// From this time on, by the log's clock, it cannot be accepted.
    expires_at: DateTime<Utc>,
    /// The place of its newest change in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When that was, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> From<&'a OfferAnswer> for OfferDto<'a> {
    fn from(offer: &'a OfferAnswer) -> Self {
        let opened = &offer.opened;
        Self {
            offer_id: offer.offer_id,
            item_id: opened.item,
            collection: &opened.collection,
            price: opened.price,
            status: offer.status.as_str(),
            expires_at: opened.expires_at,
            position: offer.position,
            recorded_at: offer.recorded_at,
        }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::OfferOpened(offer) => json(StatusCode::CREATED, &OfferDto::from(offer)),
        Outcome::OfferEnded(offer) => json(StatusCode::OK, &OfferDto::from(offer)),
        _ => return None,
    })
}

/// Offer an item
///
/// For a price, for some time. The item cannot be given away or offered once more meanwhile. Any other member may accept.
#[utoipa::path(
    post, path = "/v1/offers", tag = "items", security(("bearer" = [])),
    request_body = OfferRequest,
    responses((status = 201, description = "The offer", body = OfferDto)),
)]
pub(crate) async fn open_offer(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<OfferRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/offers", id: None, body: &body }, command, respond).await
}

/// Accept an offer
///
/// You pay the price and get the item, in one commit. If the payment is refused, the offer stays open.
#[utoipa::path(
    post, path = "/v1/offers/{id}/accept", tag = "items", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The offer")),
    request_body = AcceptRequest,
    responses((status = 201, description = "The transfer", body = TransferDto)),
)]
pub(crate) async fn accept_offer(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Path(id): Path<String>,
    Json(body): Json<AcceptRequest>,
) -> Result<Response, Problem> {
    let command = |id| Command::AcceptOffer(AcceptOffer { offer: OfferId::new(id), source: body.source });
    submit_on(&state, caller, ("POST /v1/offers/{id}/accept", &id), &body, command, transfers::respond).await
}

/// Take an offer back
///
/// By the seller, while it is open. The item is free again.
#[utoipa::path(
    delete, path = "/v1/offers/{id}", tag = "items", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The offer")),
    responses((status = 200, description = "The offer", body = OfferDto)),
)]
pub(crate) async fn cancel_offer(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    let command = |id| Command::CancelOffer(CancelOffer { offer: OfferId::new(id) });
    submit_on(&state, caller, ("DELETE /v1/offers/{id}", &id), &body, command, respond).await
}
