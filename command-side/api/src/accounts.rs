//! Accounts: opening, closing, freezing.

use application::{
    AccountAnswer, CloseAccount, Command, FreezeAccount, FreezeScope, OpenAccount, Outcome, UnfreezeAccount,
};
use axum::{extract::State, http::StatusCode, response::Response};
use kernel::{AccountId, AccountNumber, Actor, AssetCode, Assets, CommandId, MemberId, Minor, Version};
use platform::{
    extract::{Json, OptionalJson, Path},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Canonical, Confidential, Note, canonical, known_asset, path_id},
    caller::{AccountOwners, Caller, Helpers},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let change = |handler| Endpoint::new(handler).with_optional_body().not_found(Code::AccountUnknown);
    vec![
        Endpoint::new(routes!(open_account)).by::<AccountOwners>().raises([Code::AssetUnknown, Code::TooManyAccounts]),
        change(routes!(close_account)).by::<AccountOwners>().raises([
            Code::AccountNotEmpty,
            Code::AccountFrozen,
            Code::AccountClosed,
        ]),
        change(routes!(freeze_account)).by::<Helpers>().raises([Code::AccountFrozen, Code::AccountClosed]),
        change(routes!(unfreeze_account)).by::<Helpers>().raises([Code::AccountNotFrozen, Code::AccountClosed]),
    ]
}

/// Opens an account for the token's subject.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAccount)]
pub(crate) struct OpenAccountRequest {
    /// The code of the asset it is to hold.
    #[schema(pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: String,
}

impl OpenAccountRequest {
    pub(crate) fn command(&self, assets: &Assets) -> Result<Command, Problem> {
        Ok(Command::OpenAccount(OpenAccount { asset: known_asset(&self.asset, assets)? }))
    }
}

/// Why an account is closed or unfrozen.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Reason)]
pub(crate) struct ReasonRequest {
    /// In your own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reason: Option<Note>,
}

impl Confidential for ReasonRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.reason.as_ref().map(|note| &note.0),))
    }
}

impl ReasonRequest {
    pub(crate) fn reason(&self) -> Option<String> {
        self.reason.as_ref().map(|note| note.0.clone())
    }
}

/// Why an account is frozen, and what the freeze stops.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FreezeRequest)]
pub(crate) struct FreezeRequest {
    /// In your own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reason: Option<Note>,
    /// `all`: nothing goes in or out; so it is if nothing is said. `debits`: nothing goes out.
    #[serde(default, deserialize_with = "scope", skip_serializing_if = "is_all")]
    #[schema(value_type = Option<String>, pattern = "^(all|debits)$", examples("debits"))]
    scope: FreezeScope,
}

/// A text; a derived enum would take an object, too.
pub(crate) fn scope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FreezeScope, D::Error> {
    match Option::<String>::deserialize(deserializer)?.as_deref() {
        None | Some("all") => Ok(FreezeScope::All),
        Some("debits") => Ok(FreezeScope::Debits),
        Some(_) => Err(D::Error::custom("a freeze stops `all` or `debits`")),
    }
}

/// Bodies of before had no scope: they keep their fingerprint.
pub(crate) fn is_all(scope: &FreezeScope) -> bool {
    *scope == FreezeScope::All
}

impl FreezeRequest {
    pub(crate) fn command(&self, account: AccountId) -> Command {
        let reason = self.reason.as_ref().map(|note| note.0.clone());
        Command::FreezeAccount(FreezeAccount { account, scope: self.scope, reason })
    }
}

/// An account, as the command left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedAccount)]
pub(crate) struct AccountDto {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    account_id: AccountId,
    /// What people type to pay to it.
    #[schema(value_type = String, pattern = "^[0-9]{12}$", examples("123456789092"))]
    account_number: AccountNumber,
    /// The one asset it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    asset: AssetCode,
    /// The member it belongs to.
    #[schema(value_type = uuid::Uuid)]
    owner: MemberId,
    /// Whether money can move.
    #[schema(pattern = "^(open|frozen|closed)$", examples("open"))]
    status: &'static str,
    /// Minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("12500"))]
    balance: Minor,
    /// What of the balance is held, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("2500"))]
    held: Minor,
    /// What can be spent: the balance without what is held.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("10000"))]
    available: Minor,
    /// What its freeze stops, `all` or `debits`; null if it is not frozen.
    #[schema(value_type = Option<String>, pattern = "^(all|debits)$", required, examples("debits"))]
    freeze: Option<&'static str>,
    /// How many events it has; goes up by one with each.
    #[schema(value_type = i64, minimum = 1)]
    version: Version,
}

