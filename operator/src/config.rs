//! The settings of the command line: each a `JANGBU_*` variable, each in `--help`.

use std::{
    convert::Infallible,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::builder::{OsStringValueParser, TypedValueParser};
use event_archive::{ArchivedLog, Place};
use event_store_postgres::{PoolOptions, PostgresLog};
use kernel::Zone;
use url::Url;
use vault::{KekAddress, KeySchedule};

use crate::failure::Failure;

/// Where everything is. Nothing is required until a command needs it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Configuration (the command line, then the environment, then .jangbu/env)")]
pub struct Config {
    /// The log's database, as its owner (`postgres://user:password@host:port/database`).
    #[arg(long, global = true, env = "JANGBU_LOG_DATABASE_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub log_database_url: Option<Address>,

    /// The views' database, as its owner.
    #[arg(long, global = true, env = "JANGBU_VIEWS_DATABASE_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub views_database_url: Option<Address>,

    /// The vault's database, as its owner.
    #[arg(long, global = true, env = "JANGBU_VAULT_DATABASE_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub vault_database_url: Option<Address>,

    /// Who holds the key-encryption key of the vault: file:PATH, or transit:URL#KEYNAME for HashiCorp Vault.
    #[arg(long, global = true, env = "JANGBU_KEK", value_name = "WHERE")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub kek: Option<String>,

    /// The token for transit: in a file that only its owner may read.
    #[arg(long, global = true, env = "JANGBU_KEK_TOKEN_FILE", value_name = "FILE")]
    #[arg(hide_env_values = true, hide_short_help = true, value_parser = path())]
    pub kek_token_file: Option<PathBuf>,

    /// Days after which the next key-encryption key is due; 0 for no schedule. The same as the servers have.
    #[arg(long, global = true, env = "JANGBU_KEK_ROTATE_DAYS", value_name = "DAYS", default_value_t = 30)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub kek_rotate_days: u32,

    /// Days that a retired key-encryption key is kept: no less than backups of the vault are. The same as the servers have.
    #[arg(long, global = true, env = "JANGBU_KEK_KEEP_DAYS", value_name = "DAYS", default_value_t = 30)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub kek_keep_days: u32,

    /// The bank's time zone: generations of views that count by day are made with its days. The same as the projector has.
    #[arg(long, global = true, env = "JANGBU_ZONE", value_name = "ZONE", default_value_t = Zone::SEOUL)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub zone: Zone,

    /// The NATS server, with the operator's login (`nats://user:password@host:port`).
    #[arg(long, global = true, env = "JANGBU_NATS_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub nats_url: Option<Address>,

    /// The JetStream stream that carries the log's slices.
    #[arg(long, global = true, env = "JANGBU_NATS_STREAM", value_name = "NAME", default_value = "JANGBU_LOG")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub nats_stream: String,

    /// The keys that slices are sealed with, shared by relay and projector: in a file that only its owner may read.
    #[arg(long, global = true, env = "JANGBU_SLICE_KEY_FILE", value_name = "FILE")]
    #[arg(hide_env_values = true, hide_short_help = true, value_parser = path())]
    pub slice_key_file: Option<PathBuf>,

    /// The key that all command servers share: in a file that only its owner may read.
    #[arg(long, global = true, env = "JANGBU_INTERNAL_KEY_FILE", value_name = "FILE")]
    #[arg(hide_env_values = true, hide_short_help = true, value_parser = path())]
    pub internal_key_file: Option<PathBuf>,

    /// The command server's HTTP address.
    #[arg(
        long,
        global = true,
        env = "JANGBU_COMMAND_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:7001"
    )]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub command_url: Address,

    /// The query server's HTTP address.
    #[arg(long, global = true, env = "JANGBU_QUERY_URL", value_name = "URL", default_value = "http://127.0.0.1:7002")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub query_url: Address,

    /// Where the relay answers `/readyz` (`host:port`); `doctor` asks it if given.
    #[arg(long, global = true, env = "JANGBU_RELAY_ADDR", value_name = "ADDR")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub relay_addr: Option<String>,

    /// Where the projector answers `/readyz` (`host:port`); `doctor` asks it if given.
    #[arg(long, global = true, env = "JANGBU_PROJECTOR_ADDR", value_name = "ADDR")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub projector_addr: Option<String>,

    /// Where the auditor answers `/readyz` (`host:port`); `doctor` asks it if given.
    #[arg(long, global = true, env = "JANGBU_AUDITOR_ADDR", value_name = "ADDR")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub auditor_addr: Option<String>,
    /// Where the webhook sender answers `/readyz` (`host:port`); `doctor` asks it if given.
    #[arg(long, global = true, env = "JANGBU_WEBHOOKS_ADDR", value_name = "ADDR")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub webhooks_addr: Option<String>,

    /// Where the publisher of public events answers `/readyz` (`host:port`); `doctor` asks it if given.
    #[arg(long, global = true, env = "JANGBU_PUBLISHER_ADDR", value_name = "ADDR")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub publisher_addr: Option<String>,

    /// The archive of the log.
    #[command(flatten)]
    pub archive: Place,

    /// The folder in which NATS keeps its data, if it is on this machine; `doctor` looks how full it is.
    #[arg(long, global = true, env = "JANGBU_NATS_DIR", value_name = "DIR")]
    #[arg(hide_env_values = true, hide_short_help = true, value_parser = path())]
    pub nats_dir: Option<PathBuf>,

    /// The mail server of the command servers; `doctor` tries whether it can be reached, if given.
    #[arg(long, global = true, env = "JANGBU_SMTP_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub smtp_url: Option<Address>,

    /// The provider of text messages of the command servers; `doctor` tries whether it can be reached, if given.
    #[arg(long, global = true, env = "JANGBU_SMS_URL", value_name = "URL")]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub sms_url: Option<Address>,

    /// The private key that signs tokens: Ed25519, PKCS#8 PEM, readable by its owner only.
    #[arg(long, global = true, env = "JANGBU_SIGNING_KEY_FILE", value_name = "FILE")]
    #[arg(hide_env_values = true, hide_short_help = true, value_parser = path())]
    pub signing_key_file: Option<PathBuf>,

    /// The public keys that the servers verify with: a JSON Web Key Set.
    #[arg(long, global = true, env = "JANGBU_JWKS_FILE", value_name = "FILE")]
    #[arg(hide_env_values = true, hide_short_help = true, value_parser = path())]
    pub jwks_file: Option<PathBuf>,
}

