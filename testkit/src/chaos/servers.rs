//! Servers of one's own, to be stopped under a running bank.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kernel::{Ids, RandomIds};

use crate::kit::{
    Life, Nats, NatsAccess, NatsOptions, NatsRole, Postgres, PostgresOptions, Signal, free_port, make_dir,
    random_secret,
};

/// A private Postgres and a private NATS server that come back where they were: same port, same data unless wiped.
#[derive(Debug)]
pub struct TestServers {
    folder: PathBuf,
    postgres_port: u16,
    nats_port: u16,
    access: NatsAccess,
    postgres: Option<Postgres>,
    nats: Option<Nats>,
}

impl TestServers {
    /// Starts both.
    pub async fn start() -> Result<Self> {
        let folder = PathBuf::from(format!("/var/tmp/jangbu-ground-{}", RandomIds.fresh().simple()));
        make_dir(&folder, 0o711)?;
        let (postgres_port, nats_port) = (free_port()?, free_port()?);
        let access = NatsAccess::throw_away(&random_secret());
        let mut ground = Self { folder, postgres_port, nats_port, access, postgres: None, nats: None };
        ground.start_postgres().await?;
        ground.start_nats().await?;
        Ok(ground)
    }

    /// Where both keep their data and logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of Postgres for its superuser.
    pub fn postgres_url(&self) -> Result<String> {
        Ok(self.postgres.as_ref().context("Postgres is stopped")?.url("postgres"))
    }

    /// The URL of NATS with the login that may do everything.
    pub fn nats_url(&self) -> String {
        self.access.url(self.nats_port, NatsRole::Tester)
    }

    /// Ends Postgres at once: no checkpoint, no goodbye to clients. Its next start recovers from the write-ahead log.
    pub fn crash_postgres(&mut self) {
        if let Some(mut postgres) = self.postgres.take() {
            postgres.stop();
        }
    }

    /// Stops Postgres in its tracks with all its sessions, or lets it go on.
    pub fn signal_postgres(&self, signal: Signal) -> Result<()> {
        let server = self.postgres.as_ref().context("Postgres is stopped")?.identity();
        // The server first: it starts no session meanwhile.
        server.signal(signal)?;
        server.children().into_iter().try_for_each(|child| child.signal(signal))
    }

    /// Starts Postgres again and waits until it answers.
    pub async fn start_postgres(&mut self) -> Result<()> {
        let options = PostgresOptions {
            dir: self.folder.join("postgres"),
            port: self.postgres_port,
            log: self.folder.join("postgres.log"),
            life: Life::WithStarter,
            shared_buffers: "128MB".to_owned(),
        };
        self.postgres = Some(Postgres::start(options).await?);
        Ok(())
    }

    /// Ends NATS.
    pub fn stop_nats(&mut self) {
        if let Some(mut nats) = self.nats.take() {
            nats.stop();
        }
    }

    /// Starts NATS again and waits until it answers.
    pub async fn start_nats(&mut self) -> Result<()> {
        let options = NatsOptions {
            dir: self.folder.join("nats"),
            port: self.nats_port,
            log: self.folder.join("nats.log"),
            life: Life::WithStarter,
            access: self.access.clone(),
        };
        self.nats = Some(Nats::start(options).await?);
        Ok(())
    }

    /// Stops NATS in its tracks, or lets it go on: it keeps its connections and answers nothing meanwhile.
    pub fn signal_nats(&self, signal: Signal) -> Result<()> {
        self.nats.as_ref().context("NATS is stopped")?.identity().signal(signal)
    }

    /// Ends NATS and removes everything it kept.
    pub fn wipe_nats(&mut self) -> Result<()> {
        self.stop_nats();
        std::fs::remove_dir_all(self.folder.join("nats/store")).context("cannot wipe the store of NATS")
    }
}

impl Drop for TestServers {
    fn drop(&mut self) {
        self.stop_nats();
        self.crash_postgres();
        // What cannot be removed is a few megabytes under /var/tmp.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
