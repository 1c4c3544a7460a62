//! The routes. Each is three steps: who may, what is asked, submit.

mod accounts;
mod bookings;
mod keys;
mod members;
mod sessions;
mod signups;
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
        .routes(routes!(signups::sign_up))
        .routes(routes!(signups::resend))
        .routes(routes!(signups::verify))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(members::change_contact))
        .routes(routes!(members::verify_contact))
        .routes(routes!(members::change_password))
        .routes(routes!(members::leave))
        .routes(routes!(members::erase))
        .routes(routes!(members::disclose))
        .routes(routes!(members::certificate))
        .routes(routes!(keys::jwks))
}
