//! The side that leads: takes connections of other servers.

use std::{
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use application::CommandPort;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{Instant, sleep},
};

use super::{handshake::accept, incoming, keys::InternalKeys};

/// How many servers are connected to this one; shared by clones.
#[derive(Clone, Debug, Default)]
pub struct Followers(Arc<AtomicUsize>);

/// More connections at once are closed: there are a handful of servers.
const CONNECTIONS: usize = 64;
/// How often a refused connection is logged.
const LOG_EVERY: Duration = Duration::from_secs(60);

impl Followers {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self) -> Follower {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        metrics::gauge!("internal_followers").set(count as f64);
        Follower(self.clone())
    }
}

struct Follower(Followers);

impl Drop for Follower {
    fn drop(&mut self) {
        let count = self.0.0.fetch_sub(1, Ordering::Relaxed) - 1;
        metrics::gauge!("internal_followers").set(count as f64);
    }
}

/// What every connection is given.
struct Shared {
    keys: Arc<InternalKeys>,
    local: Arc<dyn CommandPort>,
    followers: Followers,
    closing: watch::Receiver<bool>,
    refused: Mutex<Option<Instant>>,
}

/// Takes connections until `closing` says so; then each connection ends when all that it brought is answered.
pub async fn serve(
    listener: &TcpListener,
    keys: Arc<InternalKeys>,
    local: Arc<dyn CommandPort>,
    followers: Followers,
    mut closing: watch::Receiver<bool>,
) {
    let shared = Shared { keys, local, followers, closing: closing.clone(), refused: Mutex::default() };
    let (shared, places) = (Arc::new(shared), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closing.wait_for(|closing| *closing) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let Ok(place) = places.clone().try_acquire_owned() else {
                    shared.refuse("too many connections");
                    continue;
                };
                let shared = shared.clone();
                drop(tasks::brief(async move {
                    shared.connected(stream).await;
                    drop(place);
                }));
            }
            // Too many open files, say: it passes, or shows elsewhere.
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "a connection to the internal address failed");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    // Every connection has its place back when it has ended.
    let _ = places.acquire_many(CONNECTIONS as u32).await;
}

impl Shared {
    async fn connected(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let tags = match accept(&mut stream, &self.keys).await {
            Ok(tags) => tags,
            Err(error) => return self.refuse(&error.to_string()),
        };
        let _follower = self.followers.add();
        let peer = stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
        tracing::info!(peer.address = peer, "a server forwards its commands to this one");
        let ended = incoming::run(stream, tags, self.local.clone(), self.closing.clone()).await;
        tracing::info!(reason = ended.to_string(), peer.address = peer, "a server does not forward any more");
    }

    /// Counts all, logs one a minute.
    fn refuse(&self, reason: &str) {
        metrics::counter!("internal_refused_connections_total").increment(1);
        let mut logged = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|logged| logged.elapsed() >= LOG_EVERY) {
            *logged = Some(Instant::now());
            tracing::warn!(
                reason,
                "a connection to the internal address was closed; more within a minute are only counted"
            );
        }
    }
}
