//! How the console is set: every variable, its default and its meaning, as `--help` shows them.

use std::{net::SocketAddr, path::PathBuf};

use kernel::Zone;
use platform::{http::ServeOptions, telemetry::TelemetryOptions};
use url::Url;

/// How the console is set.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where it listens
    #[arg(long, env = "JANGBU_CONSOLE_ADDR", default_value = "127.0.0.1:7005")]
    pub addr: SocketAddr,
    /// The command server
    #[arg(long, env = "JANGBU_COMMAND_URL", default_value = "http://127.0.0.1:7001")]
    pub command_url: Url,
    /// The query server
    #[arg(long, env = "JANGBU_QUERY_URL", default_value = "http://127.0.0.1:7002")]
    pub query_url: Url,
    /// The projector, which rebuilds and promotes views
    #[arg(long, env = "JANGBU_PROJECTOR_URL", default_value = "http://127.0.0.1:7004")]
    pub projector_url: Url,
    /// The file of the keys that seal cookies; readable by its owner only, read once at the start
    #[arg(long, env = "JANGBU_CONSOLE_KEY_FILE")]
    pub key_file: PathBuf,
    /// Cookies are sent over HTTPS only, and belong to this host only. Off where browsers come over plain HTTP, on this machine
    #[arg(long, env = "JANGBU_CONSOLE_SECURE", default_value_t = false, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub secure: bool,
    /// Take the browser's address from the last entry of X-Forwarded-For: only behind a proxy that writes it. The other servers are told
    /// that address, and believe it with `JANGBU_TRUST_FORWARDED_FOR`
    #[arg(long, env = "JANGBU_CONSOLE_TRUST_FORWARDED_FOR", default_value_t = false, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub trust_forwarded_for: bool,
    /// Where browsers find the console, such as `https://console.bank.example`: the identity provider sends them back there. If it is
    /// empty, log-in goes by the address that the browser names
    #[arg(long, env = "JANGBU_CONSOLE_PUBLIC_URL", default_value = "")]
    pub public_url: String,
    /// The time zone in which times are shown, a name of the IANA database
    #[arg(long, env = "JANGBU_ZONE", default_value_t = Zone::SEOUL)]
    pub zone: Zone,
    /// Where the relay answers probes (`host:port`); shown under Health if it is given. So with the next three
    #[arg(long, env = "JANGBU_RELAY_ADDR", default_value = "")]
    pub relay_addr: String,
    /// The auditor
    #[arg(long, env = "JANGBU_AUDITOR_ADDR", default_value = "")]
    pub auditor_addr: String,
    /// The publisher of public events
    #[arg(long, env = "JANGBU_PUBLISHER_ADDR", default_value = "")]
    pub publisher_addr: String,
    /// The webhook sender
    #[arg(long, env = "JANGBU_WEBHOOKS_ADDR", default_value = "")]
    pub webhooks_addr: String,
    /// The file that `jangbu doctor --report` writes: Health shows what it says. If it is empty, Health says how to have it written
    #[arg(long, env = "JANGBU_CONSOLE_DOCTOR_REPORT", default_value = "")]
    pub doctor_report: String,
    /// The catcher of mail on this machine: the wallet then shows what it caught, codes included, to everybody. Not where real people are;
    /// nothing is shown with `JANGBU_CONSOLE_SECURE`
    #[arg(long, env = "JANGBU_MAIL_URL", default_value = "")]
    pub mail_url: String,
    /// The documents that the command server wants to be agreed to at a sign-up, separated by commas; `terms` if it wants none
    #[arg(long, env = "JANGBU_REQUIRED_CONSENTS", value_delimiter = ',')]
    pub required_consents: Vec<String>,
    /// Limits on connections
    #[command(flatten)]
    pub serve: ServeOptions,
    /// Logs and traces
    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}
