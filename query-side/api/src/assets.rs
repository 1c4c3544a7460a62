//! Assets.

use axum::{Json, extract::State};
use kernel::AssetCode;
use platform::extract::Query;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{params::Nothing, route::Route, state::Api};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::public(routes!(list))]
}

/// An asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Asset {
    /// Its code.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub code: AssetCode,
    /// How many decimal digits a minor unit is below one unit.
    #[schema(minimum = 0, maximum = 30)]
    pub scale: u8,
    /// Its name.
    pub name: String,
}

/// Every asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assets {
    /// By code.
    pub items: Vec<Asset>,
    /// Always null: the list is short.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<&kernel::Assets> for Assets {
    fn from(assets: &kernel::Assets) -> Self {
        let items = assets.iter().map(|a| Asset { code: a.code, scale: a.scale, name: a.name.clone() });
        Self { items: items.collect(), next_cursor: None }
    }
}

/// What this bank's money is; for everybody.
#[utoipa::path(get, operation_id = "assets", path = "/v1/assets", tag = "assets",
    responses((status = 200, description = "Every asset", body = Assets)))]
pub async fn list(State(api): State<Api>, Query(Nothing {}): Query<Nothing>) -> Json<Assets> {
    Json(Assets::from(api.assets.as_ref()))
}
