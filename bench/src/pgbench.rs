//! pgbench TPC-B: the yardstick.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tokio::process::Command;

use crate::connection::{checkpoint, connect};

/// One run of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PgbenchRun {
    /// When within the benchmark: `before` or `after` the loads.
    pub when: &'static str,
    /// How many clients.
    pub clients: u32,
    /// Transactions per second.
    pub tps: f64,
    /// The average latency.
    pub average_ms: f64,
}

/// pgbench on a database of its own.
#[derive(Clone, Debug)]
pub struct Pgbench {
    program: PathBuf,
    url: String,
}

impl Pgbench {
    /// Fills the empty database of this URL.
    pub async fn fill(url: String, scale: u32) -> Result<Self> {
        let pgbench = Self { program: find()?, url };
        pgbench
            .call(&["--initialize", "--quiet", &format!("--scale={scale}")])
            .await
            .context("filling pgbench's tables")?;
        Ok(pgbench)
    }

    /// One run of the built-in TPC-B-like script with prepared statements.
    pub async fn run(&self, when: &'static str, clients: u32, time: Duration) -> Result<PgbenchRun> {
        let threads = clients.min(2);
        let (clients_arg, threads_arg) = (format!("--client={clients}"), format!("--jobs={threads}"));
        let time_arg = format!("--time={}", time.as_secs());
        let arguments = ["--no-vacuum", "--protocol=prepared", &clients_arg, &threads_arg, &time_arg];
        let report = self.call(&arguments).await.with_context(|| format!("pgbench with {clients} clients"))?;
        parse(&report).map(|(tps, average_ms)| PgbenchRun { when, clients, tps, average_ms })
    }

    /// Cleans its tables and writes everything to their files. Else Postgres would do so while something else is measured.
    pub async fn settle(&self) -> Result<()> {
        let mut connection = connect(&self.url).await?;
        for table in ["pgbench_accounts", "pgbench_branches", "pgbench_tellers", "pgbench_history"] {
            let statement = format!("vacuum (analyze) {table}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.context("vacuum")?;
        }
        checkpoint(&mut connection).await
    }

    async fn call(&self, arguments: &[&str]) -> Result<String> {
        // The URL holds the password, so it goes where other users cannot read it: not onto the command line.
        let url = url::Url::parse(&self.url).context("not a URL")?;
        let output = Command::new(&self.program)
            .args(arguments)
            .env("PGHOST", url.host_str().unwrap_or_default())
            .env("PGPORT", url.port().unwrap_or(5432).to_string())
            .env("PGUSER", url.username())
            .env("PGPASSWORD", url.password().unwrap_or_default())
            .env("PGDATABASE", url.path().trim_start_matches('/'))
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run pgbench")?;
        ensure!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn find() -> Result<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin/pgbench"))))
        .filter(|(_, path)| path.is_file())
        .max();
    let on_path = || std::process::Command::new("pgbench").arg("--version").output().is_ok_and(|t| t.status.success());
    match newest {
        Some((_, path)) => Ok(path),
        None if on_path() => Ok("pgbench".into()),
        None => bail!("pgbench is not installed; on Debian and Ubuntu it comes with: apt-get install postgresql"),
    }
}

/// Transactions per second and average latency.
fn parse(report: &str) -> Result<(f64, f64)> {
    let after = |prefix: &str| {
        let line = report.lines().find_map(|line| line.strip_prefix(prefix));
        line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
            .with_context(|| format!("pgbench did not say `{prefix}`:\n{report}"))
    };
    Ok((after("tps = ")?, after("latency average = ")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_says_is_understood() {
        let report = "transaction type: <builtin: TPC-B (sort of)>\nnumber of failed transactions: 0 (0.000%)\n\
                    latency average = 10.693 ms\ninitial connection time = 61.402 ms\n\
                    tps = 2992.647832 (without initial connection time)\n";
        assert_eq!(parse(report).expect("it says all"), (2992.647832, 10.693));
        assert!(parse("tps = many").is_err());
    }
}
