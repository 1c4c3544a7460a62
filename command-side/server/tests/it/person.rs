//! Somebody who signs up, logs in and does things.

#![allow(clippy::unwrap_used, reason = "test support")]

use std::time::Duration;

use kernel::{Ids, RandomIds};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::app::{Server, TestApp};

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    pub fn problem(self, status: u16, code: &str) -> Self {
        let reply = self.expect(status);
        assert_eq!(reply.body["code"], code, "{}", reply.body);
        reply
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub fn fresh_key() -> String {
    RandomIds.fresh().to_string()
}

impl Server {
    /// One request, under this key and token.
    pub async fn ask(&self, method: &str, path: &str, key: &str, token: Option<&str>, body: &Value) -> Reply {
        let method: Method = method.parse().unwrap();
        let mut request = self.client().request(method, format!("{}{path}", self.base)).json(body);
        request = request.header("idempotency-key", key);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub async fn log_in(&self, login_id: &str, password: &str) -> Reply {
        let body = json!({"login_id": login_id, "password": password});
        self.ask("POST", "/v1/sessions", "unused", None, &body).await
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        self.ask("POST", "/v1/sessions/refresh", &fresh_key(), None, &json!({"refresh_token": token})).await
    }
}

pub struct Person {
    pub login_id: String,
    pub password: String,
    pub channel: &'static str,
    pub contact: String,
}

impl Person {
    pub fn new(channel: &'static str) -> Self {
        let unique = RandomIds.digits();
        let contact = match channel {
            "email" => format!("p{unique}@example.com"),
            _ => format!("+8210{:08}", unique % 100_000_000),
        };
        let login_id = format!("p{unique}");
        Self { login_id, password: "correct horse 7 battery!".to_owned(), channel, contact }
    }

    pub fn sign_up_request(&self) -> Value {
        json!({
            "login_id": self.login_id, "password": self.password, "real_name": "김민지",
            "contact": {"channel": self.channel, "value": self.contact},
            "consents": [{"document": "terms", "version": 1, "agreed": true}],
        })
    }

    /// The newest code that was caught, once there are so many messages.
    pub async fn code(&self, app: &TestApp, messages: usize) -> String {
        let catcher = app.catcher.as_ref().unwrap();
        let caught = async {
            loop {
                let caught = catcher.caught.messages(Some(&self.contact), 20);
                if caught.len() >= messages {
                    return caught[0].text.clone();
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        let text = timeout(Duration::from_secs(15), caught).await.expect("a message in time");
        let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6).collect();
        assert_eq!(runs.len(), 1, "the code is the only run of six digits");
        runs[0].to_owned()
    }

    /// Signs up and verifies; the member's id.
    pub async fn join(&self, app: &TestApp, server: &Server) -> String {
        let before = app.catcher.as_ref().unwrap().caught.messages(Some(&self.contact), 20).len();
        let started = server.ask("POST", "/v1/signups", &fresh_key(), None, &self.sign_up_request()).await.expect(202);
        let code = self.code(app, before + 1).await;
        let path = format!("/v1/signups/{}/verify", started.text("signup_id"));
        server.ask("POST", &path, &fresh_key(), None, &json!({ "code": code })).await.expect(201).text("member_id")
    }

    pub async fn log_in(&self, server: &Server) -> Reply {
        server.log_in(&self.login_id, &self.password).await.expect(201)
    }
}

/// The same digits but for one.
pub fn wrong(code: &str) -> String {
    let other = if code.starts_with('7') { "8" } else { "7" };
    format!("{other}{}", &code[1..])
}