impl From<&AccountAnswer> for AccountDto {
    fn from(account: &AccountAnswer) -> Self {
        Self {
            account_id: account.account_id,
            account_number: account.account_number,
            asset: account.asset,
            owner: account.owner,
            status: account.status,
            balance: account.balance,
            held: account.held,
            // No more is held than there is.
            available: account.balance.minus(account.held).unwrap_or_default(),
            freeze: account.freeze.map(FreezeScope::as_str),
            version: account.version,
        }
    }
}

fn respond(outcome: &Outcome, _: Actor, _: CommandId) -> Option<Response> {
    Some(match outcome {
        Outcome::Opened(account) => json(StatusCode::CREATED, &AccountDto::from(account)),
        Outcome::Changed(account) => json(StatusCode::OK, &AccountDto::from(account)),
        _ => return None,
    })
}

/// Open an account
///
/// For the token's subject; it holds one asset and begins with nothing.
#[utoipa::path(
    post, path = "/v1/accounts", tag = "accounts", security(("bearer" = [])),
    request_body = OpenAccountRequest,
    responses((status = 201, description = "The account", body = AccountDto)),
)]
pub(crate) async fn open_account(
    State(state): State<ApiState>,
    caller: Caller<AccountOwners>,
    Json(body): Json<OpenAccountRequest>,
) -> Result<Response, Problem> {
    let command = body.command(state.assets())?;
    submit(&state, caller, Asked { route: "POST /v1/accounts", id: None, body: &body }, command, respond).await
}

/// Close an account
///
/// By its owner, once it is empty and nothing of it is held; for good.
#[utoipa::path(
    post, path = "/v1/accounts/{id}/close", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The account", body = AccountDto)),
)]
pub(crate) async fn close_account(
    State(state): State<ApiState>,
    caller: Caller<AccountOwners>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    change(state, caller, &id, body, "POST /v1/accounts/{id}/close", |account, reason| {
        Command::CloseAccount(CloseAccount { account, reason })
    })
    .await
}

/// Freeze an account
///
/// From then on nothing goes in or out; with the scope `debits` nothing goes out. A frozen account takes another scope in the same way.
/// An operator's reversal passes a freeze.
#[utoipa::path(
    post, path = "/v1/accounts/{id}/freeze", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = FreezeRequest,
    responses((status = 200, description = "The account", body = AccountDto)),
)]
pub(crate) async fn freeze_account(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<FreezeRequest>,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let command = body.command(AccountId::new(id));
    let caller = caller.saying(body.reason.as_ref().map(|note| note.0.as_str()));
    let asked = Asked { route: "POST /v1/accounts/{id}/freeze", id: Some(id), body: &body };
    submit(&state, caller, asked, command, respond).await
}

/// Lift a freeze
#[utoipa::path(
    post, path = "/v1/accounts/{id}/unfreeze", tag = "accounts", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The account")),
    request_body = ReasonRequest,
    responses((status = 200, description = "The account", body = AccountDto)),
)]
pub(crate) async fn unfreeze_account(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<ReasonRequest>,
) -> Result<Response, Problem> {
    change(state, caller, &id, body, "POST /v1/accounts/{id}/unfreeze", |account, reason| {
        Command::UnfreezeAccount(UnfreezeAccount { account, reason })
    })
    .await
}

async fn change<A>(
    state: ApiState,
    caller: Caller<A>,
    id: &str,
    body: ReasonRequest,
    route: &'static str,
    command: impl FnOnce(AccountId, Option<String>) -> Command,
) -> Result<Response, Problem> {
    let id = path_id(id)?;
    let command = command(AccountId::new(id), body.reason());
    let caller = caller.saying(body.reason.as_ref().map(|note| note.0.as_str()));
    submit(&state, caller, Asked { route, id: Some(id), body: &body }, command, respond).await
}
