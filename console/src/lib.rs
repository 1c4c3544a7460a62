//! The console: the operators' screens and the demonstration wallet in the browser, rendered here, from what the other servers say over HTTP.

mod assets;
mod chart;
mod client;
mod config;
mod csrf;
mod doctor;
mod door;
mod error;
mod form;
mod format;
mod house;
mod lag;
mod language;
mod links;
mod live;
mod log_in;
mod navigation;
mod page;
mod pages;
mod posted;
mod router;
mod scales;
mod security;
mod session;
mod shared;
mod trouble;
mod visit;
mod wallet;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use axum::{Router, middleware::from_fn_with_state};
pub use config::Config;
use kernel::{Clock, Ids, RandomIds, SystemClock};
use platform::{
    http::{HttpOptions, serve_with, service},
    ops::{self, Probes},
    shutdown::Shutdown,
};
use tokio::net::TcpListener;

use crate::{client::Client, house::House, session::Seal};

/// Serves until asked to stop, then finishes what was begun.
pub async fn run(config: Config, listener: TcpListener, shutdown: Shutdown) -> anyhow::Result<()> {
    run_by(Arc::new(SystemClock), config, listener, shutdown).await
}

/// The same by this clock: tests move it.
pub async fn run_by(
    clock: Arc<dyn Clock>,
    config: Config,
    listener: TcpListener,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let closing = Shutdown::new();
    let probes = Probes::of_process();
    let own = listener.local_addr()?;
    let router = assemble(&config, clock, &probes, own, closing.clone())?;
    tracing::info!(http.addr = %own, "listening");
    shutdown.follow_tasks();
    let watching = {
        let closing = closing.clone();
        tasks::until_done("shutdown", move || watch(shutdown.clone(), probes.clone(), closing.clone()))
    };
    let served = serve_with(listener, router, config.serve, closing).await;
    drop(watching);
    tasks::outcome()?;
    served.context("serving failed")
}

async fn watch(shutdown: Shutdown, probes: Probes, closing: Shutdown) {
    shutdown.requested().await;
    probes.set_draining();
    closing.trigger();
}

/// Everything behind the socket. Connects to nothing before it is needed.
fn assemble(
    config: &Config,
    clock: Arc<dyn Clock>,
    probes: &Probes,
    own: SocketAddr,
    closing: Shutdown,
) -> anyhow::Result<Router> {
    let ids: Arc<dyn Ids> = Arc::new(RandomIds);
    let seal = Seal::open_file(&config.key_file).context("JANGBU_CONSOLE_KEY_FILE")?;
    let client = Client::new(config).context("no HTTP client can be made")?;
    let house = Arc::new(House::new(config, own, seal, client, (clock, ids), closing));
    let routes = router::routes(house.clone()).merge(ops::probe_routes(probes.clone()));
    let route_body_limits = router::LARGE_BODIES.to_vec();
    let options = HttpOptions { route_body_limits, ..HttpOptions::default() };
    Ok(service(routes, options).layer(from_fn_with_state(house, door::through)))
}
