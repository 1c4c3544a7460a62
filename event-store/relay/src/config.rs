//! How a relay is set: every variable, its default and its meaning, as `--help` shows them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use platform::telemetry::TelemetryOptions;

/// How a relay is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where probes and metrics are served
    #[arg(long, env = "JANGBU_RELAY_ADDR", default_value = "127.0.0.1:7003")]
    pub addr: SocketAddr,
    /// The log's database, as the role that publishes it (jangbu_relay)
    #[arg(long, env = "JANGBU_LOG_RELAY_URL", hide_env_values = true)]
    pub log_relay_url: String,
    /// The NATS server or servers, separated by commas
    #[arg(long, env = "JANGBU_NATS_URL", default_value = "nats://127.0.0.1:4222", hide_env_values = true)]
    pub nats_url: String,
    /// The same with the relay's login (`nats://jangbu_relay:PASSWORD@HOST:PORT`); used instead if it is set
    #[arg(long, env = "JANGBU_NATS_RELAY_URL", hide_env_values = true)]
    pub nats_relay_url: Option<String>,
    /// The file of the keys that slices are sealed with (`jangbu slice-keys init` makes it); read again when it changes
    #[arg(long, env = "JANGBU_SLICE_KEY_FILE")]
    pub slice_key_file: Option<PathBuf>,
    /// The stream to publish to; made if it is not there. Its subject is the name in lower case, dots for underscores,
    /// and `.slices`
    #[arg(long, env = "JANGBU_NATS_STREAM", default_value = "JANGBU_LOG")]
    pub nats_stream: String,
    /// Replicas of the stream, when it is made
    #[arg(long, env = "JANGBU_NATS_REPLICAS", default_value_t = 1)]
    pub nats_replicas: usize,
    /// Bytes the stream keeps, when it is made; the oldest slices go first
    #[arg(long, env = "JANGBU_NATS_MAX_BYTES", default_value_t = 1 << 30)]
    pub nats_max_bytes: i64,
    /// Hours the stream keeps a slice, when it is made
    #[arg(long, env = "JANGBU_NATS_MAX_AGE_HOURS", default_value_t = 48)]
    pub nats_max_age_hours: u64,
    /// Events published again when the stream is found empty; older ones are read from the log by the programs that need them
    #[arg(long, env = "JANGBU_RELAY_REFILL_EVENTS", default_value_t = 20_000)]
    pub refill_events: i64,
    /// Events in one message, at most; a commit is never split
    #[arg(long, env = "JANGBU_RELAY_SLICE_EVENTS", default_value_t = 500)]
    pub slice_events: usize,
    /// Bytes in one message, about, at most; a commit is never split
    #[arg(long, env = "JANGBU_RELAY_SLICE_BYTES", default_value_t = 256 * 1024)]
    pub slice_bytes: usize,
    /// Messages sent ahead of their acknowledgements
    #[arg(long, env = "JANGBU_RELAY_IN_FLIGHT", default_value_t = 16)]
    pub in_flight: usize,
    /// Milliseconds after which the log is read even without a notification of an append
    #[arg(long, env = "JANGBU_RELAY_POLL_MS", default_value_t = 500)]
    pub poll_ms: u64,
    /// The name this relay writes into its cursor
    #[arg(long, env = "JANGBU_RELAY_NAME", default_value = "relay")]
    pub name: String,
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
        Duration::from_secs(self.nats_max_age_hours * 3600)
    }

    /// Where NATS is, and the variable that says so.
    pub(crate) fn nats(&self) -> (&str, &'static str) {
        match &self.nats_relay_url {
            Some(url) => (url, "JANGBU_NATS_RELAY_URL"),
            None => (&self.nats_url, "JANGBU_NATS_URL"),
        }
    }

    /// Who holds the cursor, for an operator to see.
    pub(crate) fn holder(&self) -> String {
        format!("{} (process {})", self.name, std::process::id())
    }

    /// The subject of the stream: `JANGBU_LOG` is published to `jangbu.log.slices`.
    pub(crate) fn subject(&self) -> String {
        format!("{}.slices", self.nats_stream.to_lowercase().replace('_', "."))
    }
}
