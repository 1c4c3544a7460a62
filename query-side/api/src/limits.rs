//! Limits, and what is used of them.

use axum::extract::State;
use kernel::AccountId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{AccountLimit, LimitWindow, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Limit, viewer},
    problem::{NO_ACCOUNT, no_account},
    readers::{Owners, Staff},
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Staff>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Owners>(routes!(of_account))
            .answers(&[Code::Forbidden, Code::CursorInvalid])
            .answers_as(NO_ACCOUNT, Code::AccountUnknown),
    ]
}

/// Part of the list of limits.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitPage {
    /// One for each window of each limit; those of limits that were set first come last.
    pub items: Vec<LimitWindow>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<LimitWindow>> for LimitPage {
    fn from(page: Page<LimitWindow>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Part of the limits of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountLimitPage {
    /// One for each window of each limit that counts for the account.
    pub items: Vec<AccountLimit>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<AccountLimit>> for AccountLimitPage {
    fn from(page: Page<AccountLimit>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which limits.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LimitsQuery {
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Every limit that is set, window by window; for operators. No account is meant, so `amount` and `count` have `limit` only.
#[utoipa::path(get, operation_id = "limits", security(("bearer" = [])), path = "/v1/limits", tag = "limits", params(LimitsQuery),
    responses((status = 200, description = "Part of the list", body = LimitPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<LimitsQuery>,
) -> Result<Answer<LimitPage>, Problem> {
    let limits = api.reads.limits(query.cursor.as_deref(), Limit::or_usual(query.limit), &need).await;
    Ok(Answer::of(limits, LimitPage::from)?.preferred(asked))
}

/// What an account has used of its limits: of those for everyone, and of those that it has assigned. A window that is over by the clock is
/// not shown any more, but the present one, of which nothing is used.
#[utoipa::path(get, operation_id = "account_limits", security(("bearer" = [])), path = "/v1/accounts/{id}/limits", tag = "limits",
    params(("id" = String, Path, format = Uuid, description = "The account"), LimitsQuery),
    responses((status = 200, description = "Part of the list", body = AccountLimitPage)))]
pub async fn of_account(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Owners>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<LimitsQuery>,
) -> Result<Answer<AccountLimitPage>, Problem> {
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    let limits = api.reads.account_limits(viewer(&principal), AccountId::new(id), cursor, limit, &need).await;
    Ok(Answer::found(limits, AccountLimitPage::from, no_account)?.preferred(asked))
}
