//! The connection to NATS.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};

/// Connects, and connects again for ever, whatever happens; answers at once even if the server is away.
pub(crate) async fn connect(urls: &str) -> Result<Client, async_nats::ConnectError> {
    let servers: Vec<&str> = urls.split(',').map(str::trim).collect();
    ConnectOptions::new()
        .name("outbox-relay")
        .retry_on_initial_connect()
        .max_reconnects(None)
        .reconnect_delay_callback(|attempts| Duration::from_millis((50 << attempts.min(5)) as u64))
        .connection_timeout(Duration::from_secs(2))
        .request_timeout(Some(Duration::from_secs(3)))
        .ping_interval(Duration::from_secs(5))
        .event_callback(tell)
        .connect(servers)
        .await
}

async fn tell(event: Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("disconnected from NATS"),
        other => tracing::debug!(event = %other, "NATS"),
    }
}
