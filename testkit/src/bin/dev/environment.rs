//! The settings in force: what `.jangbu/env` holds and every process is started with.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};
use clap::Args;
use testkit::kit::{Database, Keys, NatsRole, Pair, Place, Role, write_secret};

/// Which of a bank's databases.
type Which = fn(&Pair) -> &Database;

/// The databases' variables: which database, whose login, under what name.
pub const DATABASES: [(&str, Which, Role); 18] = [
    ("JANGBU_LOG_DATABASE_URL", |pair| &pair.log, Role::Owner),
    ("JANGBU_LOG_WRITER_URL", |pair| &pair.log, Role::Writer),
    ("JANGBU_LOG_RELAY_URL", |pair| &pair.log, Role::Relay),
    ("JANGBU_LOG_PROJECTOR_URL", |pair| &pair.log, Role::Projector),
    ("JANGBU_LOG_READER_URL", |pair| &pair.log, Role::Reader),
    ("JANGBU_LOG_AUDITOR_URL", |pair| &pair.log, Role::Auditor),
    ("JANGBU_LOG_PUBLISHER_URL", |pair| &pair.log, Role::Publisher),
    ("JANGBU_VIEWS_DATABASE_URL", |pair| &pair.views, Role::Owner),
    ("JANGBU_VIEWS_PROJECTOR_URL", |pair| &pair.views, Role::Projector),
    ("JANGBU_VIEWS_READER_URL", |pair| &pair.views, Role::Reader),
    ("JANGBU_VAULT_DATABASE_URL", |pair| &pair.vault, Role::Owner),
    ("JANGBU_VAULT_WRITER_URL", |pair| &pair.vault, Role::Vault),
    ("JANGBU_VAULT_READER_URL", |pair| &pair.vault, Role::VaultReader),
    ("JANGBU_LOG_WEBHOOKS_URL", |pair| &pair.log, Role::Webhooks),
    ("JANGBU_VIEWS_WEBHOOKS_URL", |pair| &pair.views, Role::Webhooks),
    ("JANGBU_VAULT_WEBHOOKS_URL", |pair| &pair.vault, Role::Webhooks),
    ("JANGBU_LOG_INSPECTOR_URL", |pair| &pair.log, Role::Inspector),
    ("JANGBU_VAULT_PROJECTOR_URL", |pair| &pair.vault, Role::Projector),
];

/// The variables that name NATS, and whose login they hold.
pub const NATS: [(&str, NatsRole); 5] = [
    ("JANGBU_NATS_URL", NatsRole::Operator),
    ("JANGBU_NATS_RELAY_URL", NatsRole::Relay),
    ("JANGBU_NATS_PROJECTOR_URL", NatsRole::Projector),
    ("JANGBU_NATS_PUBLISHER_URL", NatsRole::Publisher),
    ("JANGBU_NATS_PUBLIC_URL", NatsRole::Public),
];

