//! Freezing many accounts at once.

use application::{Command, FreezeAccounts, FreezeScope, FrozenAccounts, Outcome};
use axum::{extract::State, http::StatusCode, response::Response};
use kernel::AccountId;
use platform::{
    extract::Json,
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    accounts::{is_all, scope},
    answer::json,
    approval_bodies::PendingDto,
    body::{Label, account_id},
    caller::{Caller, Helpers},
    endpoint::Endpoint,
    state::ApiState,
    submit::{Asked, submit},
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::new(routes!(freeze_accounts)).by::<Helpers>().raises([Code::AccountUnknown, Code::AccountClosed])]
}

/// Which accounts are frozen, why, and what the freeze stops.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FreezeAccounts)]
pub(crate) struct FreezeAccountsRequest {
    /// Their ids, each once.
    #[serde(deserialize_with = "accounts")]
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 1000)]
    accounts: Vec<AccountId>,
    /// `all`: nothing goes in or out; so it is if nothing is said. `debits`: nothing goes out.
    #[serde(default, deserialize_with = "scope", skip_serializing_if = "is_all")]
    #[schema(value_type = Option<String>, pattern = "^(all|debits)$", examples("debits"))]
    scope: FreezeScope,
    /// In your own words; recorded with each account.
    #[schema(value_type = String, min_length = 1, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    reason: Label,
}

const MOST_ACCOUNTS: usize = 1000;

/// An id as it stands in bodies.
#[derive(Deserialize)]
#[serde(transparent)]
struct Id(#[serde(deserialize_with = "account_id")] AccountId);

fn accounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AccountId>, D::Error> {
    let accounts: Vec<AccountId> = Vec::<Id>::deserialize(deserializer)?.into_iter().map(|Id(id)| id).collect();
    if !(1..=MOST_ACCOUNTS).contains(&accounts.len()) {
        return Err(D::Error::custom("1 to 1000 accounts are frozen at once"));
    }
    let (mut sorted, count) = (accounts.clone(), accounts.len());
    sorted.sort_unstable();
    sorted.dedup();
    match sorted.len() == count {
        true => Ok(accounts),
        false => Err(D::Error::custom("each account stands once")),
    }
}

/// What became of the accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FrozenAccounts)]
pub(crate) struct FrozenDto<'a> {
    /// Those that were frozen, in the order of the request.
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 1000)]
    frozen: &'a [AccountId],
    /// What the freeze stops.
    #[schema(pattern = "^(all|debits)$", examples("debits"))]
    scope: &'static str,
    /// How many were frozen so before: they stay as they are.
    #[schema(minimum = 0, maximum = 1000)]
    unchanged: usize,
}

impl<'a> From<&'a FrozenAccounts> for FrozenDto<'a> {
    fn from(accounts: &'a FrozenAccounts) -> Self {
        let FrozenAccounts { frozen, scope, unchanged } = accounts;
        Self { frozen, scope: scope.as_str(), unchanged: *unchanged }
    }
}

/// Freeze many accounts
///
/// All of them in one commit, or none: one that does not exist or is closed keeps the others from it. One that is frozen so already stays as it
/// is.
#[utoipa::path(
    post, path = "/v1/accounts/freeze", tag = "accounts", security(("bearer" = [])),
    request_body = FreezeAccountsRequest,
    responses(
        (status = 200, description = "The accounts", body = FrozenDto),
        (status = 202, description = "It waits for a second operator", body = PendingDto),
    ),
)]
pub(crate) async fn freeze_accounts(
    State(state): State<ApiState>,
    caller: Caller<Helpers>,
    Json(body): Json<FreezeAccountsRequest>,
) -> Result<Response, Problem> {
    let caller = caller.saying(Some(&body.reason.0));
    let (accounts, scope, reason) = (body.accounts.clone(), body.scope, Some(body.reason.0.clone()));
    let command = Command::FreezeAccounts(FreezeAccounts { accounts, scope, reason });
    let asked = Asked { route: "POST /v1/accounts/freeze", id: None, body: &body };
    submit(&state, caller, asked, command, |outcome, _, _| match outcome {
        Outcome::ManyFrozen(accounts) => Some(json(StatusCode::OK, &FrozenDto::from(accounts))),
        _ => None,
    })
    .await
}
