//! `jangbu vault rotate`.

use chrono::TimeDelta;
use serde::Serialize;
use vault::Keyring;

use super::{
    keyring::{failed, open},
    status::{self, Line},
};
use crate::{
    config::Config,
    failure::Failure,
    output::{Confirm, Output},
};

/// How a rotation goes.
#[derive(Debug, clap::Args)]
pub struct RotateArgs {
    /// Make no new key: only complete what an earlier rotation began, and destroy what is to be destroyed
    #[arg(long)]
    resume: bool,

    /// Destroy retired keys that were kept for JANGBU_KEK_KEEP_DAYS: backups of the vault from their time cannot be read any more
    #[arg(long)]
    destroy_due: bool,

    /// Destroy all retired keys at once: no backup of the vault from before can be read any more
    #[arg(long, visible_alias = "drop-old", conflicts_with = "destroy_due")]
    destroy_retired: bool,

    #[command(flatten)]
    confirm: Confirm,
}

#[derive(Serialize)]
struct Report {
    current: String,
    rewrapped: u64,
    /// Keys that do not open any more, and stay as they are.
    lost: u64,
    retired: Vec<String>,
    dropped: Vec<String>,
    keys: Vec<Line>,
}

pub async fn run(args: &RotateArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let (kek, keyring) = open(config).await?;
    let keep = args.destroys_after(config);
    if keep.is_some() {
        args.confirm.ask("destroying retired key-encryption keys, and with them the vault's backups of their time")?;
    }
    let mut current = keyring.take_stock().await.map_err(failed("taking stock of the key-encryption keys"))?;
    if !args.resume {
        let made = keyring.begin_epoch(None).await.map_err(failed("making a key-encryption key"))?;
        current = made.unwrap_or(current);
    }
    output.remark(format!("the key-encryption key is now {current}"));
    let progress = |done| output.remark(format!("{done} rewrapped"));
    let all = keyring.rewrap_all(&current, progress).await.map_err(failed("rewrapping keys"))?;
    if all.lost > 0 {
        output.remark(format!("{} keys do not open: the key-encryption key that wrapped them is gone", all.lost));
    }
    let retired = keyring.retire(&current).await.map_err(failed("retiring key-encryption keys"))?;
    let dropped = match keep {
        Some(keep) => destroy(&keyring, keep).await?,
        None => Vec::new(),
    };
    let keys = status::lines(&*kek, &keyring).await?;
    let report = Report { current, rewrapped: all.count, lost: all.lost, retired, dropped, keys };
    output.show(&report, |report| {
        let dropped: String = report.dropped.iter().map(|id| format!("destroyed: {id}\n")).collect();
        format!("{dropped}{}", status::text(&report.keys))
    })
}

async fn destroy(keyring: &Keyring, keep: TimeDelta) -> Result<Vec<String>, Failure> {
    keyring.destroy_retired(keep).await.map_err(failed("destroying key-encryption keys"))
}

impl RotateArgs {
    /// How long a retired key must have been kept to be destroyed; none if nothing is.
    fn destroys_after(&self, config: &Config) -> Option<TimeDelta> {
        if self.destroy_retired {
            return Some(TimeDelta::zero());
        }
        self.destroy_due.then(|| config.key_schedule().keep_retired)
    }
}