impl Config {
    /// The log's database.
    pub fn log_database(&self) -> Result<&Address, Failure> {
        let address = self.log_database_url.as_ref();
        address.ok_or(unset("JANGBU_LOG_DATABASE_URL", "where the log is"))?.checked("JANGBU_LOG_DATABASE_URL")
    }

    /// The log as a reader has it who goes on in the archive where commits have left the database. It connects when it is asked.
    pub fn whole_log(&self) -> Result<PostgresLog, Failure> {
        let address = self.log_database()?;
        let pool = event_store_postgres::connect(address.secret(), &PoolOptions::log("jangbu/archive", 2));
        let pool =
            pool.map_err(|error| Failure::unreachable("log database", address, "JANGBU_LOG_DATABASE_URL", error))?;
        Ok(PostgresLog::new(pool).with_archive(ArchivedLog::at(&self.archive)))
    }

    /// The views' database.
    pub fn views_database(&self) -> Result<&Address, Failure> {
        let address = self.views_database_url.as_ref();
        address.ok_or(unset("JANGBU_VIEWS_DATABASE_URL", "where the views are"))?.checked("JANGBU_VIEWS_DATABASE_URL")
    }

    /// The vault's database.
    pub fn vault_database(&self) -> Result<&Address, Failure> {
        let address = self.vault_database_url.as_ref();
        address.ok_or(unset("JANGBU_VAULT_DATABASE_URL", "where the vault is"))?.checked("JANGBU_VAULT_DATABASE_URL")
    }

    /// Who holds the key-encryption key.
    pub fn kek(&self) -> Result<KekAddress, Failure> {
        let given = self.kek.as_deref().filter(|kek| !kek.is_empty());
        let given = given.ok_or(unset("JANGBU_KEK", "who holds the key-encryption key"))?;
        given.parse().map_err(|error| Failure::Usage(format!("JANGBU_KEK names no key: {error}")))
    }

    /// The file of the token for transit.
    pub fn kek_token(&self) -> Option<&Path> {
        given(&self.kek_token_file).map(PathBuf::as_path)
    }

    /// When key-encryption keys are replaced and destroyed.
    pub fn key_schedule(&self) -> KeySchedule {
        KeySchedule::of_days(self.kek_rotate_days, self.kek_keep_days)
    }

    /// The file of the private key.
    pub fn signing_key(&self) -> Result<&PathBuf, Failure> {
        given(&self.signing_key_file).ok_or(unset("JANGBU_SIGNING_KEY_FILE", "which key signs"))
    }

    /// The file of the keys that slices are sealed with.
    pub fn slice_keys(&self) -> Result<&PathBuf, Failure> {
        given(&self.slice_key_file).ok_or(unset("JANGBU_SLICE_KEY_FILE", "which keys slices are sealed with"))
    }

    /// The file of the key that command servers share.
    pub fn internal_keys(&self) -> Result<&PathBuf, Failure> {
        given(&self.internal_key_file).ok_or(unset("JANGBU_INTERNAL_KEY_FILE", "which key command servers share"))
    }

