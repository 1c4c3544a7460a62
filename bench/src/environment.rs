//! What every benchmark stands on: a Postgres and a NATS server of its own, a folder, keys, and banks on them.

use std::{path::PathBuf, process::Command, sync::Arc};

use anyhow::{Context, Result};

use testkit::{
    chaos::{BankPlan, beside_this_program},
    kit::{self, Databases, Keys},
};

use super::{Hardware, connection::connect, cpu::Watched, wal};

/// The key that tokens are signed with, and the servers under every bank.
pub(super) type TestServers = (Arc<Keys>, Watched);

/// Servers that are thrown away in the end.
pub(super) struct BenchEnvironment {
    /// Where the programs lie.
    pub binaries: PathBuf,
    /// For whatever a benchmark writes.
    pub folder: PathBuf,
    pub keys: Arc<Keys>,
    pub servers: kit::Servers,
    pub databases: Databases,
}

impl BenchEnvironment {
    pub async fn open(name: &'static str) -> Result<Self> {
        let binaries = beside_this_program()?;
        let servers = kit::Servers::throw_away(name, kit::Options::default()).await?;
        wal::prepare(&mut connect(&servers.postgres.url("postgres")).await?).await?;
        let folder = PathBuf::from(format!("/var/tmp/jangbu-bench-{}", std::process::id()));
        kit::make_dir(&folder, 0o755)?;
        let keys = Arc::new(Keys::open(&folder.join("keys"))?);
        let databases = Databases::on(&servers.postgres.url("postgres"))?;
        Ok(Self { binaries, folder, keys, servers, databases })
    }

    /// A bank on databases and a stream of its own.
    pub async fn new_bank(&self, name: &str) -> Result<BankPlan> {
        Ok(BankPlan {
            binaries: self.binaries.clone(),
            logs: self.folder.join(name.replace(' ', "-")),
            databases: self.databases.fresh_pair().await?,
            nats_url: self.servers.nats.url(kit::NatsRole::Tester),
            stream: format!("BENCH_{}", name.to_uppercase().replace(' ', "_")),
            keys: self.keys.clone(),
            post: None,
            settings: vec![("JANGBU_LOG".to_owned(), "warn".to_owned())],
        })
    }

    pub fn servers(&self) -> TestServers {
        let watched = Watched(vec![
            ("postgres".to_owned(), self.servers.postgres.identity(), true),
            ("nats".to_owned(), self.servers.nats.identity(), false),
        ]);
        (self.keys.clone(), watched)
    }

    pub fn hardware(&self) -> Result<Hardware> {
        Hardware::look(&self.folder)
    }

    /// `PostgreSQL 15.14 (Debian 15.14-0+deb12u1)` of what the server says at length.
    pub async fn postgres_version(&self) -> Result<String> {
        let mut server = connect(&self.servers.postgres.url("postgres")).await?;
        let version: String =
            sqlx::query_scalar("select version()").fetch_one(&mut server).await.context("asking Postgres")?;
        Ok(version.split(" on ").next().unwrap_or(&version).to_owned())
    }

    /// Stops the servers and removes the folder.
    pub fn close(self) -> Result<()> {
        self.servers.stop()?;
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))
    }
}

/// The commit that was built, and whether the tree was changed since.
pub(super) fn revision() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|said| !said.is_empty());
    if changed { format!("{commit} with changes") } else { commit }
}
