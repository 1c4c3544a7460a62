//! Assets.

use axum::{Json, extract::State};
use platform::extract::Query;

use crate::{Api, dto::Assets, params::Nothing};

/// What this bank's money is; for everybody.
#[utoipa::path(get, operation_id = "assets", path = "/v1/assets", tag = "assets",
    responses((status = 200, description = "Every asset", body = Assets)))]
pub async fn list(State(api): State<Api>, Query(Nothing {}): Query<Nothing>) -> Json<Assets> {
    Json(Assets::from(api.assets.as_ref()))
}
