//! The dashboard.

use std::convert::identity;

use axum::extract::State;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::Overview;
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{Freshness, Nothing},
    readers::Staff,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Staff>(routes!(overview)).answers(&[Code::Forbidden])]
}

/// The bank at a glance; for operators.
#[utoipa::path(get, operation_id = "dashboard_overview", security(("bearer" = [])), path = "/v1/dashboard/overview", tag = "operations",
    responses((status = 200, description = "The overview", body = Overview)))]
pub async fn overview(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Overview>, Problem> {
    Ok(Answer::of(api.reads.overview(&need).await, identity)?.preferred(asked))
}
