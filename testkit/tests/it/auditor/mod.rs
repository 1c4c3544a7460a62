//! The auditor on a bank that runs: what it finds, what it stops, and that it finds nothing where nothing is wrong.

mod altered;
mod broken_commits;
mod chain;
mod no_false_alarm;
mod plants;
mod public;
mod rows;
mod runbook;

use std::time::Instant;

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use testkit::chaos::{Jangbu, Part};
use uuid::Uuid;

use crate::support::{TestApp, TestClient, eventually};

/// How far the auditors of this log are.
const PROVEN: &str = "select max(position) from audit_progress where log_id = (select log_id from log_head)";

/// A bank with an auditor, and two members who pay each other.
struct Audited {
    app: TestApp,
    log: String,
    payer: TestClient,
    from: Uuid,
    to: Uuid,
}

impl Audited {
    async fn start(parts: &[Part]) -> Self {
        let mut app = TestApp::start(parts).await;
        let (payer, from) = app.funded_member(1_000_000).await;
        let (_, to) = app.funded_member(0).await;
        let log = app.pair.log.superuser_url();
        Self { app, log, payer, from, to }
    }

    /// Waits until the whole log is proven, as long as more of it is.
    async fn wait_until_proven(&self) {
        let head = self.app.head().await;
        let mut before = None;
        while before < Some(head) {
            before = eventually("more of the log is proven", async || {
                let mut log = PgConnection::connect(&self.log).await.map_err(|error| error.to_string())?;
                let proven: Option<i64> =
                    sqlx::query_scalar(PROVEN).fetch_one(&mut log).await.map_err(|error| error.to_string())?;
                let alarms: Vec<String> = sqlx::query_scalar("select rule || ': ' || what from audit_alarms")
                    .fetch_all(&mut log)
                    .await
                    .map_err(|error| error.to_string())?;
                if proven > before { Ok(proven) } else { Err(format!("{proven:?} of {head}, alarms: {alarms:?}")) }
            })
            .await;
        }
    }

    /// How far the log is proven.
    async fn proven(&self) -> Option<i64> {
        let mut log = PgConnection::connect(&self.log).await.unwrap();
        sqlx::query_scalar(PROVEN).fetch_one(&mut log).await.unwrap()
    }

    /// The alarm that stops all commands: its number, its rule, and what was found. The time that it took is printed and not judged.
    async fn alarm(&self, name: &str, since: Instant) -> (i64, String, String) {
        let found = eventually(name, async || {
            let mut log = PgConnection::connect(&self.log).await.map_err(|error| error.to_string())?;
            let row: Option<(i64, String, String)> =
                sqlx::query_as("select id, rule, what from audit_alarms where id = (select stopped_by from log_head)")
                    .fetch_optional(&mut log)
                    .await
                    .map_err(|error| error.to_string())?;
            row.ok_or_else(|| "no alarm stops the log".to_owned())
        })
        .await;
        println!("{name}: caught and stopped after {} ms", since.elapsed().as_millis());
        found
    }

    /// No command is carried out, and what it is refused with says why.
    async fn is_stopped(&self) {
        let answer = self.payer.transfer(self.from, self.to, 1).await;
        let answer = answer.expect_problem(503, "audit-alarm");
        assert_eq!(answer.headers.get("retry-after").and_then(|value| value.to_str().ok()), Some("30"));
    }

    /// Acknowledges every open alarm; commands are carried out again.
    async fn resume(&self) -> Vec<Value> {
        let jangbu = self.jangbu();
        let mut answers = Vec::new();
        // A fault may come to more than one alarm, one after the other.
        eventually("commands go on", async || {
            let shown = jangbu.ask(&["audit", "show"]).await.map_err(|error| error.to_string())?;
            if let Some(alarm) = shown.json["stopped_by"].as_i64() {
                assert_eq!(shown.code, 1, "an open alarm is something wrong");
                let resume = ["audit", "resume", "--alarm", &alarm.to_string(), "--reason", "a test", "--yes"];
                answers.push(jangbu.run(&resume).await.map_err(|error| format!("{error:#}"))?);
            }
            match self.payer.transfer(self.from, self.to, 1).await.status {
                201 => Ok(()),
                other => Err(format!("a transfer is answered {other}")),
            }
        })
        .await;
        answers
    }

    fn jangbu(&self) -> Jangbu {
        Jangbu::new(&self.app.bank.plan().binaries, &self.app.pair).unwrap()
    }

    /// Ends a bank whose log is damaged: nothing else is checked of it.
    async fn end(mut self) {
        self.app.bank.end_all().await.unwrap();
    }
}
