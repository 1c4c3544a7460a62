//! A Postgres server of our own. `fsync` is never off: what is measured and tested here is durable.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use super::{
    Identity, Life, Program, Signal, Started, make_dir, place::give_to, random_secret, server_user, write_secret,
};

/// Where and how it runs.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Its folder: the cluster and the superuser's password. Kept between runs.
    pub dir: PathBuf,
    /// Its port.
    pub port: u16,
    /// Where it logs.
    pub log: PathBuf,
    /// How long it lives.
    pub life: Life,
    /// Memory for its buffers, such as `512MB`.
    pub shared_buffers: String,
}

/// A running Postgres server. It listens on the loopback address only, and has no unix socket: a socket's path must
/// be short and reachable for two users, a port need not.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    password: String,
    identity: Identity,
    process: Started,
}

impl Postgres {
    /// Makes the cluster if there is none, starts the server and waits until it answers.
    pub async fn start(options: PostgresOptions) -> Result<Self> {
        let user = server_user()?;
        let bin = find_bin_dir()?;
        make_dir(&options.dir, 0o711)?;
        let cluster = options.dir.join("cluster");
        let password = ensure_cluster(&bin, &options, &cluster, user.as_deref())?;
        let mut attempt = 1;
        loop {
            match Self::run(&bin, &options, &cluster, &password, user.clone()).await {
                // After a crash the children of the last server may take a moment to notice, and keep its memory.
                Err(_) if attempt < 4 => tokio::time::sleep(Duration::from_secs(1)).await,
                result => return result.context("Postgres does not start"),
            }
            attempt += 1;
        }
    }

    async fn run(
        bin: &Path,
        options: &PostgresOptions,
        cluster: &Path,
        password: &str,
        user: Option<String>,
    ) -> Result<Self> {
        remove_stale_pid_file(cluster)?;
        let mut process = Program {
            path: bin.join("postgres"),
            args: server_args(cluster, options),
            env: vec![],
            dir: cluster.to_owned(),
            log: options.log.clone(),
            user,
            life: options.life,
            // Fast for one that stays: it rolls back and checkpoints. Immediate for one that is thrown away.
            end: if options.life == Life::Detached { Signal::INT } else { Signal::QUIT },
        }
        .start()?;
        wait_until_ready(options.port, password, &mut process).await?;
        Ok(Self { port: options.port, password: password.to_owned(), identity: process.identity()?, process })
    }

    /// The URL of a database on it for its superuser.
    pub fn url(&self, database: &str) -> String {
        url(self.port, &self.password, database)
    }

    /// Its pid and start time.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Stops it.
    pub fn stop(&mut self) {
        self.process.stop(Duration::from_secs(30));
    }

    /// The server that runs on this folder's cluster, if one does: its process and its superuser's URL.
    pub fn running_on(dir: &Path) -> Option<(Identity, String)> {
        let cluster = dir.join("cluster");
        let (identity, port) = postmaster(&cluster)?;
        let password = std::fs::read_to_string(dir.join("password")).ok()?;
        identity.alive().then(|| (identity, url(port, &password, "postgres")))
    }
}

fn url(port: u16, password: &str, database: &str) -> String {
    format!("postgres://postgres:{password}@127.0.0.1:{port}/{database}")
}

/// The newest Postgres server installed, Debian's way or on the PATH.
fn find_bin_dir() -> Result<PathBuf> {
    let versioned = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versioned
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("postgres").is_file() && bin.join("initdb").is_file())
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Ok(bin);
    }
    let output = Command::new("pg_config").arg("--bindir").output();
    let bin = output.ok().map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    bin.filter(|bin| bin.join("postgres").is_file())
        .context("the Postgres server is not installed; on Debian and Ubuntu: apt-get install postgresql")
}

