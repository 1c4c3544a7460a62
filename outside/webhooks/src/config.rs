//! How the sender is set: every variable, its default and its meaning, as `--help` shows them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use platform::telemetry::TelemetryOptions;
use vault::KekAddress;

use crate::{addresses::Addresses, schedule::Schedule};

/// How the sender is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where probes and metrics are served
    #[arg(long, env = "JANGBU_WEBHOOKS_ADDR", default_value = "127.0.0.1:7007")]
    pub addr: SocketAddr,
    /// The log's database, as the role of the sender (jangbu_webhooks)
    #[arg(long, env = "JANGBU_LOG_WEBHOOKS_URL", hide_env_values = true)]
    pub log_webhooks_url: String,
    /// The views' database, as the role of the sender (jangbu_webhooks); deliveries are kept there
    #[arg(long, env = "JANGBU_VIEWS_WEBHOOKS_URL", hide_env_values = true)]
    pub views_webhooks_url: String,
    /// The vault's database, as the role of the sender (jangbu_webhooks)
    #[arg(long, env = "JANGBU_VAULT_WEBHOOKS_URL", hide_env_values = true)]
    pub vault_webhooks_url: String,
    /// The key-encryption key: file:PATH, or transit:URL#KEYNAME for a transit engine
    #[arg(long, env = "JANGBU_KEK")]
    pub kek: KekAddress,
    /// The file that holds the token for the transit engine
    #[arg(long, env = "JANGBU_KEK_TOKEN_FILE")]
    pub kek_token_file: Option<PathBuf>,
    /// Networks that webhooks may be sent to although they are not of the public internet, with or without TLS, separated by commas, such
    /// as 127.0.0.0/8
    #[arg(long, env = "JANGBU_WEBHOOK_ALLOW", default_value = "", hide_default_value = true)]
    pub allow: Addresses,
    /// A file of certificates (PEM) of authorities that are trusted beside those of the system
    #[arg(long, env = "JANGBU_WEBHOOK_CA")]
    pub ca: Option<PathBuf>,
    /// Milliseconds that an attempt may take in all
    #[arg(long, env = "JANGBU_WEBHOOK_TIMEOUT_MS", default_value_t = 15_000)]
    pub timeout_ms: u64,
    /// The pause before each attempt, the first included, separated by commas; after the last one the delivery has failed
    #[arg(long, env = "JANGBU_WEBHOOK_SCHEDULE", default_value = Schedule::DEFAULT)]
    pub schedule: Schedule,
    /// Hours of failed attempts, without one that succeeds, after which nothing more is sent to a webhook
    #[arg(long, env = "JANGBU_WEBHOOK_DISABLE_AFTER_HOURS", default_value_t = 120)]
    pub disable_after_hours: u64,
    /// Attempts under way at once
    #[arg(long, env = "JANGBU_WEBHOOK_IN_FLIGHT", default_value_t = 1024)]
    pub in_flight: usize,
    /// Attempts under way at once to one webhook; one if all have failed for half a minute
    #[arg(long, env = "JANGBU_WEBHOOK_IN_FLIGHT_EACH", default_value_t = 16)]
    pub in_flight_each: usize,
    /// Days that a delivery is kept after it was delivered or given up
    #[arg(long, env = "JANGBU_WEBHOOK_KEEP_DAYS", default_value_t = 30)]
    pub keep_days: u32,
    /// Where nothing says how far a bank was followed, as at the first start: hours of its events that are sent
    #[arg(long, env = "JANGBU_WEBHOOK_BACKLOG_HOURS", default_value_t = 24)]
    pub backlog_hours: u32,
    /// Milliseconds after which the log is read even without a notification of an append
    #[arg(long, env = "JANGBU_WEBHOOK_POLL_MS", default_value_t = 500)]
    pub poll_ms: u64,
    /// The archive of the log
    #[command(flatten)]
    pub archive: event_archive::Place,
    /// Logs
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}

impl Config {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub(crate) fn disable_after(&self) -> Duration {
        Duration::from_secs(self.disable_after_hours.saturating_mul(3_600))
    }

    pub(crate) fn keep(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_days) * 86_400)
    }

    pub(crate) fn backlog(&self) -> Duration {
        Duration::from_secs(u64::from(self.backlog_hours) * 3_600)
    }
}
