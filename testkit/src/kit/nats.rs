//! A NATS server with JetStream, of our own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::{Identity, Life, NatsAccess, NatsRole, Program, Signal, Started, connect_nats, make_dir, write_secret};

/// Where and how it runs.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// Its folder: configuration, store.
    pub dir: PathBuf,
    /// Its port.
    pub port: u16,
    /// Where it logs.
    pub log: PathBuf,
    /// How long it lives.
    pub life: Life,
    /// Who may do what there.
    pub access: NatsAccess,
}

impl NatsOptions {
    fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    fn config(&self) -> PathBuf {
        self.dir.join("nats.conf")
    }

    /// Writes the configuration, which holds passwords; says whether it was another one before.
    fn write_config(&self) -> Result<bool> {
        let text = config_text(self.port, &self.store(), &self.access);
        if std::fs::read_to_string(self.config()).is_ok_and(|before| before == text) {
            return Ok(false);
        }
        write_secret(&self.config(), &text).map(|()| true)
    }
}

/// A running NATS server.
#[derive(Debug)]
pub struct Nats {
    port: u16,
    access: NatsAccess,
    store: PathBuf,
    identity: Identity,
    process: Started,
}

impl Nats {
    /// Starts it and waits until it answers.
    pub async fn start(options: NatsOptions) -> Result<Self> {
        let (store, config) = (options.store(), options.config());
        make_dir(&options.dir, 0o755)?;
        make_dir(&store, 0o700)?;
        options.write_config()?;
        let mut process = Program {
            path: find_nats_server()?,
            args: vec!["--config".into(), config.display().to_string()],
            env: vec![],
            dir: options.dir.clone(),
            log: options.log,
            user: None,
            life: options.life,
            end: Signal::TERM,
        }
        .start()?;
        let url = options.access.url(options.port, NatsRole::Operator);
        wait_until_ready(&url, || process.check()).await.context("nats-server does not start")?;
        let identity = process.identity()?;
        Ok(Self { port: options.port, access: options.access, store, identity, process })
    }

    /// Brings a server that runs already to this configuration; says whether it was another one before.
    pub async fn reconfigure(options: &NatsOptions, running: Identity) -> Result<bool> {
        if !options.write_config()? {
            return Ok(false);
        }
        running.signal(Signal::HUP)?;
        let url = options.access.url(options.port, NatsRole::Operator);
        let runs = || running.alive().then_some(()).context("it has ended");
        wait_until_ready(&url, runs).await.context("nats-server does not take its new configuration")?;
        Ok(true)
    }

    /// Its URL with this login.
    pub fn url(&self, role: NatsRole) -> String {
        self.access.url(self.port, role)
    }

    /// Where JetStream stores.
    pub fn store_dir(&self) -> &Path {
        &self.store
    }

    /// Its pid and start time.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Stops it.
    pub fn stop(&mut self) {
        self.process.stop(Duration::from_secs(10));
    }
}

/// JetStream is a cache here, so that a bounded file store is all it needs; a slice may be larger than the default
/// message limit of 1 MB.
fn config_text(port: u16, store: &Path, access: &NatsAccess) -> String {
    format!(
        "host: 127.0.0.1\nport: {port}\nserver_name: jangbu\nmax_payload: 8MB\nmax_pending: 64MB\n\
         jetstream {{ store_dir: {:?}, max_memory_store: 256MB, max_file_store: 16GB }}\n{}",
        store.display().to_string(),
        access.config_text()
    )
}

fn find_nats_server() -> Result<PathBuf> {
    let usual = ["nats-server", "/usr/sbin/nats-server", "/usr/local/bin/nats-server"];
    usual
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
        .map(PathBuf::from)
        .context("nats-server is not installed; on Debian and Ubuntu: apt-get install nats-server")
}

async fn wait_until_ready(url: &str, mut runs: impl FnMut() -> Result<()>) -> Result<()> {
    let since = Instant::now();
    loop {
        runs()?;
        let Err(error) = ask_jetstream(url).await else { return Ok(()) };
        if since.elapsed() > Duration::from_secs(30) {
            return Err(error).context("it does not answer after 30 s");
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Connecting proves that it listens; an answer of JetStream's proves that it has recovered its store. Asked in plain
/// words: the answer of NATS 2.9 lacks fields that the typed one of the client insists on.
async fn ask_jetstream(url: &str) -> Result<()> {
    let client = connect_nats(url).await?;
    client.request("$JS.API.INFO", "".into()).await.context("JetStream does not answer").map(drop)
}
