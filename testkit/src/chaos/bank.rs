//! Every process of a bank as a child of this one.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    connection::{Connection, Request},
    kit::{
        Identity, Keys, Life, NatsRole, Pair, Program, Role, Signal, Started, free_port, make_dir, nats_login, tail,
    },
    mail::Catcher,
};

/// One process of a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A command server; there may be several on one log.
    Command(usize),
    /// The relay.
    Relay,
    /// The projector.
    Projector,
    /// The query server.
    Query,
    /// The auditor.
    Auditor,
    /// The publisher of public events.
    Publisher,
    /// A webhook sender; a second one stands by.
    Webhooks(usize),
    /// The console, in front of the first command server, the query server and the projector.
    Console,
}

impl Part {
    /// The binaries of all parts; also the names of their packages.
    pub const BINARIES: [&str; 8] = [
        "command-server",
        "outbox-relay",
        "projector",
        "query-server",
        "auditor",
        "event-publisher",
        "webhook-sender",
        "console",
    ];

    /// The name of its binary.
    pub fn binary(self) -> &'static str {
        match self {
            Self::Command(_) => Self::BINARIES[0],
            Self::Relay => Self::BINARIES[1],
            Self::Projector => Self::BINARIES[2],
            Self::Query => Self::BINARIES[3],
            Self::Auditor => Self::BINARIES[4],
            Self::Publisher => Self::BINARIES[5],
            Self::Webhooks(_) => Self::BINARIES[6],
            Self::Console => Self::BINARIES[7],
        }
    }

    /// A name that distinguishes several command servers, and several webhook senders.
    pub fn name(self) -> String {
        match self {
            Self::Command(number) => format!("command-server-{number}"),
            Self::Webhooks(number) => format!("webhook-sender-{number}"),
            other => other.binary().to_owned(),
        }
    }

    fn address_variable(self) -> &'static str {
        match self {
            Self::Command(_) => "JANGBU_COMMAND_ADDR",
            Self::Relay => "JANGBU_RELAY_ADDR",
            Self::Projector => "JANGBU_PROJECTOR_ADDR",
            Self::Query => "JANGBU_QUERY_ADDR",
            Self::Auditor => "JANGBU_AUDITOR_ADDR",
            Self::Publisher => "JANGBU_PUBLISHER_ADDR",
            Self::Webhooks(_) => "JANGBU_WEBHOOKS_ADDR",
            Self::Console => "JANGBU_CONSOLE_ADDR",
        }
    }
}

/// The servers that the console asks over HTTP, by the variable that names each.
const BEHIND_THE_CONSOLE: [(&str, Part); 3] = [
    ("JANGBU_COMMAND_URL", Part::Command(0)),
    ("JANGBU_QUERY_URL", Part::Query),
    ("JANGBU_PROJECTOR_URL", Part::Projector),
];

/// What a bank runs on.
#[derive(Clone, Debug)]
pub struct BankPlan {
    /// Where the binaries are.
    pub binaries: PathBuf,
    /// A folder for the logs of the processes; made if it is not there.
    pub logs: PathBuf,
    /// Its databases.
    pub databases: Pair,
    /// Its NATS server, with any login of a throw-away server: each process gets its own.
    pub nats_url: String,
    /// Its stream.
    pub stream: String,
    /// The keys that tokens are signed and checked with, and the vault's.
    pub keys: Arc<Keys>,
    /// Where messages to people go; without it they wait.
    pub post: Option<Post>,
    /// Further settings for every process.
    pub settings: Vec<(String, String)>,
}

impl BankPlan {
    /// Its stream of public events.
    pub fn public_stream(&self) -> String {
        format!("{}_PUBLIC", self.stream)
    }
}

/// Where messages to people go.
#[derive(Clone, Debug)]
pub struct Post {
    /// Mail.
    pub smtp_url: String,
    /// Text messages.
    pub sms_url: String,
    /// Pushes.
    pub push_url: String,
}

impl Post {
    /// To this catcher.
    pub fn caught_by(catcher: &Catcher) -> Self {
        let url = catcher.url();
        Self {
            smtp_url: format!("smtp://{}", catcher.smtp),
            sms_url: format!("{url}/sms"),
            push_url: format!("{url}{PUSH_PATH}"),
        }
    }

    fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("JANGBU_SMTP_URL", self.smtp_url.clone()),
            ("JANGBU_MAIL_FROM", MAIL_FROM.to_owned()),
            ("JANGBU_SMS_URL", self.sms_url.clone()),
            ("JANGBU_PUSH_URL", self.push_url.clone()),
        ]
    }
}

/// Where the catcher takes pushes.
pub const PUSH_PATH: &str = "/v1/projects/jangbu/messages:send";

/// Whom mail of a local bank is from.
pub const MAIL_FROM: &str = "no-reply@jangbu.example";

