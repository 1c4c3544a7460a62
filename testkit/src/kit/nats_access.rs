//! Who may do what on a NATS server: a login for each role, with the rights that its program needs and no more.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use url::Url;

use super::{random_secret, write_secret};

/// A login of NATS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NatsRole {
    /// Makes the stream and publishes slices to it.
    Relay,
    /// Reads slices, and changes nothing.
    Projector,
    /// Makes the stream of public events and publishes them to it.
    Publisher,
    /// Reads public events, and changes nothing.
    Public,
    /// Looks at streams, empties and deletes them; publishes no slices.
    Operator,
    /// May do everything: for tests that attack. No server that `up` starts has it.
    Tester,
}

impl NatsRole {
    /// The logins that every server has.
    pub const ALL: [Self; 5] = [Self::Relay, Self::Projector, Self::Publisher, Self::Public, Self::Operator];

    /// The name of the login.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relay => "jangbu_relay",
            Self::Projector => "jangbu_projector",
            Self::Publisher => "jangbu_publisher",
            Self::Public => "jangbu_public",
            Self::Operator => "jangbu_operator",
            Self::Tester => "tester",
        }
    }

    /// Subjects it may publish to and subscribe to. The streams are names or `*`.
    fn rights(self, streams: &Streams) -> (Vec<String>, Vec<String>) {
        let Streams { log, public } = streams;
        let call = |name: &str| format!("$JS.API.{name}");
        let stream = if matches!(self, Self::Publisher | Self::Public) { public } else { log };
        let on = |name: &str, rest: &str| format!("$JS.API.{name}.{stream}{rest}");
        match self {
            Self::Relay => {
                let mut publish = slices(stream);
                publish.extend([
                    on("STREAM.CREATE", ""),
                    on("STREAM.INFO", ""),
                    on("STREAM.MSG.GET", ""),
                    on("DIRECT.GET", ""),
                    on("DIRECT.GET", ".>"),
                ]);
                (publish, vec!["_INBOX.relay.>".to_owned()])
            }
            Self::Projector => {
                let publish = vec![
                    on("STREAM.INFO", ""),
                    on("CONSUMER.CREATE", ""),
                    on("CONSUMER.CREATE", ".>"),
                    on("CONSUMER.INFO", ".*"),
                    on("CONSUMER.DELETE", ".*"),
                    on("CONSUMER.MSG.NEXT", ".*"),
                ];
                (publish, vec!["_INBOX.projector.>".to_owned()])
            }
            Self::Publisher => {
                let mut publish = events(stream);
                publish.extend([on("STREAM.CREATE", ""), on("STREAM.INFO", ""), on("STREAM.MSG.GET", "")]);
                (publish, vec!["_INBOX.publisher.>".to_owned()])
            }
            Self::Public => {
                let publish = vec![
                    on("STREAM.INFO", ""),
                    on("STREAM.MSG.GET", ""),
                    on("DIRECT.GET", ""),
                    on("DIRECT.GET", ".>"),
                    on("CONSUMER.CREATE", ""),
                    on("CONSUMER.CREATE", ".>"),
                    on("CONSUMER.INFO", ".*"),
                    on("CONSUMER.DELETE", ".*"),
                    on("CONSUMER.MSG.NEXT", ".*"),
                    format!("$JS.ACK.{stream}.>"),
                ];
                (publish, vec!["_INBOX.public.>".to_owned()])
            }
            Self::Operator => {
                let publish = ["INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO.*", "STREAM.MSG.GET.*"]
                    .into_iter()
                    .chain(["DIRECT.GET.>", "STREAM.PURGE.*", "STREAM.DELETE.*", "CONSUMER.>"])
                    .map(call)
                    .collect();
                (publish, vec!["_INBOX.>".to_owned()])
            }
            Self::Tester => (vec![">".to_owned()], vec![">".to_owned()]),
        }
    }
}

