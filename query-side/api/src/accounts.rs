//! Accounts and what happened on them.

use std::convert::identity;

use axum::extract::State;
use kernel::{AccountId, MemberId, Role};
use platform::{
    auth::{Admitted, Principal},
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Account, Balance, Entry, EntryFilter, Page, Range, When};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    counterparty,
    params::{Amount, At, ById, Counterparty, Freshness, Id, Kind, Limit, Nothing, Reference, Time, viewer},
    problem::{NO_ACCOUNT, no_account, problem_of},
    readers::Everybody,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Everybody>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Everybody>(routes!(one)).answers_as(NO_ACCOUNT, Code::AccountUnknown),
        Route::of::<Everybody>(routes!(transactions))
            .answers(&[Code::CursorInvalid])
            .answers_as(NO_ACCOUNT, Code::AccountUnknown),
        Route::of::<Everybody>(routes!(balance)).answers_as(NO_ACCOUNT, Code::AccountUnknown),
    ]
}

/// Part of a list of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountPage {
    /// Newest first.
    pub items: Vec<Account>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// Part of an account's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryPage {
    /// Newest first.
    pub items: Vec<Entry>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// There and true if there are names that cannot be read now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub degraded: bool,
}

impl From<Page<Account>> for AccountPage {
    fn from(page: Page<Account>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    /// Whose; an operator may ask for anybody's, and without it for all there are.
    #[param(value_type = Option<String>, format = Uuid, nullable = false)]
    owner: Option<Id>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Own accounts, newest first; an operator sees anybody's.
#[utoipa::path(get, operation_id = "accounts", security(("bearer" = [])), path = "/v1/accounts", tag = "accounts", params(AccountsQuery),
    responses((status = 200, description = "Part of the list", body = AccountPage)))]
pub async fn list(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    Query(query): Query<AccountsQuery>,
) -> Result<Answer<AccountPage>, Problem> {
    let owner = owner(&principal, query.owner)?;
    let limit = Limit::or_usual(query.limit);
    let accounts = api.reads.accounts(owner, query.cursor.as_deref(), limit, &need).await;
    Ok(Answer::of(accounts, AccountPage::from)?.preferred(asked))
}

fn owner(principal: &Principal, asked: Option<Id>) -> Result<Option<MemberId>, Problem> {
    let asked = asked.map(|id| MemberId::new(id.0));
    let own = principal.actor.id;
    match (principal.actor.role, asked) {
        (Role::Operator, asked) => Ok(asked),
        (_, Some(other)) if other != own => {
            Err(Problem::new(Code::Forbidden).detail("only an operator may ask for the accounts of others"))
        }
        _ => Ok(Some(own)),
    }
}

/// One account.
#[utoipa::path(get, operation_id = "account", security(("bearer" = [])), path = "/v1/accounts/{id}", tag = "accounts",
    params(("id" = String, Path, format = Uuid, description = "The account"),),
    responses((status = 200, description = "The account", body = Account)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Account>, Problem> {
    let account = api.reads.account(viewer(&principal), AccountId::new(id), &need).await;
    Ok(Answer::found(account, identity, no_account)?.preferred(asked))
}

/// Which part of an account's history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionsQuery {
    /// Recorded at this time or later.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<Time>,
    /// Recorded earlier than this time.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    to: Option<Time>,
    /// Of this kind of movement.
    #[param(value_type = Option<String>, pattern = "^(transfer|deposit|withdrawal|reversal|compound|capture|exchange|charge|trade|payout)$", nullable = false)]
    kind: Option<Kind>,
    /// Of this amount or more, in minor units, whichever way it went.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,38}$", nullable = false)]
    min: Option<Amount>,
    /// Of this amount or less, in minor units, whichever way it went.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,38}$", nullable = false)]
    max: Option<Amount>,
    /// With this account on the other side: its id or its number.
    #[param(
        value_type = Option<String>, nullable = false,
        pattern = "^([0-9]([ -]?[0-9]){11}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$",
    )]
    counterparty: Option<Counterparty>,
    /// Of transfers with exactly this reference.
    #[param(value_type = Option<String>, min_length = 1, max_length = 256, nullable = false)]
    reference: Option<Reference>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

impl TransactionsQuery {
    fn filter(&self) -> EntryFilter {
        EntryFilter {
            kind: self.kind.as_ref().map(|kind| kind.0.clone()),
            min: self.min.map(|min| min.0),
            max: self.max.map(|max| max.0),
            counterparty: self.counterparty.map(|counterparty| counterparty.0),
            reference: self.reference.as_ref().map(|reference| reference.0.clone()),
        }
    }
}

/// What happened on an account, newest first. With `kind`, `min`, `max`, `counterparty` or `reference` a page may have fewer items than
/// asked for, even none, and yet go on: the end is where `next_cursor` is null.
#[utoipa::path(get, operation_id = "account_transactions", security(("bearer" = [])), path = "/v1/accounts/{id}/transactions", tag = "accounts",
    params(("id" = String, Path, format = Uuid, description = "The account"), TransactionsQuery),
    responses((status = 200, description = "Part of the history", body = EntryPage)))]
pub async fn transactions(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<TransactionsQuery>,
) -> Result<Answer<EntryPage>, Problem> {
    let range = Range { from: query.from.map(Time::or_after), to: query.to.map(Time::or_after) };
    let filter = query.filter();
    let (account, limit) = (AccountId::new(id), Limit::or_usual(query.limit));
    let cursor = query.cursor.as_deref();
    let page = api.reads.transactions(viewer(&principal), account, (range, &filter), cursor, limit, &need).await;
    let mut read = page.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(Page { items, next_cursor }) => {
            let (opener, role) = (api.opener.as_ref(), principal.actor.role);
            let (items, degraded) = counterparty::name(opener, role, items, |entry| &mut entry.counterparty_name).await;
            Ok(EntryPage { items, next_cursor, degraded })
        }
        None => Err(no_account()),
    };
    Ok(Answer::from_result(read.map(|_| body)).preferred(asked))
}

/// Which moment.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BalanceQuery {
    /// After everything recorded at this time or earlier. Not together with `position`.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    at: Option<Time>,
    /// After this position of the log; waited for if the view has not reached it. Not together with `at`.
    #[param(value_type = Option<i64>, minimum = 0, nullable = false)]
    position: Option<At>,
}

/// The balance of an account, now or at a moment; 404 for a moment at which the account had not been opened.
#[utoipa::path(get, operation_id = "account_balance", security(("bearer" = [])), path = "/v1/accounts/{id}/balance", tag = "accounts",
    params(("id" = String, Path, format = Uuid, description = "The account"), BalanceQuery),
    responses((status = 200, description = "The balance then", body = Balance)))]
pub async fn balance(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<BalanceQuery>,
) -> Result<Answer<Balance>, Problem> {
    let when = match (query.at, query.position) {
        (None, None) => When::Now,
        (Some(time), None) => When::Time(time.or_before()),
        (None, Some(At(position))) => When::Position(position),
        (Some(_), Some(_)) => return Err(Problem::invalid("position", "not together with at")),
    };
    let balance = api.reads.balance(viewer(&principal), AccountId::new(id), when, &need).await;
    Ok(Answer::found(balance, identity, no_account)?.preferred(asked))
}