/// Servers that exist already.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Existing servers (if given, none is started)")]
pub struct Existing {
    /// The log's database, owner's login
    #[arg(long, env = "JANGBU_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: Option<String>,
    /// The log's database, command server's login
    #[arg(long, env = "JANGBU_LOG_WRITER_URL", hide_env_values = true)]
    log_writer_url: Option<String>,
    /// The log's database, relay's login
    #[arg(long, env = "JANGBU_LOG_RELAY_URL", hide_env_values = true)]
    log_relay_url: Option<String>,
    /// The log's database, projector's login
    #[arg(long, env = "JANGBU_LOG_PROJECTOR_URL", hide_env_values = true)]
    log_projector_url: Option<String>,
    /// The log's database, query server's login
    #[arg(long, env = "JANGBU_LOG_READER_URL", hide_env_values = true)]
    log_reader_url: Option<String>,
    /// The log's database, auditor's login
    #[arg(long, env = "JANGBU_LOG_AUDITOR_URL", hide_env_values = true)]
    log_auditor_url: Option<String>,
    /// The log's database, publisher's login
    #[arg(long, env = "JANGBU_LOG_PUBLISHER_URL", hide_env_values = true)]
    log_publisher_url: Option<String>,
    /// The views' database, owner's login
    #[arg(long, env = "JANGBU_VIEWS_DATABASE_URL", hide_env_values = true)]
    views_database_url: Option<String>,
    /// The views' database, projector's login
    #[arg(long, env = "JANGBU_VIEWS_PROJECTOR_URL", hide_env_values = true)]
    views_projector_url: Option<String>,
    /// The views' database, query server's login
    #[arg(long, env = "JANGBU_VIEWS_READER_URL", hide_env_values = true)]
    views_reader_url: Option<String>,
    /// The vault's database, owner's login
    #[arg(long, env = "JANGBU_VAULT_DATABASE_URL", hide_env_values = true)]
    vault_database_url: Option<String>,
    /// The vault's database, command server's login
    #[arg(long, env = "JANGBU_VAULT_WRITER_URL", hide_env_values = true)]
    vault_writer_url: Option<String>,
    /// The vault's database, query server's login
    #[arg(long, env = "JANGBU_VAULT_READER_URL", hide_env_values = true)]
    vault_reader_url: Option<String>,
    /// The log's database, webhook sender's login
    #[arg(long, env = "JANGBU_LOG_WEBHOOKS_URL", hide_env_values = true)]
    log_webhooks_url: Option<String>,
    /// The views' database, webhook sender's login
    #[arg(long, env = "JANGBU_VIEWS_WEBHOOKS_URL", hide_env_values = true)]
    views_webhooks_url: Option<String>,
    /// The vault's database, webhook sender's login
    #[arg(long, env = "JANGBU_VAULT_WEBHOOKS_URL", hide_env_values = true)]
    vault_webhooks_url: Option<String>,
    /// The log's database, query server's login for reads of the log itself
    #[arg(long, env = "JANGBU_LOG_INSPECTOR_URL", hide_env_values = true)]
    log_inspector_url: Option<String>,
    /// The vault's database, projector's login
    #[arg(long, env = "JANGBU_VAULT_PROJECTOR_URL", hide_env_values = true)]
    vault_projector_url: Option<String>,
    /// The NATS server; the operator's login
    #[arg(long, env = "JANGBU_NATS_URL", hide_env_values = true)]
    nats_url: Option<String>,
    /// The NATS server, relay's login; the operator's if it is not given
    #[arg(long, env = "JANGBU_NATS_RELAY_URL", hide_env_values = true)]
    nats_relay_url: Option<String>,
    /// The NATS server, projector's login; the operator's if it is not given
    #[arg(long, env = "JANGBU_NATS_PROJECTOR_URL", hide_env_values = true)]
    nats_projector_url: Option<String>,
    /// The NATS server, login of the publisher of public events; the operator's if it is not given
    #[arg(long, env = "JANGBU_NATS_PUBLISHER_URL", hide_env_values = true)]
    nats_publisher_url: Option<String>,
    /// The NATS server, login of those who read public events; the operator's if it is not given
    #[arg(long, env = "JANGBU_NATS_PUBLIC_URL", hide_env_values = true)]
    nats_public_url: Option<String>,
    /// The file of the keys that slices are sealed with
    #[arg(long, env = "JANGBU_SLICE_KEY_FILE")]
    slice_key_file: Option<String>,
    /// The file of the key that command servers share
    #[arg(long, env = "JANGBU_INTERNAL_KEY_FILE")]
    internal_key_file: Option<String>,
    /// The mail server: mail goes there, and no catcher is started
    #[arg(long, env = "JANGBU_SMTP_URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// The provider of text messages: they go there
    #[arg(long, env = "JANGBU_SMS_URL", hide_env_values = true)]
    sms_url: Option<String>,
    /// The provider of pushes: they go there
    #[arg(long, env = "JANGBU_PUSH_URL", hide_env_values = true)]
    push_url: Option<String>,
    /// The vault's key-encryption key
    #[arg(long, env = "JANGBU_KEK")]
    kek: Option<String>,
    /// The payment provider `toss`: top-ups go there
    #[arg(long, env = "JANGBU_PROVIDER_TOSS_URL", hide_env_values = true)]
    provider_toss_url: Option<String>,
    /// The bank that pays into accounts elsewhere: payouts go there
    #[arg(long, env = "JANGBU_BANK_URL", hide_env_values = true)]
    bank_url: Option<String>,
    /// The issuer of gift cards: they are bought there
    #[arg(long, env = "JANGBU_GIFT_URL", hide_env_values = true)]
    gift_url: Option<String>,
    /// What a shell that has read an older `.jangbu/env` says of the variables above: that they named servers of ours
    #[arg(long, env = OWN, hide = true, default_value = "")]
    own_servers: String,
}

