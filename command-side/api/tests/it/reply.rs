//! An answer as a client has it.

use std::fmt::Write;

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The code of a problem, whose form is checked on the way.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert_eq!(json["request_id"].as_str(), self.header("x-request-id"));
        json["code"].as_str().expect("a code").to_owned()
    }

    /// What a snapshot keeps: the status, the headers that are ours, the body.
    pub fn shown(&self) -> String {
        let mut text = format!("{}\n", self.status.as_u16());
        for name in ["consistency-token", "content-type", "idempotency-replayed", "retry-after", "www-authenticate"] {
            if let Some(value) = self.header(name) {
                writeln!(text, "{name}: {value}").expect("a string");
            }
        }
        match self.text.is_empty() {
            true => text,
            false => format!("{text}\n{}", serde_json::to_string_pretty(&self.json()).expect("JSON")),
        }
    }
}
