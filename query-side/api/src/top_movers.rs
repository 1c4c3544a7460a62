//! Who moves the most.

use std::convert::identity;

use axum::extract::State;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::TopMovers;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{Asset, Day, Freshness, Limit},
    readers::BankOnly,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<BankOnly>(routes!(top_movers)).answers(&[Code::Forbidden])]
}

/// Which ranking.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TopMoversQuery {
    /// The asset.
    #[param(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    asset: Asset,
    /// The day, in the time zone that the answer names; today if it is not given.
    #[param(value_type = Option<String>, format = Date, nullable = false)]
    day: Option<Day>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
}

/// The most active accounts of one asset on one day; for operators and services.
#[utoipa::path(get, operation_id = "dashboard_top_movers", security(("bearer" = [])), path = "/v1/dashboard/top-movers", tag = "operations",
    params(TopMoversQuery), responses((status = 200, description = "The ranking", body = TopMovers)))]
pub async fn top_movers(
    State(api): State<Api>,
    _: Admitted<BankOnly>,
    Freshness(need, asked): Freshness,
    Query(query): Query<TopMoversQuery>,
) -> Result<Answer<TopMovers>, Problem> {
    let (day, limit) = (query.day.map(|day| day.0), Limit::or_usual(query.limit));
    let movers = api.reads.top_movers(day, query.asset.0, limit, &need).await;
    Ok(Answer::of(movers, identity)?.preferred(asked))
}