/// A bank. Each part keeps its address however often it is started. Dropping the bank ends its processes.
#[derive(Debug)]
pub struct Bank {
    plan: BankPlan,
    addresses: BTreeMap<Part, SocketAddr>,
    settings: BTreeMap<Part, Vec<(String, String)>>,
    running: BTreeMap<Part, Started>,
}

impl Bank {
    /// A bank with nothing running yet.
    pub fn new(plan: BankPlan) -> Result<Self> {
        make_dir(&plan.logs, 0o755)?;
        Ok(Self { plan, addresses: BTreeMap::new(), settings: BTreeMap::new(), running: BTreeMap::new() })
    }

    /// What it runs on.
    pub fn plan(&self) -> &BankPlan {
        &self.plan
    }

    /// A setting for one part, from its next start: it counts more than those of the plan.
    pub fn set(&mut self, part: Part, name: &str, value: impl Into<String>) {
        self.settings.entry(part).or_default().push((name.to_owned(), value.into()));
    }

    /// Where a part listens, running or not.
    pub fn address(&mut self, part: Part) -> Result<SocketAddr> {
        if let Some(address) = self.addresses.get(&part) {
            return Ok(*address);
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        self.addresses.insert(part, address);
        Ok(address)
    }

    /// Starts parts and waits until each says that it is ready.
    pub async fn start(&mut self, parts: &[Part]) -> Result<()> {
        for part in parts {
            self.spawn(*part)?;
        }
        for part in parts {
            self.wait_until_ready(*part).await?;
        }
        Ok(())
    }

    /// Starts a part and waits for nothing.
    pub fn spawn(&mut self, part: Part) -> Result<()> {
        let address = self.address(part)?;
        if part == Part::Console {
            // They have addresses from now on, whether they run already or are started later.
            for (_, behind) in BEHIND_THE_CONSOLE {
                self.address(behind)?;
            }
        }
        let mut env = self.environment(part, address)?;
        if part == Part::Projector {
            // It asks there whether another operator has to approve a promotion.
            env.push(("JANGBU_COMMAND_URL".to_owned(), format!("http://{}", self.address(Part::Command(0))?)));
        }
        let program = Program {
            path: self.plan.binaries.join(part.binary()),
            args: vec![],
            env,
            dir: self.plan.logs.clone(),
            log: self.log_file(part),
            user: None,
            life: Life::WithStarter,
            end: Signal::TERM,
        };
        self.running.insert(part, program.start()?);
        Ok(())
    }

    /// Waits until a part that was started says that it is ready; an error with the end of its log if it ends instead.
    pub async fn wait_until_ready(&mut self, part: Part) -> Result<()> {
        let address = self.address(part)?;
        let log = self.log_file(part);
        let running = self.running.get_mut(&part).with_context(|| format!("{} is not running", part.name()))?;
        let since = Instant::now();
        loop {
            running.check().with_context(|| format!("{} does not start", part.name()))?;
            let mut connection = Connection::to(address);
            let ready = Request { method: "GET", path: "/readyz", ..Request::default() };
            let said = match tokio::time::timeout(Duration::from_secs(5), connection.send(&ready)).await {
                Ok(Ok(reply)) if reply.status == 200 => return Ok(()),
                Ok(Ok(reply)) => String::from_utf8_lossy(reply.body).into_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in 5 s".to_owned(),
            };
            if since.elapsed() > Duration::from_secs(90) {
                bail!("{} is not ready after 90 s: {said}. Its log ends:\n{}", part.name(), tail(&log, 12));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills a part as a power cut would; returns when it is gone.
    pub fn kill(&mut self, part: Part) -> Result<()> {
        if let Some(mut started) = self.running.remove(&part) {
            started.identity()?.signal(Signal::KILL)?;
            started.stop(Duration::from_secs(10));
        }
        Ok(())
    }

    /// Asks a part to end and waits. Whether it ended by itself within `limit`.
    pub async fn end(&mut self, part: Part, limit: Duration) -> Result<bool> {
        match self.running.remove(&part) {
            Some(started) => started.identity()?.stop(Signal::TERM, limit).await,
            None => Ok(true),
        }
    }

    /// Asks all parts to end, in the order of the way a command takes, and waits.
    pub async fn end_all(&mut self) -> Result<()> {
        for part in self.running.keys().copied().collect::<Vec<_>>() {
            self.end(part, Duration::from_secs(30)).await?;
        }
        Ok(())
    }

    /// An error with the end of its log, if a part that was started has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        for (part, started) in &mut self.running {
            started.check().with_context(|| format!("{} died", part.name()))?;
        }
        Ok(())
    }

    /// The running parts.
    pub fn running(&self) -> Result<Vec<(Part, Identity)>> {
        self.running.iter().map(|(part, started)| Ok((*part, started.identity()?))).collect()
    }

    /// The log of a part.
    pub fn log_file(&self, part: Part) -> PathBuf {
        self.plan.logs.join(format!("{}.log", part.name()))
    }

    /// Each process gets what it needs and no more: what it should not need, it does not get.
    fn environment(&self, part: Part, address: SocketAddr) -> Result<Vec<(String, String)>> {
        let Pair { log, views, vault } = &self.plan.databases;
        let keys = &self.plan.keys;
        let jwks = ("JANGBU_JWKS_FILE", keys.jwks_file().display().to_string());
        let kek = ("JANGBU_KEK", keys.kek());
        let nats = |variable, role| Ok::<_, anyhow::Error>((variable, nats_login(&self.plan.nats_url, role)?));
        let slice_keys = ("JANGBU_SLICE_KEY_FILE", keys.slice_key_file().display().to_string());
        let stream = ("JANGBU_NATS_STREAM", self.plan.stream.clone());
        let mut environment = match part {
            Part::Command(_) => vec![
                ("JANGBU_LOG_WRITER_URL", log.url(Role::Writer)?),
                ("JANGBU_VAULT_WRITER_URL", vault.url(Role::Vault)?),
                ("JANGBU_SIGNING_KEY_FILE", keys.signing_key_file().display().to_string()),
                ("JANGBU_INTERNAL_KEY_FILE", keys.internal_key_file().display().to_string()),
                jwks,
                kek,
            ],
            Part::Relay => vec![
                ("JANGBU_LOG_RELAY_URL", log.url(Role::Relay)?),
                nats("JANGBU_NATS_RELAY_URL", NatsRole::Relay)?,
                slice_keys,
                stream,
            ],
            Part::Projector => vec![
                ("JANGBU_LOG_PROJECTOR_URL", log.url(Role::Projector)?),
                ("JANGBU_VIEWS_PROJECTOR_URL", views.url(Role::Projector)?),
                ("JANGBU_VAULT_PROJECTOR_URL", vault.url(Role::Projector)?),
                nats("JANGBU_NATS_PROJECTOR_URL", NatsRole::Projector)?,
                jwks,
                slice_keys,
                stream,
            ],
            Part::Query => vec![
                ("JANGBU_LOG_READER_URL", log.url(Role::Reader)?),
                ("JANGBU_LOG_INSPECTOR_URL", log.url(Role::Inspector)?),
                ("JANGBU_VIEWS_READER_URL", views.url(Role::Reader)?),
                ("JANGBU_VAULT_READER_URL", vault.url(Role::VaultReader)?),
                nats("JANGBU_NATS_PUBLIC_URL", NatsRole::Public)?,
                ("JANGBU_PUBLIC_STREAM", self.plan.public_stream()),
                jwks,
                kek,
            ],
            Part::Auditor => vec![
                ("JANGBU_LOG_AUDITOR_URL", log.url(Role::Auditor)?),
                ("JANGBU_AUDITOR_DIR", self.plan.logs.join("auditor").display().to_string()),
            ],
            Part::Publisher => vec![
                ("JANGBU_LOG_PUBLISHER_URL", log.url(Role::Publisher)?),
                nats("JANGBU_NATS_PUBLISHER_URL", NatsRole::Publisher)?,
                ("JANGBU_PUBLIC_STREAM", self.plan.public_stream()),
                // Many banks of tests share one NATS server; each stream reserves its room there.
                ("JANGBU_PUBLIC_MAX_BYTES", (64 << 20).to_string()),
            ],
            Part::Webhooks(_) => vec![
                ("JANGBU_LOG_WEBHOOKS_URL", log.url(Role::Webhooks)?),
                ("JANGBU_VIEWS_WEBHOOKS_URL", views.url(Role::Webhooks)?),
                ("JANGBU_VAULT_WEBHOOKS_URL", vault.url(Role::Webhooks)?),
                kek,
            ],
            Part::Console => self.console_environment(),
        };
        if let (Part::Command(_), Some(post)) = (part, &self.plan.post) {
            environment.extend(post.variables());
        }
        environment.push((part.address_variable(), address.to_string()));
        let mut environment: Vec<_> = environment.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        environment.extend(self.plan.settings.iter().chain(self.settings.get(&part).into_iter().flatten()).cloned());
        Ok(environment)
    }

    /// The key of its cookies, the servers that it asks, and the probes of all others that have an address.
    fn console_environment(&self) -> Vec<(&'static str, String)> {
        let key = ("JANGBU_CONSOLE_KEY_FILE", self.plan.keys.console_key_file().display().to_string());
        let asked = BEHIND_THE_CONSOLE
            .into_iter()
            .filter_map(|(variable, part)| Some((variable, format!("http://{}", self.addresses.get(&part)?))));
        let probed = [Part::Relay, Part::Auditor, Part::Publisher, Part::Webhooks(0)]
            .into_iter()
            .filter_map(|part| Some((part.address_variable(), self.addresses.get(&part)?.to_string())));
        std::iter::once(key).chain(asked).chain(probed).collect()
    }
}
