//! Connections: one can be closed instead of answered, or answered twice.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};
use tower::ServiceExt;

use crate::doubling::Doubling;

/// How an answer goes out, as an extension of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Not at all: the connection is closed.
    Lost,
    /// Twice.
    Twice,
}

/// Takes connections until it is dropped.
pub async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                // Out of file descriptors, most likely.
                Err(_) => sleep(Duration::from_millis(100)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let twice = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(Doubling::new(stream, twice.clone()));
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, twice) = (router.clone(), twice.clone());
        async move {
            let Ok(response) = router.oneshot(request).await;
            match response.extensions().get::<Manner>().copied() {
                // hyper closes a connection whose service fails, and sends nothing.
                Some(Manner::Lost) => return Err(NoAnswer),
                Some(Manner::Twice) => twice.store(true, Ordering::SeqCst),
                None => {}
            }
            Ok(response)
        }
    });
    // It ends with an error when the client goes away, or when it is to end so.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service).await;
}

/// The connection is closed instead of an answer.
#[derive(Debug)]
struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl std::error::Error for NoAnswer {}
