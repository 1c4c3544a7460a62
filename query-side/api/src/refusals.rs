//! What was refused.

use std::convert::identity;

use axum::extract::State;
use chrono::TimeDelta;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::Refusals;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{Freshness, Time},
    readers::RefusalReaders,
    route::Route,
    state::Api,
};

/// How long the range is if it is not said.
const USUAL: TimeDelta = TimeDelta::hours(24);
/// How long it is at most.
const LONGEST: TimeDelta = TimeDelta::days(31);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<RefusalReaders>(routes!(refusals)).answers(&[Code::Forbidden])]
}

/// Which hours.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RefusalsQuery {
    /// The hour that holds this time is the first; that of a day before `to` if it is not given, and at most 31 days before `to`.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<Time>,
    /// Hours that begin before this time; now if it is not given.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    to: Option<Time>,
}

/// What was refused, by code, kind and hour
///
/// Refusals by the rules of the bank: those that are recorded. What was never decided, such as a bad request, is not among them.
#[utoipa::path(get, operation_id = "dashboard_refusals", security(("bearer" = [])), path = "/v1/dashboard/refusals", tag = "operations",
    params(RefusalsQuery), responses((status = 200, description = "How often what was refused", body = Refusals)))]
pub async fn refusals(
    State(api): State<Api>,
    _: Admitted<RefusalReaders>,
    Freshness(need, asked): Freshness,
    Query(query): Query<RefusalsQuery>,
) -> Result<Answer<Refusals>, Problem> {
    let to = query.to.map_or_else(|| api.reads.now(), Time::or_after);
    // A time is one of the years 0 to 9999, so there is always one before it.
    let from = query.from.map_or(to - USUAL, Time::or_before).max(to - LONGEST);
    Ok(Answer::of(api.reads.refusals(from, to, &need).await, identity)?.preferred(asked))
}
