//! The list of all resources; each file lists its endpoints.

use utoipa_axum::router::OpenApiRouter;

use crate::{
    accounts, bookings, endpoint::Endpoint, erasures, keys, members, sessions, sign_ups, state::ApiState, transfers,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        accounts::endpoints(),
        bookings::endpoints(),
        transfers::endpoints(),
        sign_ups::endpoints(),
        sessions::endpoints(),
        members::endpoints(),
        erasures::endpoints(),
        keys::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every endpoint with its description.
pub(crate) fn described() -> OpenApiRouter<ApiState> {
    endpoints().into_iter().fold(OpenApiRouter::new(), |router, endpoint| endpoint.add_to(router))
}
