//! Transfers.

use std::convert::identity;

use axum::extract::State;
use kernel::TransferId;
use platform::{
    auth::Principal,
    extract::Query,
    problem::{Code, Problem},
};
use reads::Transfer;
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Nothing, viewer},
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::new(routes!(one)).answers(&[Code::TransferUnknown])]
}

/// One transfer, posted or rejected; a member must own one side of it.
#[utoipa::path(get, operation_id = "transfer", security(("bearer" = [])), path = "/v1/transfers/{id}", tag = "transfers",
    params(("id" = String, Path, format = Uuid, description = "The transfer"),),
    responses((status = 200, description = "The transfer", body = Transfer)))]
pub async fn one(
    State(api): State<Api>,
    principal: Principal,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Transfer>, Problem> {
    let transfer = api.reads.transfer(viewer(&principal), TransferId::new(id), &need).await;
    let answer = Answer::found(transfer, identity, || {
        Problem::new(Code::TransferUnknown).detail("there is no such transfer of yours")
    })?;
    Ok(answer.preferred(asked))
}