impl Existing {
    /// The databases that exist, all of them or none. A shell that has read `.jangbu/env` names our own: that is none.
    pub fn databases(&self, in_force: &Environment) -> Result<Option<Vec<(String, String)>>> {
        let given = [
            &self.log_database_url,
            &self.log_writer_url,
            &self.log_relay_url,
            &self.log_projector_url,
            &self.log_reader_url,
            &self.log_auditor_url,
            &self.log_publisher_url,
            &self.views_database_url,
            &self.views_projector_url,
            &self.views_reader_url,
            &self.vault_database_url,
            &self.vault_writer_url,
            &self.vault_reader_url,
            &self.log_webhooks_url,
            &self.views_webhooks_url,
            &self.vault_webhooks_url,
            &self.log_inspector_url,
            &self.vault_projector_url,
        ];
        let named = || DATABASES.iter().map(|(name, ..)| *name).zip(given);
        if named().all(|(name, url)| url.is_none() || self.is_own(in_force, name, url.as_deref())) {
            return Ok(None);
        }
        let missing: Vec<_> = named().filter(|(_, url)| url.is_none()).map(|(name, _)| name).collect();
        if !missing.is_empty() {
            bail!("to use databases that exist, set these too: {}", missing.join(", "));
        }
        Ok(Some(named().filter_map(|(name, url)| Some((name.to_owned(), url.clone()?))).collect()))
    }

    /// The NATS server that exists: its variables.
    pub fn nats(&self, in_force: &Environment) -> Option<Vec<(&'static str, String)>> {
        let given = [
            &self.nats_url,
            &self.nats_relay_url,
            &self.nats_projector_url,
            &self.nats_publisher_url,
            &self.nats_public_url,
        ];
        let theirs = |name: &'static str, url: &Option<String>| {
            url.clone().filter(|url| !self.is_own(in_force, name, Some(url)))
        };
        let operator = theirs("JANGBU_NATS_URL", &self.nats_url)?;
        let names = NATS.iter().map(|(name, _)| *name);
        Some(
            names.zip(given).map(|(name, url)| (name, theirs(name, url).unwrap_or_else(|| operator.clone()))).collect(),
        )
    }

    /// The slice keys that exist.
    pub fn slice_keys(&self, in_force: &Environment) -> Option<String> {
        self.slice_key_file.clone().filter(|file| !self.is_own(in_force, "JANGBU_SLICE_KEY_FILE", Some(file)))
    }

    /// The key of command servers that exists.
    pub fn internal_keys(&self, in_force: &Environment) -> Option<String> {
        self.internal_key_file.clone().filter(|file| !self.is_own(in_force, "JANGBU_INTERNAL_KEY_FILE", Some(file)))
    }

    /// The mail server that exists.
    pub fn smtp(&self, in_force: &Environment) -> Option<String> {
        self.smtp_url.clone().filter(|url| !self.is_own(in_force, "JANGBU_SMTP_URL", Some(url)))
    }

    /// The provider of text messages that exists.
    pub fn sms(&self, in_force: &Environment) -> Option<String> {
        self.sms_url.clone().filter(|url| !self.is_own(in_force, "JANGBU_SMS_URL", Some(url)))
    }

    /// The provider of pushes that exists.
    pub fn push(&self, in_force: &Environment) -> Option<String> {
        self.push_url.clone().filter(|url| !self.is_own(in_force, "JANGBU_PUSH_URL", Some(url)))
    }

    /// The key-encryption key that exists.
    pub fn kek(&self, in_force: &Environment) -> Option<String> {
        self.kek.clone().filter(|kek| !self.is_own(in_force, "JANGBU_KEK", Some(kek)))
    }

    /// The provider that exists, by the variable that names it.
    pub fn provider(&self, in_force: &Environment, name: &str) -> Option<String> {
        let given = match name {
            "JANGBU_PROVIDER_TOSS_URL" => &self.provider_toss_url,
            "JANGBU_BANK_URL" => &self.bank_url,
            _ => &self.gift_url,
        };
        given.clone().filter(|url| !url.is_empty() && !self.is_own(in_force, name, Some(url)))
    }

    /// Whether a variable only repeats what `.jangbu/env` says, or said before it was removed.
    fn is_own(&self, in_force: &Environment, name: &str, value: Option<&str>) -> bool {
        match in_force.get(name) {
            Some(known) => value == Some(known) && in_force.owns(name),
            None => lists(&self.own_servers, name),
        }
    }
}

/// `KEY=value` pairs, in order of their names.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

/// Set in `.jangbu/env` when the servers are ours: a list of the variables that name them.
const OWN: &str = "JANGBU_OWN_SERVERS";

