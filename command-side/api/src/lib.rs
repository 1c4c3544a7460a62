//! The HTTP face of the command side: requests become commands, answers become JSON, everything else a problem.
//!
//! Knows the application's commands and the platform's edge; knows nothing of databases, of the log's form, or of reads.

mod accounts;
mod answer;
mod approval_bodies;
mod approvals;
mod body;
mod bookings;
mod caller;
mod compound;
mod description;
mod devices;
mod endpoint;
mod erasures;
mod exchange;
mod freezes;
mod holds;
mod identity;
mod items;
mod keys;
mod limits;
mod members;
mod oauth;
mod offers;
mod operator_bodies;
mod operator_sessions;
mod operators;
mod partners;
mod password_resets;
mod payment_codes;
mod payout_rows;
mod payouts;
mod port;
mod problems;
mod process_directions;
mod processes;
mod promotions;
mod reason;
mod receive;
mod schedule;
mod sessions;
mod sign_ups;
mod standing_orders;
mod state;
mod submit;
mod transfer_answers;
mod transfers;
mod webhook_events;
mod webhook_requests;
mod webhooks;

use axum::Router;
pub use description::openapi;
use endpoint::Endpoint;
pub use identity::CommandIds;
pub use oauth::token_form;
pub use payment_codes::payment_code;
pub use payout_rows::{PayoutRowError, PayoutTable, payout_table};
pub use port::{AuthPort, CommandPort, OperatorPort, Services};
pub use state::{ApiOptions, ApiState, Connected};

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
        freezes::endpoints(),
        bookings::endpoints(),
        transfers::endpoints(),
        transfer_answers::endpoints(),
        compound::endpoints(),
        exchange::endpoints(),
        holds::endpoints(),
        payment_codes::endpoints(),
        limits::endpoints(),
        items::endpoints(),
        offers::endpoints(),
        standing_orders::endpoints(),
        payouts::endpoints(),
        webhooks::endpoints(),
        processes::endpoints(),
        process_directions::endpoints(),
        sign_ups::endpoints(),
        sessions::endpoints(),
        password_resets::endpoints(),
        members::endpoints(),
        devices::endpoints(),
        erasures::endpoints(),
        keys::endpoints(),
        partners::endpoints(),
        operators::endpoints(),
        operator_sessions::endpoints(),
        approvals::endpoints(),
        promotions::endpoints(),
        oauth::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use kernel::{Scope, Scopes};

    use super::*;

    #[test]
    fn every_endpoint_says_who_may_call_it() {
        for endpoint in endpoints() {
            assert!(
                endpoint.says_who(),
                "{:?}: `by` with one scope for partners or none, or `public`",
                endpoint.paths()
            );
        }
    }

    /// Each scope opens something: those that read do so on the query server.
    #[test]
    fn no_scope_is_for_nothing() {
        let opened: Scopes = endpoints().iter().filter_map(Endpoint::scope).collect();
        let elsewhere = [Scope::AccountsRead, Scope::EventsRead, Scope::WebhooksWrite];
        for scope in Scope::ALL.iter().filter(|scope| !elsewhere.contains(scope)) {
            assert!(opened.contains(*scope), "{scope}");
        }
    }
}
