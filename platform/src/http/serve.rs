//! Serving a router on a socket until asked to stop.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response, routing::future::RouteFuture};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    linger::Lingering,
    options::ServeOptions,
    places::{Place, Places},
};
use crate::shutdown::Shutdown;

/// The largest head of a request: request line and headers.
const HEAD_LIMIT: usize = 32 * 1024;

/// Serves until asked to stop, then finishes what was begun; with the default limits.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) -> io::Result<()> {
    serve_with(listener, router, ServeOptions::default(), shutdown).await
}

/// The same, as a task of its own. If it breaks, the process fails.
pub fn serve_in_background(listener: TcpListener, router: Router, shutdown: Shutdown) -> tasks::Task {
    tasks::vital("http", async move {
        if let Err(error) = serve(listener, router, shutdown).await {
            tracing::error!(%error, "serving failed");
        }
    })
}

/// Serves until asked to stop, then finishes what was begun, for as long as `http_drain_timeout` allows.
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    options: ServeOptions,
    shutdown: Shutdown,
) -> io::Result<()> {
    let places = Places::new(options.http_max_connections, options.connections_of_one_address());
    let write_timeout = Duration::from_secs(options.http_write_timeout);
    let protocol = Arc::new(protocol(&options));
    let mut connections = JoinSet::new();
    loop {
        // The place first: who finds none stays in the listen queue, and costs nothing here.
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = accept(&listener, &places) => accepted,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    metrics::counter!("http_connections_panicked_total").increment(1);
                    tracing::error!(%error, "a request panicked; its connection is closed");
                }
                continue;
            }
        };
        if let Some((stream, peer, place)) = accepted {
            // A child: the request to stop is checked on every wake-up, and one shared by all would be a lock shared by all.
            let shutdown_request = shutdown.child();
            let app = App { router: router.clone(), peer: ConnectInfo(peer) };
            let io = Lingering::new(stream, write_timeout);
            connections.spawn(connection(protocol.clone(), io, app, shutdown_request, place));
        }
    }
    drop(listener);
    drain(connections, Duration::from_secs(options.http_drain_timeout)).await;
    Ok(())
}

fn protocol(options: &ServeOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(options.http_header_timeout))
        .max_header_size(HEAD_LIMIT)
        .max_buf_size(128 * 1024)
        .half_close(false);
    builder
}

async fn accept(listener: &TcpListener, places: &Places) -> Option<(TcpStream, SocketAddr, Place)> {
    let permit = places.any().await?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let place = places.of(peer.ip(), permit);
            if place.is_none() {
                metrics::counter!("http_connections_refused_total").increment(1);
                tracing::debug!(client.address = %peer.ip(), "an address has as many connections as it may");
            }
            Some((stream, peer, place?))
        }
        Err(error) => {
            // Out of file descriptors, most likely: give it time, do not spin, do not die.
            tracing::warn!(%error, "a connection could not be accepted");
            sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connection(protocol: Arc<http1::Builder>, io: Lingering, app: App, shutdown: Shutdown, _place: Place) {
    if let Err(error) = io.set_nodelay() {
        tracing::debug!(%error, "a connection went away at once");
        return;
    }
    let mut connection = std::pin::pin!(protocol.serve_connection(TokioIo::new(io), app));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn drain(mut connections: JoinSet<()>, limit: Duration) {
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(limit, all).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were cut: they did not end in time");
        connections.shutdown().await;
    }
}

/// The router as hyper calls it, on one connection.
#[derive(Clone)]
struct App {
    router: Router,
    peer: ConnectInfo<SocketAddr>,
}

impl hyper::service::Service<Request<Incoming>> for App {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        // A router is an `Arc`, and always ready.
        tower::Service::call(&mut self.router.clone(), request)
    }
}
