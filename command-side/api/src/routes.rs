//! The list of all routes. Each is three steps: who may, what is asked, submit.

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{accounts, bookings, erasures, keys, members, sessions, sign_ups, state::ApiState, transfers};

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
        .routes(routes!(sign_ups::sign_up))
        .routes(routes!(sign_ups::resend))
        .routes(routes!(sign_ups::verify))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(members::change_contact))
        .routes(routes!(members::verify_contact))
        .routes(routes!(members::change_password))
        .routes(routes!(erasures::leave))
        .routes(routes!(erasures::erase))
        .routes(routes!(members::disclose))
        .routes(routes!(erasures::certificate))
        .routes(routes!(keys::jwks))
}
