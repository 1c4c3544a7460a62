//! How a publisher is set: every variable, its default and its meaning, as `--help` shows them.

use std::{net::SocketAddr, time::Duration};

use platform::telemetry::TelemetryOptions;

/// How a publisher is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where probes and metrics are served
    #[arg(long, env = "JANGBU_PUBLISHER_ADDR", default_value = "127.0.0.1:7006")]
    pub addr: SocketAddr,
    /// The log's database, as the role that only reads it (jangbu_publisher)
    #[arg(long, env = "JANGBU_LOG_PUBLISHER_URL", hide_env_values = true)]
    pub log_publisher_url: String,
    /// The NATS server or servers, separated by commas
    #[arg(long, env = "JANGBU_NATS_URL", default_value = "nats://127.0.0.1:4222", hide_env_values = true)]
    pub nats_url: String,
    /// The same with the publisher's login (`nats://jangbu_publisher:PASSWORD@HOST:PORT`); used instead if it is set
    #[arg(long, env = "JANGBU_NATS_PUBLISHER_URL", hide_env_values = true)]
    pub nats_publisher_url: Option<String>,
    /// The stream to publish to; made if it is not there. Its subjects begin with the name in lower case, dots for underscores
    #[arg(long, env = "JANGBU_PUBLIC_STREAM", default_value = public_events::nats::STREAM)]
    pub stream: String,
    /// Replicas of the stream, when it is made
    #[arg(long, env = "JANGBU_PUBLIC_REPLICAS", default_value_t = 1)]
    pub replicas: usize,
    /// Bytes the stream keeps, when it is made; the oldest events go first
    #[arg(long, env = "JANGBU_PUBLIC_MAX_BYTES", default_value_t = 1 << 30)]
    pub max_bytes: i64,
    /// Hours the stream keeps an event, when it is made
    #[arg(long, env = "JANGBU_PUBLIC_MAX_AGE_HOURS", default_value_t = 720)]
    pub max_age_hours: u64,
    /// The position of the log from which on an empty stream is filled
    #[arg(long, env = "JANGBU_PUBLISHER_FROM", default_value_t = 1)]
    pub from: i64,
    /// Messages sent ahead of their acknowledgements
    #[arg(long, env = "JANGBU_PUBLISHER_IN_FLIGHT", default_value_t = 256)]
    pub in_flight: usize,
    /// Milliseconds after which the log is read even without a notification of an append
    #[arg(long, env = "JANGBU_PUBLISHER_POLL_MS", default_value_t = 500)]
    pub poll_ms: u64,
    /// The archive of the log
    #[command(flatten)]
    pub archive: event_archive::Place,
    /// Logs
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}

impl Config {
    pub(crate) fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub(crate) fn max_age(&self) -> Duration {
        Duration::from_secs(self.max_age_hours.saturating_mul(3600))
    }

    /// Where NATS is, and the variable that says so.
    pub(crate) fn nats(&self) -> (&str, &'static str) {
        match &self.nats_publisher_url {
            Some(url) => (url, "JANGBU_NATS_PUBLISHER_URL"),
            None => (&self.nats_url, "JANGBU_NATS_URL"),
        }
    }
}
