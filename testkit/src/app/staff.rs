//! Operators with accounts, who log in as people do.

use std::time::Duration;

use kernel::{Clock, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, TestApp, TestClient};
use crate::kit::{CODE_SECONDS, one_time_code};

/// An operator with what they log in with.
#[derive(Debug)]
pub struct Staff {
    pub id: Uuid,
    pub name: String,
    pub password: String,
    pub secret: String,
    /// The step whose code was used last.
    used: i64,
}

impl Staff {
    /// From the answer to whoever added them, or reset what they log in with.
    pub fn of(added: &Answer) -> Self {
        let text = |field: &str| added.text(field);
        let (name, password, secret) = (text("name"), text("password"), text("totp_secret"));
        Self { id: added.id("operator_id"), name, password, secret, used: 0 }
    }

    /// A code that was not used yet. Three are good at a time; after that the next one is waited for.
    pub async fn code(&mut self) -> String {
        loop {
            let now = SystemClock.now().timestamp();
            // The one before is good for some seconds more, unless those are over soon.
            let first = if now.rem_euclid(CODE_SECONDS) < CODE_SECONDS - 15 { now - CODE_SECONDS } else { now };
            let step = first.div_euclid(CODE_SECONDS).max(self.used + 1);
            if step <= now.div_euclid(CODE_SECONDS) + 1 {
                self.used = step;
                let at = chrono::DateTime::from_timestamp(step * CODE_SECONDS, 0).unwrap();
                return one_time_code(&self.secret, at).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What they send to log in.
    pub async fn log_in_body(&mut self) -> Value {
        let totp = self.code().await;
        json!({"name": self.name, "password": self.password, "totp": totp})
    }
}

impl TestClient {
    /// A request with a body and without a key, as everything that is about sessions takes it.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let headers: &[(&str, &str)] = if body.is_some() { &[("content-type", "application/json")] } else { &[] };
        let body = body.map(|body| body.to_string().into_bytes());
        self.send(method, &format!("{}{path}", self.command), headers, body).await.unwrap()
    }
}

impl TestApp {
    /// Adds an operator with an account.
    pub async fn staff(&mut self, name: &str, role: &str) -> Staff {
        let body = json!({"name": name, "role": role, "reason": "hired"});
        Staff::of(&self.operator().post("/v1/operators", body).await.expect(201))
    }

    /// What the answer to a log-in is.
    pub async fn log_in_answer(&mut self, body: Value) -> Answer {
        self.stranger().ask(Method::POST, "/v1/operators/sessions", Some(body)).await
    }

    /// An operator who logged in, at the first command server. Each command that they send has a reason.
    pub async fn log_in(&mut self, staff: &mut Staff) -> TestClient {
        let body = staff.log_in_body().await;
        let tokens = self.log_in_answer(body).await.expect(201);
        let client = self.client_with(0, staff.id, tokens.text("access_token"));
        TestClient { reason: "a test".to_owned(), ..client }
    }

    /// An operator with an account and this role, who logged in.
    pub async fn logged_in(&mut self, name: &str, role: &str) -> TestClient {
        let mut staff = self.staff(name, role).await;
        self.log_in(&mut staff).await
    }
}
