//! The settings of the query server.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use kernel::Assets;
use platform::{
    http::{CorsOrigins, ServeOptions},
    telemetry::TelemetryOptions,
};
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
    /// The log database, as the role that reads the log itself (jangbu_inspector); without it the reads of the log answer 503
    #[arg(long, env = "JANGBU_LOG_INSPECTOR_URL", hide_env_values = true)]
    pub log_inspector_url: Option<String>,
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
    /// Connections to the log database at most for reads of the log itself
    #[arg(long, env = "JANGBU_QUERY_INSPECTOR_CONNECTIONS", default_value_t = 2)]
    pub inspector_connections: u32,
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
    /// The NATS server or servers, separated by commas, for the streams of public events
    #[arg(long, env = "JANGBU_NATS_URL", default_value = "nats://127.0.0.1:4222", hide_env_values = true)]
    pub nats_url: String,
    /// The same with the login that reads public events (`nats://jangbu_public:PASSWORD@HOST:PORT`); used instead if it is set
    #[arg(long, env = "JANGBU_NATS_PUBLIC_URL", hide_env_values = true)]
    pub nats_public_url: Option<String>,
    /// The stream that the publisher writes public events to
    #[arg(long, env = "JANGBU_PUBLIC_STREAM", default_value = live_events::STREAM)]
    pub public_stream: String,
    /// Bytes of public events that are kept in memory for clients that come back; what is older is read from NATS
    #[arg(long, env = "JANGBU_LIVE_BYTES", default_value_t = 64 << 20)]
    pub live_bytes: usize,
    /// Streams of public events at once. Each is a connection: keep it below JANGBU_HTTP_MAX_CONNECTIONS, so that reads find some too
    #[arg(long, env = "JANGBU_LIVE_STREAMS", default_value_t = 6000)]
    pub live_streams: usize,
    /// Streams of public events at once of one member, partner, service or operator
    #[arg(long, env = "JANGBU_LIVE_STREAMS_OF_ONE", default_value_t = 8)]
    pub live_streams_of_one: usize,
    /// Seconds between "not ready" and the last accepted connection at shutdown, for load balancers to notice
    #[arg(long, env = "JANGBU_SHUTDOWN_DELAY", default_value_t = 0)]
    pub shutdown_delay: u64,
    /// Sites whose pages may call this server from a browser: origins such as `https://app.example`, separated by commas; none if not
    /// given
    #[arg(long, env = "JANGBU_CORS_ORIGINS", default_value = "")]
    pub cors_origins: CorsOrigins,
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
    /// Where NATS is, and the variable that says so.
    pub(crate) fn nats(&self) -> (&str, &'static str) {
        match &self.nats_public_url {
            Some(url) => (url, "JANGBU_NATS_PUBLIC_URL"),
            None => (&self.nats_url, "JANGBU_NATS_URL"),
        }
    }

    pub(crate) fn live(&self) -> live_events::Options {
        live_events::Options {
            stream: self.public_stream.clone(),
            ring_bytes: self.live_bytes,
            streams: self.live_streams,
            streams_of_one: self.live_streams_of_one,
        }
    }

    pub(crate) fn reads(&self) -> reads::Options {
        reads::Options {
            url: self.views_reader_url.clone(),
            max_connections: self.views_connections,
            acquire_timeout: Duration::from_millis(self.acquire_timeout_ms),
            statement_timeout: Duration::from_millis(self.statement_timeout_ms),
        }
    }
}
