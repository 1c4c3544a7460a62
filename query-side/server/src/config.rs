//! The settings of the query server.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use kernel::Assets;
use platform::{http::ServeOptions, telemetry::TelemetryOptions};
use vault::KekAddress;

/// The settings of the query server.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen
    #[arg(long, env = "JANGBU_QUERY_ADDR", default_value = "127.0.0.1:7002")]
    pub addr: SocketAddr,
    /// The views database, as a role that may only read; a read replica will do
    #[arg(long, env = "JANGBU_VIEWS_READER_URL", hide_env_values = true)]
    pub views_reader_url: String,
    /// The log database, as a role that may read its head; only to know how far behind the views are
    #[arg(long, env = "JANGBU_LOG_READER_URL", hide_env_values = true)]
    pub log_reader_url: String,
    /// The vault's database, as the role that reads data keys and revocations (jangbu_vault_reader)
    #[arg(long, env = "JANGBU_VAULT_READER_URL", hide_env_values = true)]
    pub vault_reader_url: String,
    /// The key-encryption key: file:PATH, or transit:URL#KEYNAME for a transit engine
    #[arg(long, env = "JANGBU_KEK")]
    pub kek: KekAddress,
    /// The file that holds the token for the transit engine
    #[arg(long, env = "JANGBU_KEK_TOKEN_FILE")]
    pub kek_token_file: Option<PathBuf>,
    /// The public keys that tokens are verified with, a JSON Web Key Set; read again when a token names an unknown key
    #[arg(long, env = "JANGBU_JWKS_FILE")]
    pub jwks_file: PathBuf,
    /// The assets, as CODE:SCALE:NAME separated by commas
    #[arg(long, env = "JANGBU_ASSETS", default_value = Assets::DEFAULT)]
    pub assets: Assets,
    /// Connections to the views database at most, and one more that listens
    #[arg(long, env = "JANGBU_QUERY_VIEWS_CONNECTIONS", default_value_t = 16)]
    pub views_connections: u32,
    /// Connections to the log database at most
    #[arg(long, env = "JANGBU_QUERY_LOG_CONNECTIONS", default_value_t = 2)]
    pub log_connections: u32,
    /// Connections to the vault at most
    #[arg(long, env = "JANGBU_QUERY_VAULT_CONNECTIONS", default_value_t = 4)]
    pub vault_connections: u32,
    /// Milliseconds after which what is personal is left out because the vault does not answer
    #[arg(long, env = "JANGBU_QUERY_VAULT_TIMEOUT_MS", default_value_t = 1000)]
    pub vault_timeout_ms: u64,
    /// Milliseconds after which a query is given up
    #[arg(long, env = "JANGBU_QUERY_STATEMENT_TIMEOUT_MS", default_value_t = 3000)]
    pub statement_timeout_ms: u64,
    /// Milliseconds a request waits for a connection to the views
    #[arg(long, env = "JANGBU_QUERY_ACQUIRE_TIMEOUT_MS", default_value_t = 2000)]
    pub acquire_timeout_ms: u64,
    /// Milliseconds a view may be behind before the server calls itself not ready; 0: never
    #[arg(long, env = "JANGBU_QUERY_READY_LAG_MS", default_value_t = 60_000)]
    pub ready_lag_ms: u64,
    /// Seconds between "not ready" and the last accepted connection at shutdown, for load balancers to notice
    #[arg(long, env = "JANGBU_SHUTDOWN_DELAY", default_value_t = 0)]
    pub shutdown_delay: u64,
    /// The archive of the log
    #[command(flatten)]
    pub archive: event_archive::Place,
    /// Logs
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
    /// Connections of clients
    #[command(flatten)]
    pub serve: ServeOptions,
}

impl Config {
    pub(crate) fn reads(&self) -> reads::Options {
        reads::Options {
            url: self.views_reader_url.clone(),
            max_connections: self.views_connections,
            acquire_timeout: Duration::from_millis(self.acquire_timeout_ms),
            statement_timeout: Duration::from_millis(self.statement_timeout_ms),
        }
    }
}