/// The superuser's password. A cluster is made beside its place and moved there when whole, so that a crash in the
/// middle leaves nothing half made.
fn ensure_cluster(bin: &Path, options: &PostgresOptions, cluster: &Path, user: Option<&str>) -> Result<String> {
    let file = options.dir.join("password");
    if cluster.join("PG_VERSION").is_file() {
        return std::fs::read_to_string(&file)
            .with_context(|| format!("{} is lost; remove {} to start again", file.display(), options.dir.display()));
    }
    let password = random_secret();
    write_secret(&file, &password)?;
    let part = options.dir.join("cluster.part");
    if part.exists() {
        std::fs::remove_dir_all(&part).with_context(|| format!("cannot remove {}", part.display()))?;
    }
    make_dir(&part, 0o700)?;
    let password_file = part.with_extension("pw");
    write_secret(&password_file, &password)?;
    give_to(user, &part)?;
    give_to(user, &password_file)?;
    let made = initdb(bin, &part, &password_file, user, options.life);
    std::fs::remove_file(&password_file).context("cannot remove the password file of initdb")?;
    made?;
    std::fs::rename(&part, cluster).context("cannot move the new cluster to its place")?;
    Ok(password)
}

fn initdb(bin: &Path, dir: &Path, password_file: &Path, user: Option<&str>, life: Life) -> Result<()> {
    let mut command = match user {
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", user, "--init-groups", "--"]).arg(bin.join("initdb"));
            command
        }
        None => Command::new(bin.join("initdb")),
    };
    command.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--pgdata"]);
    command.arg(dir).arg("--pwfile").arg(password_file).current_dir(dir.parent().unwrap_or(dir));
    if life == Life::WithStarter {
        // Only the making of a cluster that will be thrown away; the server itself always syncs.
        command.arg("--no-sync");
    }
    let output = command.output().context("cannot run initdb")?;
    ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn server_args(cluster: &Path, options: &PostgresOptions) -> Vec<String> {
    let settings = [
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", options.port.to_string()),
        ("unix_socket_directories", String::new()),
        ("max_connections", "1000".to_owned()),
        ("shared_buffers", options.shared_buffers.clone()),
        ("fsync", "on".to_owned()),
        ("synchronous_commit", "on".to_owned()),
        ("full_page_writes", "on".to_owned()),
        ("wal_buffers", "16MB".to_owned()),
        // A segment of WAL that is used again costs nothing; a new one is filled with zeros and synced first, and every commit waits.
        ("min_wal_size", "2GB".to_owned()),
        ("max_wal_size", "4GB".to_owned()),
        ("checkpoint_timeout", "15min".to_owned()),
        ("random_page_cost", "1.1".to_owned()),
        ("jit", "off".to_owned()),
        ("timezone", "UTC".to_owned()),
    ];
    let mut args = vec!["-D".to_owned(), cluster.display().to_string()];
    for (name, value) in settings {
        args.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    args
}

/// The process and port that `postmaster.pid` names, if that process runs on this very cluster.
fn postmaster(cluster: &Path) -> Option<(Identity, u16)> {
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let identity = Identity::of(lines.next()?.trim().parse().ok()?)?;
    let port = lines.nth(2)?.trim().parse().ok()?;
    let ours = identity.command_line().contains(&cluster.display().to_string());
    ours.then_some((identity, port))
}

/// After a crash the pid in the file may belong to a stranger by now, and Postgres would refuse to start.
fn remove_stale_pid_file(cluster: &Path) -> Result<()> {
    let file = cluster.join("postmaster.pid");
    if let Some((identity, port)) = postmaster(cluster) {
        bail!("a Postgres server (pid {}) already runs on {} at port {port}", identity.pid, cluster.display());
    }
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("cannot remove a stale pid file")
        }
        _ => Ok(()),
    }
}

async fn wait_until_ready(port: u16, password: &str, process: &mut Started) -> Result<()> {
    let options: PgConnectOptions = url(port, password, "postgres").parse().context("not a URL")?;
    let since = Instant::now();
    loop {
        process.check()?;
        let Err(error) = options.clone().disable_statement_logging().connect().await else { return Ok(()) };
        // Replaying the log after a crash takes its time.
        if since.elapsed() > Duration::from_secs(120) {
            return Err(error).with_context(|| format!("it does not answer on port {port} after 120 s"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
