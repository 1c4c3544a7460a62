//! A webhook that is sent some events a second.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use kernel::{Ids, RandomIds};
use serde::Serialize;
use serde_json::{Value, json};
use testkit::connection::{Connection, Request};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};

use super::{Fleet, Sink};

/// Connections that place holds: each waits for its answer before the next.
const CLIENTS: usize = 16;
/// How long what was held may take until it was delivered.
const PATIENCE: Duration = Duration::from_secs(60);

/// Holds that are placed so often a second, until they are stopped. A webhook may be told of them.
pub struct Holds {
    placing: JoinSet<Result<()>>,
    placed: Arc<AtomicU64>,
    since: Instant,
}

impl Holds {
    /// Places holds of one unit, so many a second, of one account after the other.
    pub fn place(server: SocketAddr, fleet: &Arc<Fleet>, per_second: f64) -> Self {
        let (mut placing, placed) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
        let pause = Duration::from_secs_f64(CLIENTS as f64 / per_second);
        for number in 0..CLIENTS {
            let (fleet, placed) = (fleet.clone(), placed.clone());
            placing.spawn(async move {
                let (mut connection, mut ticks) = (Connection::to(server), interval(pause));
                for at in (number..).step_by(CLIENTS) {
                    ticks.tick().await;
                    let account = &fleet.accounts[at % fleet.accounts.len()];
                    let body = json!({"source": account.id, "money": {"asset": "KRW", "amount": "1"}});
                    let token = &fleet.members[account.owner].1;
                    ask(&mut connection, ("POST", "/v1/holds"), token, &body).await?;
                    placed.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Self { placing, placed, since: Instant::now() }
    }

    /// Stops; how many were placed a second.
    ///
    /// # Errors
    ///
    /// If one was not placed.
    pub fn stop(mut self) -> Result<f64> {
        while let Some(ended) = self.placing.try_join_next() {
            ended.context("a client of holds broke")??;
        }
        Ok(self.placed.load(Ordering::Relaxed) as f64 / self.since.elapsed().as_secs_f64())
    }
}

/// A webhook for holds, and its receiver.
pub struct Webhook {
    server: SocketAddr,
    operator: String,
    path: String,
    receiver: Sink,
    since: Instant,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookFound {
    /// Holds that were placed a second.
    pub placed_per_second: f64,
    /// Events that were received a second.
    pub received_per_second: f64,
}

impl Webhook {
    /// Makes a receiver, and a webhook that is told of holds.
    ///
    /// # Errors
    ///
    /// If the bank refuses it.
    pub async fn create(server: SocketAddr, operator: String) -> Result<Self> {
        let receiver = Sink::open().await?;
        let body = json!({"url": format!("{}/", receiver.url()), "events": ["hold.placed"]});
        let created = ask(&mut Connection::to(server), ("POST", "/v1/webhooks"), &operator, &body).await?;
        let id = created["webhook_id"].as_str().context("a webhook without an id")?;
        let path = format!("/v1/webhooks/{id}");
        Ok(Self { server, operator, path, receiver, since: Instant::now() })
    }

    /// Waits until the first event is there.
    ///
    /// # Errors
    ///
    /// If none comes.
    pub async fn begun(&self) -> Result<()> {
        let since = Instant::now();
        while self.receiver.requests() == 0 {
            ensure!(since.elapsed() < PATIENCE, "no event was sent to the webhook");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Counts, and deletes the webhook.
    ///
    /// # Errors
    ///
    /// If the bank refuses that.
    pub async fn delete(self, holds: Holds) -> Result<WebhookFound> {
        let received_per_second = self.receiver.requests() as f64 / self.since.elapsed().as_secs_f64();
        let placed_per_second = holds.stop()?;
        let delete = ("DELETE", self.path.as_str());
        ask(&mut Connection::to(self.server), delete, &self.operator, &Value::Null).await?;
        Ok(WebhookFound { placed_per_second, received_per_second })
    }
}

async fn ask(connection: &mut Connection, (method, path): (&str, &str), token: &str, body: &Value) -> Result<Value> {
    let key = RandomIds.fresh().to_string();
    let headers = [("idempotency-key", key.as_str())];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request { method, path, token, headers: &headers, body: &body, content_type: "" };
    let reply = connection.send(&request).await.with_context(|| format!("{method} {path}"))?;
    let text = String::from_utf8_lossy(reply.body);
    ensure!((200..300).contains(&reply.status), "{method} {path} was answered {}: {text}", reply.status);
    Ok(if reply.body.is_empty() { Value::Null } else { serde_json::from_slice(reply.body)? })
}
