//! How an auditor is set: every variable, its default and its meaning, as `--help` shows them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use platform::telemetry::TelemetryOptions;

/// How an auditor is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where probes and metrics are served
    #[arg(long, env = "JANGBU_AUDITOR_ADDR", default_value = "127.0.0.1:7008")]
    pub addr: SocketAddr,
    /// The log's database, as the role that audits it (jangbu_auditor)
    #[arg(long, env = "JANGBU_LOG_AUDITOR_URL", hide_env_values = true)]
    pub log_auditor_url: String,
    /// The name under which it reports; each auditor of a log needs its own
    #[arg(long, env = "JANGBU_AUDITOR_NAME", default_value = "auditor")]
    pub name: String,
    /// The folder for its checkpoint, so that a restart does not read the whole log; no checkpoint if it is not given
    #[arg(long, env = "JANGBU_AUDITOR_DIR")]
    pub dir: Option<PathBuf>,
    /// Seconds between checkpoints; one is also written at shutdown. Nothing is audited while it is written
    #[arg(long, env = "JANGBU_AUDITOR_CHECKPOINT_SECONDS", default_value_t = 600)]
    pub checkpoint_seconds: u64,
    /// Milliseconds after which the log is read even without a notification of an append
    #[arg(long, env = "JANGBU_AUDITOR_POLL_MS", default_value_t = 200)]
    pub poll_ms: u64,
    /// Events per second that are read again, round after round, to see whether they still stand there; 0: none
    #[arg(long, env = "JANGBU_AUDITOR_RECHECK_EVENTS", default_value_t = 5_000)]
    pub recheck_events: u32,
    /// Rows per second that say where streams stand and what accounts hold, and are compared round after round; 0: only those of streams
    /// that new commits add to
    #[arg(long, env = "JANGBU_AUDITOR_SWEEP_ROWS", default_value_t = 5_000)]
    pub sweep_rows: u32,
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

    pub(crate) fn checkpoint_every(&self) -> Duration {
        Duration::from_secs(self.checkpoint_seconds)
    }
}
