//! The HTTP face of the command side: requests become commands, answers become JSON, everything else a problem.
//!
//! Knows the application's commands and the platform's edge; knows nothing of databases, of the log's form, or of reads.

mod accounts;
mod answer;
mod body;
mod bookings;
mod caller;
mod compound;
mod description;
mod endpoint;
mod erasures;
mod exchange;
mod holds;
mod identity;
mod items;
mod keys;
mod limits;
mod members;
mod offers;
mod password_resets;
mod payment_codes;
mod payout_rows;
mod payouts;
mod port;
mod problems;
mod receive;
mod schedule;
mod sessions;
mod sign_ups;
mod standing_orders;
mod state;
mod submit;
mod transfers;

use axum::Router;
pub use description::openapi;
use endpoint::Endpoint;
pub use identity::CommandIds;
pub use payment_codes::payment_code;
pub use payout_rows::{PayoutRowError, PayoutTable, payout_table};
pub use port::{AuthPort, CommandPort, Services};
pub use state::{ApiOptions, ApiState};

/// The routes that have a body limit of their own.
pub const BODY_LIMITS: &[(&str, usize)] =
    &[("/v1/transfers/batch", 4 * 1024 * 1024), ("/v1/payout-runs/{id}/rows", 4 * 1024 * 1024)];

/// Every route of the command side, to be put behind [`platform::http::service`].
pub fn router(state: ApiState) -> Router {
    endpoint::described(endpoints()).split_for_parts().0.with_state(state)
}

/// The endpoints of every resource; each file lists its own.
fn endpoints() -> Vec<Endpoint> {
    [
        accounts::endpoints(),
        bookings::endpoints(),
        transfers::endpoints(),
        compound::endpoints(),
        exchange::endpoints(),
        holds::endpoints(),
        payment_codes::endpoints(),
        limits::endpoints(),
        items::endpoints(),
        offers::endpoints(),
        standing_orders::endpoints(),
        payouts::endpoints(),
        sign_ups::endpoints(),
        sessions::endpoints(),
        password_resets::endpoints(),
        members::endpoints(),
        erasures::endpoints(),
        keys::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
