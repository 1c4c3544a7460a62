//! What an operator runs: `jangbu log verify`, and a rebuild of two views.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::kit::Pair;
use tokio::{io::AsyncReadExt, time::timeout};

use super::{
    plan::Skip,
    results::{Keeper, Verified},
    setup::GrowthBench,
};
use crate::{
    progress::say,
    rebuild::{Jangbu, RebuildRun, watched},
};

const VIEWS: [&str; 2] = ["accounts", "transactions"];

impl GrowthBench<'_> {
    /// How long they take. One that takes longer than the plan allows is ended.
    pub async fn measure_programs(&mut self, keeper: &mut Keeper<'_>, size: i64) -> Result<()> {
        let limit = self.plan.limit;
        if self.plan.has(Skip::Verify, size) {
            match timeout(limit, self.verify()).await {
                Ok(verified) => {
                    let verified = verified?;
                    let (rate, mib) = (verified.per_second, verified.peak_bytes >> 20);
                    say(&format!("growth: verified {rate:.0} events/s, {mib} MiB; everything holds"));
                    keeper.note(|found| found.verified = Some(verified))?;
                }
                Err(_) => missing(keeper, too_long("the verification", limit))?,
            }
        }
        if self.plan.has(Skip::Rebuild, size) {
            match timeout(limit, self.rebuild()).await {
                Ok(Ok((rebuild, bytes))) => {
                    let (rate, mib) = (rebuild.per_second, bytes >> 20);
                    say(&format!("growth: {} rebuilt, {rate:.0} events/s, {mib} MiB on disk", rebuild.what));
                    keeper.note(|found| (found.rebuild, found.rebuilt_bytes) = (Some(rebuild), Some(bytes)))?;
                }
                // The log is proven above, and what comes after does not rest on the views.
                Ok(Err(error)) => missing(keeper, format!("{error:#}"))?,
                Err(_) => missing(keeper, too_long("the rebuild", limit))?,
            }
        }
        Ok(())
    }

    /// The log alone: no projector runs, so its views are empty.
    async fn verify(&mut self) -> Result<Verified> {
        let events = self.head().await?;
        let pair = self.bank.plan().databases.clone();
        let jangbu = self.jangbu(&pair, events);
        let began = Instant::now();
        let mut child = jangbu
            .command(&["log", "verify", "--no-views", "--json"])?
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run jangbu")?;
        let (mut out, mut err) = (child.stdout.take().context("no output")?, child.stderr.take().context("no errors")?);
        let (mut said, mut errors) = (String::new(), String::new());
        let ((status, peak_bytes), _, _) =
            tokio::try_join!(watched(&mut child), async { Ok(out.read_to_string(&mut said).await?) }, async {
                Ok(err.read_to_string(&mut errors).await?)
            })?;
        let seconds = began.elapsed().as_secs_f64();
        let report: Value = serde_json::from_str(&said).unwrap_or_default();
        ensure!(
            status.success() && report["sound"] == true && report["log"]["head"] == events,
            "`jangbu log verify` found something wrong:\n{said}{errors}"
        );
        Ok(Verified { events, seconds, per_second: events as f64 / seconds, peak_bytes })
    }

    /// Into a database of its own, which is removed afterwards: what was rebuilt at a smaller size is not kept.
    async fn rebuild(&mut self) -> Result<(RebuildRun, i64)> {
        let events = self.head().await?;
        let fresh = self.environment.databases.fresh_pair().await?;
        let pair = Pair { log: self.bank.plan().databases.log.clone(), ..fresh.clone() };
        let run = self.jangbu(&pair, events).rebuild(&VIEWS, "log", &["--abandon-live"]).await?;
        let bytes: i64 = sqlx::query_scalar("select pg_database_size($1)")
            .bind(&fresh.views.name)
            .fetch_one(&mut self.log)
            .await
            .context("measuring the size of the views")?;
        self.environment.databases.drop_pair(&fresh).await?;
        Ok((run, bytes))
    }

    fn jangbu<'b>(&self, pair: &'b Pair, events: i64) -> Jangbu<'b> {
        let (program, archive) = (self.environment.binaries.join("jangbu"), self.environment.folder.join("archive"));
        Jangbu { program, pair, archive, events }
    }
}

fn too_long(what: &str, limit: Duration) -> String {
    format!("{what} takes longer than {} s", limit.as_secs())
}

fn missing(keeper: &mut Keeper<'_>, why: String) -> Result<()> {
    say(&format!("growth: {why}: it is not in the results"));
    keeper.note(|found| found.missing.push(why))
}
