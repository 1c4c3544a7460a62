//! A NATS server with JetStream, of our own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::{Identity, Life, Program, Signal, Started, make_dir};

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
}

/// A running NATS server.
#[derive(Debug)]
pub struct Nats {
    port: u16,
    store: PathBuf,
    identity: Identity,
    process: Started,
}

impl Nats {
    /// Starts it and waits until it answers.
    pub async fn start(options: NatsOptions) -> Result<Self> {
        let store = options.dir.join("store");
        make_dir(&options.dir, 0o755)?;
        make_dir(&store, 0o700)?;
        let config = options.dir.join("nats.conf");
        std::fs::write(&config, config_text(options.port, &store))
            .with_context(|| format!("cannot write {}", config.display()))?;
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
        wait_until_ready(options.port, &mut process).await.context("nats-server does not start")?;
        Ok(Self { port: options.port, store, identity: process.identity()?, process })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
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
fn config_text(port: u16, store: &Path) -> String {
    format!(
        "host: 127.0.0.1\nport: {port}\nserver_name: jangbu\nmax_payload: 8MB\nmax_pending: 64MB\n\
         jetstream {{ store_dir: {:?}, max_memory_store: 256MB, max_file_store: 16GB }}\n",
        store.display().to_string()
    )
}

fn find_nats_server() -> Result<PathBuf> {
    let usual = ["nats-server", "/usr/sbin/nats-server", "/usr/local/bin/nats-server"];
    usual
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|told| told.status.success()))
        .map(PathBuf::from)
        .context("nats-server is not installed; on Debian and Ubuntu: apt-get install nats-server")
}

async fn wait_until_ready(port: u16, process: &mut Started) -> Result<()> {
    let since = Instant::now();
    loop {
        process.check()?;
        let Err(error) = ask_jetstream(port).await else { return Ok(()) };
        if since.elapsed() > Duration::from_secs(30) {
            return Err(error).with_context(|| format!("it does not answer on port {port} after 30 s"));
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// Connecting proves that it listens; an answer of JetStream's proves that it has recovered its store. Asked in plain
/// words: the answer of NATS 2.9 lacks fields that the typed one of the client insists on.
async fn ask_jetstream(port: u16) -> Result<()> {
    let client = async_nats::connect(format!("nats://127.0.0.1:{port}")).await.context("cannot connect")?;
    client.request("$JS.API.INFO", "".into()).await.context("JetStream does not answer").map(drop)
}
