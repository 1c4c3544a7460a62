//! Where a checkout keeps what it runs on.

use std::{
    fs::{self, File},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use super::random_secret;

/// The folders of one checkout.
#[derive(Clone, Debug)]
pub struct Place {
    /// The checkout.
    pub checkout: PathBuf,
    /// `.jangbu/`: environment, keys, pid files, logs.
    pub state: PathBuf,
    /// Where the servers keep their data: `.jangbu/` too, unless the server's user cannot get there.
    pub data: PathBuf,
}

impl Place {
    /// The place of the checkout this program belongs to, its folders made.
    pub fn open() -> Result<Self> {
        let checkout = checkout()?;
        let state = checkout.join(".jangbu");
        make_dir(&state, 0o755)?;
        make_dir(&state.join("log"), 0o755)?;
        make_dir(&state.join("run"), 0o755)?;
        let data = data_dir(&checkout, &state)?;
        Ok(Self { checkout, state, data })
    }

    /// Held while everything is started or stopped. It goes with its holder, however that ends.
    pub fn lock(&self) -> Result<File> {
        let file = self.state.join("lock");
        let lock = File::create(&file).with_context(|| format!("cannot make {}", file.display()))?;
        if lock.try_lock().is_err() {
            bail!("another `./justw up` or `./justw down` is at work here; wait for it, then try again");
        }
        Ok(lock)
    }

    /// The file that holds the settings in force.
    pub fn env_file(&self) -> PathBuf {
        self.state.join("env")
    }

    /// Where the processes log.
    pub fn log_dir(&self) -> PathBuf {
        self.state.join("log")
    }

    /// The log of one process.
    pub fn log_file(&self, name: &str) -> PathBuf {
        self.log_dir().join(format!("{name}.log"))
    }
}

/// The checkout: where the caller stands, else where this binary lies, else where it was built.
fn checkout() -> Result<PathBuf> {
    let is_checkout = |dir: &&Path| dir.join("justw").is_file() && dir.join("Cargo.toml").is_file();
    let here = std::env::current_dir().ok();
    let exe = std::env::current_exe().ok();
    let built = Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    [here, exe, built]
        .iter()
        .flatten()
        .find_map(|start| start.ancestors().find(is_checkout))
        .context("no checkout of Jangbu found above the current folder; run this through ./justw")?
        .canonicalize()
        .context("the checkout cannot be read")
}

/// `.jangbu/` if the user that runs Postgres can enter it, else a folder of this checkout's own under `/var/tmp`.
fn data_dir(checkout: &Path, state: &Path) -> Result<PathBuf> {
    let Some(user) = server_user()? else { return Ok(state.to_owned()) };
    if can_enter(&user, state) {
        return Ok(state.to_owned());
    }
    // Random, and the path too: neither a fresh clone in the same place nor a copy of this one takes over its data.
    let id_file = state.join("place");
    let id = fs::read_to_string(&id_file).unwrap_or_else(|_| random_secret());
    write_secret(&id_file, &id)?;
    let digest = Sha256::digest([id.as_bytes(), checkout.as_os_str().as_encoded_bytes()].concat());
    let dir = PathBuf::from(format!("/var/tmp/jangbu-{}", short_hex(&digest)));
    make_dir(&dir, 0o711)?;
    let owner = fs::metadata(&dir).with_context(|| format!("cannot inspect {}", dir.display()))?.uid();
    if owner != geteuid().as_raw() {
        bail!("{} belongs to user {owner}, not to you; have it removed, then try again", dir.display());
    }
    Ok(dir)
}

fn short_hex(digest: &[u8]) -> String {
    hex::encode(&digest[..6])
}

/// The user Postgres must run as: it refuses to be root, so root lends it to `postgres`.
pub fn server_user() -> Result<Option<String>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let known = Command::new("id").arg("postgres").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !known.context("cannot run id")?.success() {
        bail!("Postgres will not run as root and there is no user `postgres`: install the Postgres server package");
    }
    Ok(Some("postgres".to_owned()))
}

fn can_enter(user: &str, dir: &Path) -> bool {
    let probe = Command::new("setpriv")
        .args(["--reuid", user, "--regid", user, "--init-groups", "--", "test", "-x"])
        .arg(dir)
        .current_dir("/")
        .status();
    probe.is_ok_and(|status| status.success())
}

/// Makes a folder with these permissions, if it is not there.
pub fn make_dir(dir: &Path, mode: u32) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(dir)
        .and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(mode)))
        .with_context(|| format!("cannot make the folder {}; is it yours?", dir.display()))
}

/// Gives a folder to the user that runs Postgres.
pub fn give_to(user: Option<&str>, dir: &Path) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    let id = |flag: &str| -> Result<u32> {
        let output = Command::new("id").args([flag, user]).output().context("cannot run id")?;
        String::from_utf8_lossy(&output.stdout).trim().parse().with_context(|| format!("there is no user {user}"))
    };
    chown(dir, Some(id("-u")?), Some(id("-g")?)).with_context(|| format!("cannot give {} to {user}", dir.display()))
}

/// Writes a file that only its owner may read, all at once or not at all.
pub fn write_secret(file: &Path, text: &str) -> Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".new");
    let write = || -> std::io::Result<()> {
        fs::write(&part, "")?;
        fs::set_permissions(&part, fs::Permissions::from_mode(0o600))?;
        fs::write(&part, text)?;
        fs::rename(&part, file)
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}
