//! A copy of a wrapped data key that outlives the erasure, in the write-ahead log or in a backup, and the end of it.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use kernel::MemberId;
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};
use testkit::search::Words;
use vault::{KekAddress, Purpose, Wrapped};

use crate::{
    bank::DemoBank,
    person::certificate,
    show::{self, count},
    stores::Stores,
};

/// Where the key-encryption key is, and what may be done with it.
#[derive(clap::Args)]
pub struct KeyOptions {
    /// Who holds the vault's key-encryption key
    #[arg(long, env = "JANGBU_KEK")]
    kek: Option<KekAddress>,
    /// The token for the transit engine
    #[arg(long, env = "JANGBU_KEK_TOKEN_FILE")]
    kek_token_file: Option<PathBuf>,
    /// Destroy the key-encryption keys from before the erasure: only in a bank that exists for the demonstration
    #[arg(long)]
    destroy_keys: bool,
}

/// What somebody may have copied from the vault before the erasure.
pub struct Copied {
    member: MemberId,
    wrapped: Wrapped,
}

impl Copied {
    /// Copies the wrapped key of a member; nothing, where it is not known how the vault is reached.
    pub async fn take(stores: &Stores, member: MemberId) -> Result<Option<Self>> {
        let Some(url) = stores.vault_database_url() else { return Ok(None) };
        let mut vault = PgConnection::connect(url).await.context("the vault's database does not answer")?;
        let row = sqlx::query("select kek, wrapped from vault.data_keys where member_id = $1")
            .bind(member.uuid())
            .fetch_one(&mut vault)
            .await
            .context("the member has no data key")?;
        Ok(Some(Self { member, wrapped: Wrapped { kek: row.get(0), text: row.get(1) } }))
    }

    /// Shows where the copy is found, that it opens as long as its key-encryption key is there, and that it does not afterwards.
    /// Whether all of it was so.
    pub async fn show(&self, bank: &DemoBank, stores: &Stores, options: &KeyOptions, erasure: &str) -> Result<bool> {
        let Some(kek) = &options.kek else { return Ok(true) };
        let kek = kek.open(options.kek_token_file.as_deref())?;
        let purpose = Purpose::Member(self.member);
        if let Some(finding) = stores.in_files_of_postgres(&Words::new([&self.wrapped.text])?)? {
            let place = if finding.found.is_empty() { "in none of" } else { "still in" };
            show::line("Old copies", &format!("her wrapped data key is {place} the data files of Postgres"));
        }
        let opens = kek.unwrap(purpose, &self.wrapped).await.is_ok();
        let before = certificate(bank, erasure).await?;
        let planned = before["copies_unreadable_planned"].as_str().unwrap_or("a time that no schedule names");
        let epochs = epochs(&before);
        show::line("", &format!("with key-encryption key {epochs} a copy opens until {planned}, as planned"));
        if !options.destroy_keys {
            show::note("the key-encryption key is not this demonstration's to destroy: `jangbu vault rotate` does it");
            return Ok(opens);
        }
        let destroyed = rotate()?;
        let opens_now = kek.unwrap(purpose, &self.wrapped).await.is_ok();
        let after = certificate(bank, erasure).await?;
        let from = after["copies_unreadable_from"]
            .as_str()
            .context("the certificate does not say that copies are unreadable")?;
        show::line("Rotates", &format!("{} retired key-encryption key(s) destroyed at once", count(destroyed)));
        let outcome = if opens_now { "STILL OPENS" } else { "does not open" };
        show::line("", &format!("the copy {outcome}; the certificate: unreadable from {from}"));
        Ok(opens && !opens_now)
    }
}

/// Rotates as an operator would who does not wait for the schedule; how many keys were destroyed.
fn rotate() -> Result<usize> {
    let jangbu = std::env::current_exe().context("this program has no path")?.with_file_name("jangbu");
    let output = Command::new(jangbu)
        .args(["vault", "rotate", "--destroy-retired", "--yes", "--json"])
        .output()
        .context("cannot run jangbu")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`jangbu vault rotate` failed:\n{error}");
    let report: Value = serde_json::from_slice(&output.stdout).context("reading what was rotated")?;
    Ok(report["dropped"].as_array().map_or(0, Vec::len))
}

fn epochs(certificate: &Value) -> String {
    let named = certificate["key_epochs"].as_array().into_iter().flatten();
    named.map(Value::to_string).collect::<Vec<_>>().join(", ")
}
