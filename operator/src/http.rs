//! Asking the servers over HTTP.

use std::time::Duration;

use crate::{config::Address, failure::Failure};

/// A client that does not wait for ever, and follows nobody elsewhere with a token in its hand.
pub fn client(time_limit: Duration) -> Result<reqwest::Client, Failure> {
    let builder = reqwest::Client::builder()
        .timeout(time_limit)
        .connect_timeout(time_limit.min(Duration::from_secs(3)))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("jangbu/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    builder.build().map_err(|error| Failure::Usage(format!("no HTTP client can be made: {error}")))
}

/// A server that did not answer.
pub fn unreachable(what: &'static str, address: &Address, variable: &'static str, error: reqwest::Error) -> Failure {
    Failure::unreachable(what, address, variable, error.without_url())
}
