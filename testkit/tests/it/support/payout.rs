//! A payout run that is being paid.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, TestClient, eventually, people::post};

/// A row: whom it pays, and how much.
pub type Row = (Uuid, u64);

/// A run of a service. The memo of each row is the name of the run and the number of the row.
pub struct PayoutRun {
    pub service: TestClient,
    pub id: Uuid,
    pub name: String,
}

impl PayoutRun {
    /// Opens a run with these rows, numbered from 1, and starts it, however often servers are killed meanwhile.
    pub async fn start(service: &TestClient, source: Uuid, name: &str, rows: &[Row]) -> Self {
        let body = json!({"source": source, "name": name, "reference": name});
        let opened = post(service, "/v1/payout-runs", &format!("{name}-open"), &body).await.expect(201);
        let run = Self { service: service.clone(), id: opened.id("run_id"), name: name.to_owned() };
        let lines = rows.iter().zip(1..).map(|((to, amount), row)| format!("{row},{to},{amount},{}\n", run.memo(row)));
        let table = format!("row,destination,amount,memo\n{}", lines.collect::<String>());
        let (url, key) = (format!("{}{}", service.command, run.path("/rows")), format!("{name}-rows"));
        eventually("the rows are added", async || {
            let headers = [("content-type", "text/csv"), ("idempotency-key", key.as_str())];
            let sent = service.send(Method::POST, &url, &headers, Some(table.clone().into_bytes())).await;
            let answer = sent.map_err(|error| error.to_string())?;
            if answer.status == 200 { Ok(()) } else { Err(answer.body.to_string()) }
        })
        .await;
        let total: u64 = rows.iter().map(|(_, amount)| amount).sum();
        let body = json!({"expected_rows": rows.len(), "expected_total": total.to_string()});
        post(service, &run.path("/start"), &format!("{name}-start"), &body).await.expect(202);
        run
    }

    /// The path of the run, or of something of it.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/payout-runs/{}{rest}", self.id)
    }

    /// The memo of a row.
    pub fn memo(&self, row: usize) -> String {
        format!("{} {row}", self.name)
    }

    /// Whether every row was paid or refused, as far as the view is.
    pub async fn is_finished(&self) -> bool {
        self.service.get(&self.path("")).await.body["status"] == "finished"
    }

    /// The run, once every row was paid or refused.
    pub async fn finished(&self) -> Answer {
        eventually("the run is finished", async || {
            let seen = self.service.get(&self.path("")).await;
            if seen.body["status"] == "finished" { Ok(seen) } else { Err(seen.body.to_string()) }
        })
        .await
    }
}
