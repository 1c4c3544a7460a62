//! Items: each is one of a kind, such as a collectible or a ticket.

use application::{Command, ItemAnswer, MintItem, Outcome, TransferItem};
use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::Response,
};
use chrono::{DateTime, Utc};
use kernel::{AccountNumber, Actor, CommandId, ItemId, MemberId, Position};
use platform::{
    extract::{Json, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Designation, account_number, path_id},
    caller::{Caller, ItemOwners, Minters},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(routes!(mint_item)).by::<Minters>().raises([
            Code::AccountUnknown,
            Code::AccountClosed,
            Code::SerialTaken,
        ]),
        Endpoint::new(routes!(transfer_item)).by::<ItemOwners>().raises([
            Code::ItemUnknown,
            Code::ItemNotYours,
            Code::ItemLocked,
            Code::AccountUnknown,
            Code::AccountClosed,
            Code::SameAccount,
        ]),
    ]
}

/// Brings an item into the world.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MintRequest)]
pub(crate) struct MintRequest {
    /// What it is one of.
    #[schema(value_type = String, min_length = 1, max_length = 80, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$", examples("Seoul Skyline"))]
    collection: Designation,
    /// Which of them: there is one item of each serial in a collection.
    #[schema(value_type = String, min_length = 1, max_length = 80, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$", examples("17/100"))]
    serial: Designation,
    /// The number of an account of the member who receives it.
    #[serde(deserialize_with = "account_number")]
    #[schema(value_type = String, pattern = "^[0-9]([ -]?[0-9]){11}$", examples("123456789092"))]
    owner: AccountNumber,
    /// Where it is described: an address that begins with `https://`.
    #[serde(default, deserialize_with = "metadata_url", skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, pattern = "^https://", examples("https://example.com/skyline/17.json"))]
    metadata_url: Option<String>,
    /// The SHA-256 digest of the description, in hexadecimal digits.
    #[serde(default, deserialize_with = "digest", skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-fA-F]{64}$")]
    digest: Option<String>,
}

const LONGEST_URL: usize = 2000;

fn metadata_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let is_visible = text.bytes().all(|b| b.is_ascii_graphic());
    let uri = text.parse::<Uri>().ok().filter(|_| text.starts_with("https://") && is_visible);
    match uri.is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty())) && text.len() <= LONGEST_URL {
        true => Ok(Some(text)),
        false => Err(D::Error::custom("an address begins with https:// and has at most 2000 characters")),
    }
}

/// In one spelling.
fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(Some(text.to_ascii_lowercase())),
        false => Err(D::Error::custom("a digest has 64 hexadecimal digits")),
    }
}

impl MintRequest {
    pub(crate) fn command(&self) -> Command {
        Command::MintItem(MintItem {
            collection: self.collection.0.clone(),
            serial: self.serial.0.clone(),
            owner: self.owner,
            metadata_url: self.metadata_url.clone(),
            digest: self.digest.clone(),
        })
    }
}

/// Gives an item to another member.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ItemTransfer)]
pub(crate) struct TransferItemRequest {
    /// The number of an account of the member who receives it.
    #[serde(deserialize_with = "account_number")]
    #[schema(value_type = String, pattern = "^[0-9]([ -]?[0-9]){11}$", examples("123456789092"))]
    to: AccountNumber,
}

/// An item, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedItem)]
pub(crate) struct ItemDto<'a> {
    /// Its id, which follows from collection and serial.
    #[schema(value_type = uuid::Uuid)]
    item_id: ItemId,
    /// What it is one of.
    collection: &'a str,
    /// Which of them.
    serial: &'a str,
    /// The member whose it is; only there for this member, operators and services.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, required = false)]
    owner: Option<MemberId>,
    /// `offered` while it is for sale: it cannot be given away meanwhile. Else `free`.
    #[schema(pattern = "^(free|offered)$", examples("free"))]
    status: &'static str,
    /// Where it is described.
    #[schema(required)]
    metadata_url: Option<&'a str>,
    /// The SHA-256 digest of the description, in hexadecimal digits.
    #[schema(required)]
    digest: Option<&'a str>,
    /// The place of its newest change in the log.
    #[schema(value_type = i64, minimum = 1)]
    position: Position,
    /// When that was, by the log's clock.
    recorded_at: DateTime<Utc>,
}

impl<'a> ItemDto<'a> {
    fn seen_by(actor: Actor, item: &'a ItemAnswer) -> Self {
        let minted = &item.minted;
        let shown = !actor.role.is_customer() || item.owner == actor.id;
        Self {
            item_id: item.item_id,
            collection: &minted.collection,
            serial: &minted.serial,
            owner: shown.then_some(item.owner),
            status: item.status.as_str(),
            metadata_url: minted.metadata_url.as_deref(),
            digest: minted.digest.as_deref(),
            position: item.position,
            recorded_at: item.recorded_at,
        }
    }
}

fn respond(outcome: &Outcome, actor: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::ItemMinted(item) => json(StatusCode::CREATED, &ItemDto::seen_by(actor, item)),
        Outcome::ItemTransferred(item) => json(StatusCode::OK, &ItemDto::seen_by(actor, item)),
        _ => return None,
    })
}

/// Mint an item
///
/// It belongs to the owner of the account that is named. There is one item of each serial in a collection.
#[utoipa::path(
    post, path = "/v1/items", tag = "items", security(("bearer" = [])),
    request_body = MintRequest,
    responses((status = 201, description = "The item", body = ItemDto)),
)]
pub(crate) async fn mint_item(
    State(state): State<ApiState>,
    caller: Caller<Minters>,
    Json(body): Json<MintRequest>,
) -> Result<Response, Problem> {
    let command = body.command();
    submit(&state, caller, Asked { route: "POST /v1/items", id: None, body: &body }, command, respond).await
}

/// Give an item away
///
/// An item of yours belongs to the owner of another account from now on. One that is offered cannot be given away.
#[utoipa::path(
    post, path = "/v1/items/{id}/transfer", tag = "items", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The item")),
    request_body = TransferItemRequest,
    responses((status = 200, description = "The item", body = ItemDto)),
)]
pub(crate) async fn transfer_item(
    State(state): State<ApiState>,
    caller: Caller<ItemOwners>,
    Path(id): Path<String>,
    Json(body): Json<TransferItemRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = Command::TransferItem(TransferItem { item: ItemId::new(id), to: body.to });
    let asked = Asked { route: "POST /v1/items/{id}/transfer", id: Some(id), body: &body };
    submit(&state, caller, asked, command, respond).await
}
