//! The query server's HTTP API: GET routes over the reads.
//!
//! Turns a request into a read and what was read into JSON. Knows nothing of SQL, of the log or of commands; of the vault
//! only that something opens what is sealed.

#![allow(unused_qualifications, reason = "what the macros of the routes expand to")]

mod account_history;
mod accounts;
mod answer;
mod approvals;
mod assets;
mod asyncapi;
mod audit;
mod counterparty;
mod devices;
mod document;
mod events;
mod find;
mod fold;
mod holds;
mod items;
mod limits;
mod log;
mod mask;
mod member_records;
mod members;
mod offers;
mod opener;
mod operators;
mod overview;
mod params;
mod partners;
mod payees;
mod payout_runs;
mod prefer;
mod problem;
mod processes;
mod readers;
mod refusals;
mod route;
mod standing_orders;
mod state;
mod top_movers;
mod transfers;
mod views;
mod wallet;
mod webhooks;

use axum::{Router, middleware};
pub use fold::{Folded, Folder};
pub use opener::{KeptPreferences, KeptSession, OpenedDevice, Opener, OpenerError};
pub use state::Api;

use crate::route::Route;

/// Every route. Each resource lists its own, with the problems that they answer.
fn routes() -> impl Iterator<Item = Route> {
    let resources = [
        find::routes(),
        accounts::routes(),
        account_history::routes(),
        transfers::routes(),
        holds::routes(),
        limits::routes(),
        items::routes(),
        offers::routes(),
        standing_orders::routes(),
        payout_runs::routes(),
        webhooks::routes(),
        processes::routes(),
        partners::routes(),
        operators::routes(),
        approvals::routes(),
        payees::routes(),
        wallet::routes(),
        members::routes(),
        member_records::routes(),
        devices::routes(),
        overview::routes(),
        refusals::routes(),
        top_movers::routes(),
        views::routes(),
        audit::routes(),
        log::routes(),
        assets::routes(),
        events::routes(),
    ];
    resources.into_iter().flatten()
}

/// Every route, to be put behind `platform::http::service`.
pub fn router(api: Api) -> Router {
    let proven = middleware::map_response_with_state(api.clone(), audit::add_position);
    route::collect(routes()).0.split_for_parts().0.layer(proven).merge(asyncapi::routes()).with_state(api)
}

/// The OpenAPI 3.1 document of the query side, as pretty JSON.
pub fn openapi() -> String {
    document::describe(routes())
}

#[cfg(test)]
mod tests {
    use super::routes;

    #[test]
    fn every_route_says_who_may_call_it() {
        for route in routes() {
            assert!(route.says_who(), "{:?}: `of` with one scope for partners, or `public`", route.paths());
        }
    }
}
