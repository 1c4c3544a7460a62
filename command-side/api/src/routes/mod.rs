//! The routes. Each is three steps: who may, what is asked, submit.

mod accounts;
mod bookings;
mod keys;
mod transfers;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::ApiState;

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(accounts::open_account))
        .routes(routes!(accounts::close_account))
        .routes(routes!(accounts::freeze_account))
        .routes(routes!(accounts::unfreeze_account))
        .routes(routes!(bookings::deposit))
        .routes(routes!(bookings::withdraw))
        .routes(routes!(transfers::transfer))
        .routes(routes!(transfers::transfer_batch))
        .routes(routes!(transfers::reverse_transfer))
        .routes(routes!(keys::jwks))
}