/// The subjects that slices of a stream are published to; of any stream, for `*`.
fn slices(stream: &str) -> Vec<String> {
    if stream == "*" {
        return (1..=6).map(|tokens| format!("{}.slices", vec!["*"; tokens].join("."))).collect();
    }
    vec![format!("{}.slices", stream.to_lowercase().replace('_', "."))]
}

/// The subjects of the public events of a stream; of any stream, for `*`.
fn events(stream: &str) -> Vec<String> {
    if stream == "*" {
        return (1..=6).map(|tokens| format!("{}.public.>", vec!["*"; tokens].join("."))).collect();
    }
    vec![format!("{}.>", stream.to_lowercase().replace('_', "."))]
}

/// The streams of a bank.
#[derive(Clone, Debug)]
struct Streams {
    log: String,
    public: String,
}

/// The logins of a server, and which streams they are for.
#[derive(Clone, Debug)]
pub struct NatsAccess {
    passwords: BTreeMap<String, String>,
    streams: Streams,
}

impl NatsAccess {
    /// For servers that are thrown away: one password for all, every stream, and a login for tests that attack.
    pub fn throw_away(password: &str) -> Self {
        let roles = NatsRole::ALL.iter().chain(&[NatsRole::Tester]);
        let passwords = roles.map(|role| (role.name().to_owned(), password.to_owned())).collect();
        Self { passwords, streams: Streams { log: "*".to_owned(), public: "*".to_owned() } }
    }

    /// With the passwords in a file; random ones, written there, for the logins that are not in it.
    pub fn open(file: &Path, log: &str, public: &str) -> Result<Self> {
        let mut passwords: BTreeMap<String, String> = match std::fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))?,
            Err(_) => BTreeMap::new(),
        };
        let known = passwords.len();
        for role in NatsRole::ALL {
            passwords.entry(role.name().to_owned()).or_insert_with(random_secret);
        }
        if passwords.len() > known {
            write_secret(file, &serde_json::to_string(&passwords).context("passwords that cannot be written")?)?;
        }
        Ok(Self { passwords, streams: Streams { log: log.to_owned(), public: public.to_owned() } })
    }

    /// The URL of a server of ours with this login.
    pub fn url(&self, port: u16, role: NatsRole) -> String {
        let password = self.passwords.get(role.name()).map_or("", String::as_str);
        format!("nats://{}:{password}@127.0.0.1:{port}", role.name())
    }

    /// The part of the server's configuration that says all this.
    pub(super) fn config_text(&self) -> String {
        let roles = NatsRole::ALL.iter().chain(&[NatsRole::Tester]);
        let users = roles.filter_map(|role| {
            let password = self.passwords.get(role.name())?;
            let (publish, subscribe) = role.rights(&self.streams);
            Some(format!(
                "    {{ user: {:?}, password: {password:?}, permissions: {{\n      publish: {{ allow: {publish:?} }}\n      \
                 subscribe: {{ allow: {subscribe:?} }}\n    }} }}\n",
                role.name()
            ))
        });
        format!("authorization {{\n  users: [\n{}  ]\n}}\n", users.collect::<String>())
    }
}

/// Connects with the login in the URL, which the client does not take from there by itself.
pub async fn connect_nats(url: &str) -> Result<async_nats::Client> {
    nats_options(url)?.connect(url).await.context("cannot connect to NATS")
}

/// Options with the login in the URL.
pub fn nats_options(url: &str) -> Result<async_nats::ConnectOptions> {
    let url = Url::parse(url).context("the NATS URL cannot be read")?;
    Ok(match (url.username(), url.password()) {
        (user, Some(password)) if !user.is_empty() => {
            async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        }
        _ => async_nats::ConnectOptions::new(),
    })
}

/// The URL of a throw-away server with another login: all have the same password. A URL without a login stays as it is.
pub fn nats_login(url: &str, role: NatsRole) -> Result<String> {
    let mut url = Url::parse(url).context("the NATS URL cannot be read")?;
    if !url.username().is_empty() {
        url.set_username(role.name()).map_err(|()| anyhow::anyhow!("the NATS URL takes no user"))?;
    }
    Ok(url.into())
}
