//! Every place where something of a person could be left, looked through for words.

use std::path::PathBuf;

use anyhow::Result;
use testkit::search::{Finding, Words};

use crate::{bank::DemoBank, show};

/// The stores of this bank, as far as this program knows where they are.
#[derive(clap::Args)]
pub struct Stores {
    /// The log's database, as its owner
    #[arg(long, env = "JANGBU_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: Option<String>,
    /// The views' database, as its owner
    #[arg(long, env = "JANGBU_VIEWS_DATABASE_URL", hide_env_values = true)]
    views_database_url: Option<String>,
    /// The vault's database, as its owner
    #[arg(long, env = "JANGBU_VAULT_DATABASE_URL", hide_env_values = true)]
    vault_database_url: Option<String>,
    /// Where Postgres keeps its data, if it is on this machine
    #[arg(long, env = "JANGBU_POSTGRES_DIR")]
    postgres_dir: Option<PathBuf>,
    /// Where NATS keeps its data
    #[arg(long, env = "JANGBU_NATS_DIR")]
    nats_dir: Option<PathBuf>,
    /// Where the processes log
    #[arg(long, env = "JANGBU_LOG_DIR")]
    log_dir: Option<PathBuf>,
    /// Where the relay shows its metrics
    #[arg(long, env = "JANGBU_RELAY_ADDR")]
    relay_addr: Option<String>,
    /// Where the projector shows its metrics
    #[arg(long, env = "JANGBU_PROJECTOR_ADDR")]
    projector_addr: Option<String>,
}

impl Stores {
    /// The vault's database, as its owner.
    pub fn vault_database_url(&self) -> Option<&str> {
        self.vault_database_url.as_deref()
    }

    /// Looks through the data files of Postgres, the write-ahead log and whatever a dump does not show included.
    pub fn in_files_of_postgres(&self, words: &Words) -> Result<Option<Finding>> {
        self.postgres_dir.as_ref().map(|folder| words.in_folder(folder)).transpose()
    }
}

/// Looks through all of them; whether nothing was found.
pub async fn search(bank: &DemoBank, stores: &Stores, words: &[&str]) -> Result<bool> {
    let words = Words::new(words)?;
    let mut clean = true;
    let databases = [
        ("dump of the log database", &stores.log_database_url),
        ("dump of the views database", &stores.views_database_url),
        ("dump of the vault database, waiting mail included", &stores.vault_database_url),
    ];
    for (what, url) in databases {
        clean &= show_finding(what, url.as_ref().map(|url| words.in_database(url)).transpose()?);
    }
    clean &= show_finding("data files of Postgres, write-ahead log included", stores.in_files_of_postgres(&words)?);
    let folders = [("files of NATS JetStream", &stores.nats_dir), ("logs of all processes", &stores.log_dir)];
    for (what, folder) in folders {
        clean &= show_finding(what, folder.as_ref().map(|folder| words.in_folder(folder)).transpose()?);
    }
    let at = |address: &Option<String>| address.as_ref().map(|address| format!("http://{address}"));
    let servers = [
        Some(bank.api.command_url.clone()),
        Some(bank.api.query_url.clone()),
        at(&stores.relay_addr),
        at(&stores.projector_addr),
    ];
    let mut metrics = Finding::default();
    for url in servers.into_iter().flatten() {
        metrics = metrics.join(words.in_page(&format!("{url}/metrics")).await?);
    }
    Ok(clean & show_finding("/metrics of all processes", Some(metrics)))
}

fn show_finding(what: &str, finding: Option<Finding>) -> bool {
    let Some(finding) = finding else {
        show::note(&format!("{what}: not looked through, because nobody said where it is"));
        return true;
    };
    let clean = finding.found.is_empty();
    show::searched(clean, what, finding.bytes, finding.found.len());
    clean
}
