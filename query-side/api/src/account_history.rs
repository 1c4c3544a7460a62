//! The balance of an account over time.

use std::convert::identity;

use axum::extract::State;
use kernel::AccountId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{BalanceHistory, Range};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Points, Time},
    problem::{NO_ACCOUNT, no_account},
    readers::HistoryReaders,
    route::Route,
    state::Api,
};

/// How many instants are shown if it is not said.
const USUAL: u16 = 100;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<HistoryReaders>(routes!(history))
            .answers(&[Code::Forbidden])
            .answers_as(NO_ACCOUNT, Code::AccountUnknown),
    ]
}

/// Which instants.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// The first instant; the opening of the account if it is not given, or earlier.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<Time>,
    /// The last instant; now if it is not given.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    to: Option<Time>,
    /// How many instants, as far apart from one another.
    #[param(value_type = Option<u16>, minimum = 2, maximum = 400, nullable = false)]
    points: Option<Points>,
}

/// The balance of an account at some instants
///
/// What a chart shows. Each instant costs the same, however long the history of the account is.
#[utoipa::path(get, operation_id = "account_history", security(("bearer" = [])), path = "/v1/accounts/{id}/history", tag = "accounts",
    params(("id" = String, Path, format = Uuid, description = "The account"), HistoryQuery),
    responses((status = 200, description = "The balances", body = BalanceHistory)))]
pub async fn history(
    State(api): State<Api>,
    _: Admitted<HistoryReaders>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<HistoryQuery>,
) -> Result<Answer<BalanceHistory>, Problem> {
    let range = Range { from: query.from.map(Time::or_before), to: query.to.map(Time::or_before) };
    let points = query.points.map_or(USUAL, |points| points.0);
    let history = api.reads.balance_history(AccountId::new(id), range, points, &need).await;
    Ok(Answer::found(history, identity, no_account)?.preferred(asked))
}
