//! The list of all routes.

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, accounts, assets, members, overview, payees, top_movers, transfers, views, wallet};

/// Every route with its description.
pub fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::one))
        .routes(routes!(accounts::transactions))
        .routes(routes!(accounts::balance))
        .routes(routes!(transfers::one))
        .routes(routes!(payees::find))
        .routes(routes!(wallet::home))
        .routes(routes!(members::me))
        .routes(routes!(overview::overview))
        .routes(routes!(top_movers::top_movers))
        .routes(routes!(views::list))
        .routes(routes!(views::one))
        .routes(routes!(assets::list))
}
