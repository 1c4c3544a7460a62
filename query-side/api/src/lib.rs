//! The query server's HTTP API: GET routes over the reads.
//!
//! Turns a request into a read and what was read into JSON. Knows nothing of SQL, of the log or of commands; of the vault
//! only that something opens what is sealed.

#![allow(unused_qualifications, reason = "what the macros of the routes expand to")]

mod accounts;
mod answer;
mod assets;
mod document;
mod mask;
mod members;
mod opener;
mod overview;
mod params;
mod payees;
mod prefer;
mod problem;
mod routes;
mod top_movers;
mod transfers;
mod views;
mod wallet;

use std::sync::Arc;

use axum::{Router, extract::FromRef};
pub use document::openapi;
use kernel::Assets;
pub use opener::{Opener, OpenerError};
use platform::auth::Verifier;
use reads::Reads;

/// What the routes share.
#[derive(Clone)]
pub struct Api {
    /// The views.
    pub reads: Arc<Reads>,
    /// What this bank's money is.
    pub assets: Arc<Assets>,
    /// Opens what is personal.
    pub opener: Arc<dyn Opener>,
    /// Finds out who asks.
    pub verifier: Verifier,
}

impl FromRef<Api> for Verifier {
    fn from_ref(api: &Api) -> Self {
        api.verifier.clone()
    }
}

/// Every route, to be put behind `platform::http::service`.
pub fn router(api: Api) -> Router {
    routes::all().split_for_parts().0.with_state(api)
}