    /// The file of the public keys.
    pub fn jwks(&self) -> Result<&PathBuf, Failure> {
        given(&self.jwks_file).ok_or(unset("JANGBU_JWKS_FILE", "which public keys the servers verify with"))
    }
}

/// Reads any path. The usual reader refuses an empty one, with a text that does not say that the variable is not set.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// A path, unless its variable is set to nothing.
fn given(path: &Option<PathBuf>) -> Option<&PathBuf> {
    path.as_ref().filter(|path| !path.as_os_str().is_empty())
}

fn unset(variable: &'static str, meaning: &'static str) -> Failure {
    Failure::Unset { variable, meaning }
}

/// A URL that shows itself without its secrets. What is no URL is reported only when it is used, and never shown: it may be
/// a URL with a slip of the pen and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Result<Url, url::ParseError>,
    is_empty: bool,
}

impl Address {
    /// The address, if it is one; `variable` gave it.
    pub fn checked(&self, variable: &'static str) -> Result<&Self, Failure> {
        match self.url {
            Ok(_) => Ok(self),
            Err(_) if self.is_empty => Err(unset(variable, "where that is")),
            Err(source) => Err(Failure::NoUrl { variable, source }),
        }
    }

    /// The whole URL, secrets included.
    pub fn secret(&self) -> &str {
        self.url.as_ref().map_or("", Url::as_str)
    }

    /// User and password, if both are in it.
    pub fn login(&self) -> Option<(String, String)> {
        let url = self.url.as_ref().ok()?;
        let user = Some(url.username()).filter(|user| !user.is_empty())?;
        Some((user.to_owned(), url.password()?.to_owned()))
    }

    /// The URL of `path` under this one.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.secret().trim_end_matches('/'))
    }

    /// Which port of which host it names; a URL of a mail server without a port has that of its scheme.
    pub fn host_and_port(&self) -> Option<(String, u16)> {
        let url = self.url.as_ref().ok()?;
        let host = match url.host()? {
            url::Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        };
        let port = match (url.scheme(), url.query()) {
            ("smtps", _) => Some(465),
            ("smtp", Some(query)) if query.contains("tls=required") => Some(587),
            ("smtp", _) => Some(25),
            _ => url.port_or_known_default(),
        };
        Some((host, url.port().or(port)?))
    }

    /// Whether it names this machine.
    pub fn is_local(&self) -> bool {
        let host = self.url.as_ref().ok().and_then(Url::host_str);
        matches!(host, None | Some("localhost" | "127.0.0.1" | "[::1]" | ""))
    }
}

impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self { url: text.parse(), is_empty: text.is_empty() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(url) = &self.url else { return f.write_str("(not a URL)") };
        let mut shown = url.clone();
        // It cannot fail on a URL with a host; one without has no password to hide.
        let _ = shown.set_password(None);
        shown.set_query(None);
        f.write_str(shown.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_its_password() {
        let address: Address = "postgres://me:secret@h:1/db?password=secret".parse().expect("a URL");
        assert_eq!(format!("{address} {address:?}"), "postgres://me@h:1/db postgres://me@h:1/db");
        assert!(address.secret().contains("secret"));
    }

    #[test]
    fn what_is_no_url_is_not_shown() {
        let address: Address = "postgres//me:secret@h/db".parse().expect("anything");
        assert_eq!(format!("{address} {address:?}"), "(not a URL) (not a URL)");
        let failure = address.checked("JANGBU_X").expect_err("no URL");
        assert_eq!((failure.exit_code(), failure.to_string()), (2, "JANGBU_X is not a URL".to_owned()));
    }

    #[test]
    fn an_empty_variable_is_one_that_is_not_set() {
        let failure = "".parse::<Address>().expect("anything").checked("JANGBU_X").expect_err("no URL");
        assert!(failure.exit_code() == 2 && failure.to_string().starts_with("JANGBU_X is not set"), "{failure}");
    }

    #[test]
    fn a_port_that_is_not_named_is_that_of_the_scheme() {
        for (url, host, port) in [
            ("smtp://mail.example", "mail.example", 25),
            ("smtp://u:p@mail.example?tls=required", "mail.example", 587),
            ("smtps://mail.example", "mail.example", 465),
            ("smtp://[::1]:7425", "::1", 7425),
            ("https://sms.example/v1", "sms.example", 443),
        ] {
            let address: Address = url.parse().expect("anything");
            assert_eq!(address.host_and_port(), Some((host.to_owned(), port)), "{url}");
        }
        assert_eq!("mail".parse::<Address>().expect("anything").host_and_port(), None);
    }

    #[test]
    fn paths_join_with_one_slash() {
        for base in ["http://h:1", "http://h:1/"] {
            assert_eq!(base.parse::<Address>().expect("a URL").join("/readyz"), "http://h:1/readyz");
        }
    }
}
