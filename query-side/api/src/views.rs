//! How the views are doing.

use std::convert::identity;

use axum::extract::State;
use platform::{
    auth::Admitted,
    extract::{Path, Query},
    problem::{Code, Problem},
};
use reads::{ViewDetail, ViewStatus};
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
    vec![
        Route::of::<Staff>(routes!(list)).answers(&[Code::Forbidden]),
        Route::of::<Staff>(routes!(one)).answers(&[Code::Forbidden, Code::ViewUnknown]),
    ]
}

/// Every view and how far it has got; for operators. A token is accepted but not waited for: this is where waiting is
/// watched.
#[utoipa::path(get, operation_id = "views", security(("bearer" = [])), path = "/v1/views", tag = "operations",
    responses((status = 200, description = "The views", body = [ViewStatus])))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(..): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Vec<ViewStatus>>, Problem> {
    Answer::of(api.reads.views().await, identity)
}

/// One view and its generations; for operators. A token is accepted but not waited for.
#[utoipa::path(get, operation_id = "view", security(("bearer" = [])), path = "/v1/views/{name}", tag = "operations",
    params(("name" = String, Path, description = "The view"),),
    responses((status = 200, description = "The view", body = ViewDetail)))]
pub async fn one(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(..): Freshness,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<ViewDetail>, Problem> {
    Answer::found(
        api.reads.view(&name).await,
        |view| view,
        || Problem::new(Code::ViewUnknown).detail("no view of that name is live"),
    )
}
