//! The operator's command line, used on a bank.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::kit::{Pair, Role};

/// `jangbu` with the logins of an operator.
#[derive(Clone, Debug)]
pub struct Jangbu {
    program: PathBuf,
    environment: Vec<(&'static str, String)>,
}

/// How a command ended and what it said.
#[derive(Clone, Debug)]
pub struct CommandOutput {
    /// The exit code.
    pub code: i32,
    /// Standard output, if it is JSON.
    pub json: Value,
    /// All of it, for people.
    pub all: String,
}

impl CommandOutput {
    /// Must have ended so.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all);
        self
    }
}

impl Jangbu {
    /// The program in this folder, for these databases.
    pub fn new(binaries: &std::path::Path, databases: &Pair) -> Result<Self> {
        let program = binaries.join("jangbu");
        ensure!(program.is_file(), "{} is not built", program.display());
        let environment = vec![
            ("JANGBU_LOG_DATABASE_URL", databases.log.url(Role::Owner)?),
            ("JANGBU_VIEWS_DATABASE_URL", databases.views.url(Role::Owner)?),
            ("JANGBU_VAULT_DATABASE_URL", databases.vault.url(Role::Owner)?),
            ("JANGBU_OPERATOR", "testkit".to_owned()),
        ];
        Ok(Self { program, environment })
    }

    /// Runs a command to its end, which must be a good one; what it says, as JSON.
    pub async fn run(&self, arguments: &[&str]) -> Result<Value> {
        let running = tokio::process::Command::new(&self.program)
            .args(arguments)
            .arg("--json")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let Ok(output) = tokio::time::timeout(Duration::from_secs(600), running).await else {
            bail!("jangbu {arguments:?} did not end in 600 s");
        };
        let output = output.context("cannot run jangbu")?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "jangbu {arguments:?} ended with {}:\n{out}{err}", output.status);
        serde_json::from_str(&out).with_context(|| format!("jangbu {arguments:?} said {out}"))
    }

    /// Runs a command to its end, whatever that is.
    pub async fn ask(&self, arguments: &[&str]) -> Result<CommandOutput> {
        let output = tokio::process::Command::new(&self.program)
            .args(arguments)
            .arg("--json")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run jangbu")?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok(CommandOutput {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_str(&out).unwrap_or_default(),
            all: format!("jangbu {arguments:?} ended with {}:\n{out}{err}", output.status),
        })
    }

    /// `views WHAT VIEW`, with a reason; the generation that it is about.
    pub async fn views(&self, what: &str, view: &str, more: &[&str]) -> Result<i64> {
        let result = self.run(&[&["views", what, view, "--reason", "readers must not notice"], more].concat()).await?;
        result["generation"].as_i64().with_context(|| format!("views {what} {view} named no generation: {result}"))
    }
}
