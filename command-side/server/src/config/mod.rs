//! How a command server is set: every variable, its default and its meaning, as `--help` shows them.

mod internal;
mod members;
mod operators;
mod outside;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use application::{ExecutorOptions, Limits, Networks, PayoutOptions};
pub use internal::InternalConfig;
use kernel::{Assets, Zone};
pub use members::{MemberConfig, Rotator};
pub use operators::OperatorConfig;
pub use outside::OutsideConfig;
use platform::{
    http::{CorsOrigins, ServeOptions},
    telemetry::TelemetryOptions,
};
use provider_adapters::ProviderOptions;

use crate::channels::ChannelOptions;

/// How a command server is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where to listen
    #[arg(long, env = "JANGBU_COMMAND_ADDR", default_value = "127.0.0.1:7001")]
    pub addr: SocketAddr,
    /// The log's database, as the role that appends (jangbu_writer)
    #[arg(long, env = "JANGBU_LOG_WRITER_URL", hide_env_values = true)]
    pub log_writer_url: String,
    /// The public keys that tokens are verified with (JSON Web Key Set); read again when a token names an unknown key
    #[arg(long, env = "JANGBU_JWKS_FILE")]
    pub jwks_file: PathBuf,
    /// The assets this bank keeps: CODE:SCALE:NAME, separated by commas
    #[arg(long, env = "JANGBU_ASSETS", default_value = Assets::DEFAULT)]
    pub assets: Assets,
    /// The most one transfer may move: ASSET:MINOR_UNITS, separated by commas; no limit for assets not named
    #[arg(long, env = "JANGBU_TRANSFER_LIMITS", default_value = "")]
    pub transfer_limits: Limits,
    /// The time zone of limits and standing orders that name none: a name of the IANA database
    #[arg(long, env = "JANGBU_ZONE", default_value_t = Zone::SEOUL)]
    pub zone: Zone,
    /// Networks that webhooks may reach though they are not of the outside, also without TLS: ADDRESS/BITS, separated by commas. For
    /// receivers on machines of your own
    #[arg(long, env = "JANGBU_WEBHOOK_ALLOW", default_value = "")]
    pub webhook_allow: Networks,
    /// What the names of servers begin with; a number is added, so that each server that runs has its own
    #[arg(long, env = "JANGBU_COMMAND_SERVER_NAME", default_value = "server")]
    pub server_name: String,
    /// Connections to the log's database, beside the two of the executor
    #[arg(long, env = "JANGBU_COMMAND_LOG_CONNECTIONS", default_value_t = 4)]
    pub log_connections: u32,
    /// Milliseconds a command may wait to be decided; after that it is dropped and answered with 503
    #[arg(long, env = "JANGBU_COMMAND_DEADLINE_MS", default_value_t = 5000)]
    pub deadline_ms: u64,
    /// Commands that may wait; one more is answered with 503
    #[arg(long, env = "JANGBU_COMMAND_QUEUE", default_value_t = 4096)]
    pub queue: usize,
    /// Orders that one append takes at most
    #[arg(long, env = "JANGBU_COMMAND_BATCH", default_value_t = 512)]
    pub batch: usize,
    /// Streams (accounts, mostly) kept in memory, about 500 bytes each
    #[arg(long, env = "JANGBU_COMMAND_CACHED_STREAMS", default_value_t = 200_000)]
    pub cached_streams: usize,
    /// Rows of a payout run that one commit pays at most
    #[arg(long, env = "JANGBU_PAYOUT_BATCH", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub payout_batch: u16,
    /// How much of the time that other commands leave payout runs may take: above 0 and at most 1
    #[arg(long, env = "JANGBU_PAYOUT_SHARE", default_value_t = 0.5, value_parser = share)]
    pub payout_share: f64,
    /// Seconds between "not ready" and the last accepted connection at shutdown, for load balancers to notice
    #[arg(long, env = "JANGBU_SHUTDOWN_DELAY", default_value_t = 0)]
    pub shutdown_delay: u64,
    /// Sites whose pages may call this server from a browser: origins such as `https://app.example`, separated by commas; none if not
    /// given
    #[arg(long, env = "JANGBU_CORS_ORIGINS", default_value = "")]
    pub cors_origins: CorsOrigins,
    /// Several command servers
    #[command(flatten)]
    pub internal: InternalConfig,
    /// Members, sessions and the vault
    #[command(flatten)]
    pub members: MemberConfig,
    /// Operators
    #[command(flatten)]
    pub operators: OperatorConfig,
    /// How members are reached
    #[command(flatten)]
    pub channels: ChannelOptions,
    /// Payment providers, other banks, gift cards
    #[command(flatten)]
    pub providers: ProviderOptions,
    /// How often the outside is asked again
    #[command(flatten)]
    pub outside: OutsideConfig,
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
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    pub(crate) fn payouts(&self) -> PayoutOptions {
        PayoutOptions { batch: self.payout_batch.into(), share: self.payout_share }
    }

    /// The executor of the server that got this name.
    pub(crate) fn executor(&self, server_name: &str) -> ExecutorOptions {
        let assets = self.assets.iter().map(|asset| asset.code).collect();
        let scales = self.assets.iter().map(|asset| (asset.code, asset.scale)).collect();
        ExecutorOptions {
            scales,
            limits: self.transfer_limits.clone(),
            webhook_networks: self.webhook_allow.clone(),
            approvals: self.operators.approvals(),
            queue: self.queue,
            batch_orders: self.batch,
            cached_streams: self.cached_streams,
            ..ExecutorOptions::new(server_name, assets)
        }
    }
}

/// A part of the time: above 0 and at most 1.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match share > 0.0 && share <= 1.0 {
        true => Ok(share),
        false => Err("not above 0 and at most 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_time_is_above_0_and_at_most_1() {
        assert_eq!(share("0.5"), Ok(0.5));
        assert_eq!(share("1"), Ok(1.0));
        for wrong in ["0", "-0.1", "1.01", "NaN", "inf", "", "half"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