impl Environment {
    /// What is in force: the file, or nothing.
    pub fn read(place: &Place) -> Self {
        let text = std::fs::read_to_string(place.env_file()).unwrap_or_default();
        let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(pair).collect())
    }

    /// Writes it for people and checks; it holds passwords, so that only its owner may read it.
    pub fn write(&self, place: &Place) -> Result<()> {
        let lines: String = self.0.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        let text =
            format!("# Written by `./justw up`: what is in force. `set -a; source .jangbu/env` uses it.\n{lines}");
        write_secret(&place.env_file(), &text)
    }

    /// Sets one.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Reads one.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All of them.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.0.clone().into_iter().collect()
    }

    /// Sets the databases' variables to databases of ours.
    pub fn set_databases(&mut self, databases: &Pair) -> Result<()> {
        for (name, which, role) in DATABASES {
            self.set(name, which(databases).url(role)?);
        }
        self.own(DATABASES.iter().map(|(name, ..)| *name));
        Ok(())
    }

    /// Takes in every other variable of ours that this process was started with, such as `JANGBU_ASSETS`: the processes
    /// inherit it, so it is in force too, and a change of it is a reason to start them again.
    pub fn inherit(&mut self) {
        for (name, value) in std::env::vars_os() {
            let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) else { continue };
            if name.starts_with("JANGBU_") && !name.starts_with("JANGBU_TEST_") && name != OWN {
                self.0.entry(name).or_insert(value);
            }
        }
    }

    /// Sets a variable to what this process was started with, else to this.
    pub fn inherit_one(&mut self, name: &str, otherwise: String) {
        let given = std::env::var_os(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        self.set(name, given.unwrap_or(otherwise));
    }

    /// Says that these variables name servers of ours.
    pub fn own<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        let mut all = self.get(OWN).unwrap_or_default().to_owned();
        for name in names {
            all.push_str(if all.is_empty() { "" } else { "," });
            all.push_str(name);
        }
        self.set(OWN, all);
    }

    /// Whether a variable names a server of ours.
    pub fn owns(&self, name: &str) -> bool {
        lists(self.get(OWN).unwrap_or_default(), name)
    }

    /// Sets the variables that name NATS, by the URL of each login.
    pub fn set_nats(&mut self, url: impl Fn(NatsRole) -> String) {
        for (name, role) in NATS {
            self.set(name, url(role));
        }
        self.own(NATS.iter().map(|(name, _)| *name));
    }

    /// Sets the variables of the keys.
    pub fn set_keys(&mut self, keys: &Keys) {
        self.set("JANGBU_JWKS_FILE", text(&keys.jwks_file()));
        self.set("JANGBU_SIGNING_KEY_FILE", text(&keys.signing_key_file()));
        self.set("JANGBU_KEK", keys.kek());
        self.set("JANGBU_SLICE_KEY_FILE", text(&keys.slice_key_file()));
        self.set("JANGBU_INTERNAL_KEY_FILE", text(&keys.internal_key_file()));
        self.set("JANGBU_CONSOLE_KEY_FILE", text(&keys.console_key_file()));
    }
}

fn lists(names: &str, name: &str) -> bool {
    names.split(',').any(|listed| listed == name)
}

/// A path as text.
pub fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_that_has_read_our_own_file_names_no_existing_servers() {
        let mut ours = Environment::default();
        ours.set("JANGBU_NATS_URL", "nats://127.0.0.1:7422");
        ours.own(["JANGBU_NATS_URL"].into_iter());
        let from_shell = |url: &str| Existing { nats_url: Some(url.to_owned()), ..Existing::default() };
        assert_eq!(from_shell("nats://127.0.0.1:7422").nats(&ours), None);
        let elsewhere = from_shell("nats://elsewhere:4222").nats(&ours).expect("theirs");
        assert_eq!(elsewhere.len(), 5, "the roles without a URL of their own use that one");
        assert!(elsewhere.iter().all(|(_, url)| url == "nats://elsewhere:4222"), "{elsewhere:?}");
        let removed = Environment::default();
        assert!(from_shell("nats://127.0.0.1:7422").nats(&removed).is_some());
        let stale = Existing { own_servers: "X,JANGBU_NATS_URL".to_owned(), ..from_shell("nats://127.0.0.1:7422") };
        assert_eq!(stale.nats(&removed), None, "a server of ours that went with its folder");
    }

    #[test]
    fn half_of_the_existing_databases_is_refused_with_the_names_of_the_others() {
        let half = Existing { log_writer_url: Some("postgres://x".to_owned()), ..Existing::default() };
        let error = half.databases(&Environment::default()).expect_err("half").to_string();
        assert!(error.contains("JANGBU_LOG_READER_URL") && !error.contains("JANGBU_LOG_WRITER_URL"), "{error}");
    }
}
