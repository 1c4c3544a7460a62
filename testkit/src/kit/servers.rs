//! A private Postgres and a private NATS server.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{
    Life, Nats, NatsAccess, NatsOptions, NatsRole, Postgres, PostgresOptions, free_port, make_dir, random_secret,
};

/// How the servers run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Postgres's port; a free one if none is given.
    pub postgres_port: Option<u16>,
    /// NATS's port; a free one if none is given.
    pub nats_port: Option<u16>,
    /// Memory for Postgres's buffers.
    pub shared_buffers: String,
    /// How long they live.
    pub life: Life,
}

impl Default for Options {
    /// Servers for tests: free ports, gone with the process that started them.
    fn default() -> Self {
        Self { postgres_port: None, nats_port: None, shared_buffers: "512MB".to_owned(), life: Life::WithStarter }
    }
}

/// Both servers, running. Dropping them stops them, unless their life is [`Life::Detached`].
#[derive(Debug)]
pub struct Servers {
    // Declared, so dropped, before the folder is removed.
    /// Postgres.
    pub postgres: Postgres,
    /// NATS.
    pub nats: Nats,
    folder: PathBuf,
    _throw_away: Option<ThrowAway>,
}

impl Servers {
    /// Starts both with their data under `dir` and waits until they answer.
    ///
    /// `dir` must lie where the server's user can enter; see [`super::Place`].
    pub async fn start(dir: &Path, options: Options) -> Result<Self> {
        make_dir(dir, 0o711)?;
        let postgres = Postgres::start(PostgresOptions {
            dir: dir.join("postgres"),
            port: options.postgres_port.map_or_else(free_port, Ok)?,
            log: dir.join("postgres.log"),
            life: options.life,
            shared_buffers: options.shared_buffers,
        });
        let nats = Nats::start(NatsOptions {
            dir: dir.join("nats"),
            port: options.nats_port.map_or_else(free_port, Ok)?,
            log: dir.join("nats.log"),
            life: options.life,
            access: NatsAccess::throw_away(&random_secret()),
        });
        let (postgres, nats) = tokio::try_join!(postgres, nats)?;
        Ok(Self { postgres, nats, folder: dir.to_owned(), _throw_away: None })
    }

    /// Starts both in a folder of their own under `/var/tmp`, which goes with them.
    pub async fn throw_away(name: &str, options: Options) -> Result<Self> {
        sweep();
        let folder = ThrowAway(PathBuf::from(format!("{THROW_AWAY}{}-{name}", std::process::id())));
        let mut servers = Self::start(&folder.0, options).await?;
        servers._throw_away = Some(folder);
        Ok(servers)
    }

    /// Where their data are; a place for whatever should go with them.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The variables by which tests find the servers.
    pub fn test_env(&self) -> [(String, String); 2] {
        [
            ("JANGBU_TEST_POSTGRES_URL".to_owned(), self.postgres.url("postgres")),
            ("JANGBU_TEST_NATS_URL".to_owned(), self.nats.url(NatsRole::Tester)),
        ]
    }

    /// Stops both and says if a folder stays behind.
    pub fn stop(mut self) -> Result<()> {
        self.nats.stop();
        self.postgres.stop();
        match self._throw_away.take() {
            Some(folder) => std::fs::remove_dir_all(&folder.0).context("cannot remove the data folder"),
            None => Ok(()),
        }
    }
}

const THROW_AWAY: &str = "/var/tmp/jangbu-throwaway-";

#[derive(Debug)]
struct ThrowAway(PathBuf);

impl Drop for ThrowAway {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next run.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Removes what runs that were killed have left: folders whose maker is gone.
fn sweep() {
    for entry in std::fs::read_dir("/var/tmp").into_iter().flatten().flatten() {
        let path = entry.path();
        let maker = path.to_str().and_then(|p| p.strip_prefix(THROW_AWAY)?.split('-').next()?.parse().ok());
        if maker.is_some_and(|pid| super::Identity::of(pid).is_none()) {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}
