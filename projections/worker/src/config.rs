//! How a projector is set: every variable, its default and its meaning, as `--help` shows them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use kernel::Zone;
use platform::telemetry::TelemetryOptions;
use projection_engine::Settings;
use reqwest::Url;

/// How a projector is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where probes and metrics are served
    #[arg(long, env = "JANGBU_PROJECTOR_ADDR", default_value = "127.0.0.1:7004")]
    pub addr: SocketAddr,
    /// The log's database, as the role that only reads it (jangbu_projector)
    #[arg(long, env = "JANGBU_LOG_PROJECTOR_URL", hide_env_values = true)]
    pub log_projector_url: String,
    /// The views' database, as the role that writes them (jangbu_projector)
    #[arg(long, env = "JANGBU_VIEWS_PROJECTOR_URL", hide_env_values = true)]
    pub views_projector_url: String,
    /// The NATS server or servers, separated by commas
    #[arg(long, env = "JANGBU_NATS_URL", default_value = "nats://127.0.0.1:4222", hide_env_values = true)]
    pub nats_url: String,
    /// The same with the projector's login (`nats://jangbu_projector:PASSWORD@HOST:PORT`); used instead if it is set
    #[arg(long, env = "JANGBU_NATS_PROJECTOR_URL", hide_env_values = true)]
    pub nats_projector_url: Option<String>,
    /// The file of the keys that slices are sealed with (`jangbu slice-keys init` makes it); read again when it changes.
    /// What is sealed with none of them is ignored
    #[arg(long, env = "JANGBU_SLICE_KEY_FILE")]
    pub slice_key_file: Option<PathBuf>,
    /// The stream the relay publishes the log to; without it the views follow the log itself
    #[arg(long, env = "JANGBU_NATS_STREAM", default_value = "JANGBU_LOG")]
    pub nats_stream: String,
    /// The bank's time zone, a name of the IANA database: the views that count by day are made with its days. A view that is
    /// there keeps the zone that it was made with, until `jangbu views rebuild` makes it again
    #[arg(long, env = "JANGBU_ZONE", default_value_t = Zone::SEOUL)]
    pub zone: Zone,
    /// Events that one transaction of a view takes, about, at most
    #[arg(long, env = "JANGBU_PROJECTOR_BATCH_EVENTS", default_value_t = 5000)]
    pub batch_events: i64,
    /// Milliseconds between the beginnings of a view's transactions, at least, while the log is busy, and up to twice
    /// as many while transactions take long; a commit that comes alone is applied at once. The views
    /// that only add up rest longer: `overview` 5 times, `top_movers` 15 times. Their transactions and their inboxes hold as
    /// many times more events
    #[arg(long, env = "JANGBU_PROJECTOR_PACE_MS", default_value_t = 20)]
    pub pace_ms: u64,
    /// Events that may wait for one view; what comes on top is dropped and read from the log
    #[arg(long, env = "JANGBU_PROJECTOR_INBOX_EVENTS", default_value_t = 20_000)]
    pub inbox_events: usize,
    /// The vault's database, as the role that reads there whose tokens are revoked (jangbu_projector). With it, operators change views by HTTP;
    /// without it, by `jangbu views` alone
    #[arg(long, env = "JANGBU_VAULT_PROJECTOR_URL", hide_env_values = true)]
    pub vault_projector_url: Option<String>,
    /// The command server, which decides whether a second operator has to approve the promotion of a generation that differs. Without it no such
    /// generation is promoted by HTTP
    #[arg(long, env = "JANGBU_COMMAND_URL")]
    pub command_url: Option<Url>,
    /// The public keys that tokens of operators are verified with, a JSON Web Key Set; needed with JANGBU_VAULT_PROJECTOR_URL
    #[arg(long, env = "JANGBU_JWKS_FILE")]
    pub jwks_file: Option<PathBuf>,
    /// Take the address of an operator from the last entry of X-Forwarded-For: only behind the console, or a proxy that writes it
    #[arg(long, env = "JANGBU_TRUST_FORWARDED_FOR", default_value_t = false, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub trust_forwarded_for: bool,
    /// Connections to the log's database
    #[arg(long, env = "JANGBU_PROJECTOR_LOG_CONNECTIONS", default_value_t = 4)]
    pub log_connections: u32,
    /// The archive of the log
    #[command(flatten)]
    pub archive: event_archive::Place,
    /// Logs
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}

impl Config {
    /// Where NATS is, and the variable that says so.
    pub(crate) fn nats(&self) -> (&str, &'static str) {
        match &self.nats_projector_url {
            Some(url) => (url, "JANGBU_NATS_PROJECTOR_URL"),
            None => (&self.nats_url, "JANGBU_NATS_URL"),
        }
    }

    /// How each view is worked on.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            max_events: self.batch_events.max(1),
            pace: Duration::from_millis(self.pace_ms),
            ..Settings::default()
        }
    }
}
