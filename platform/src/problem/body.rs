//! The body of a problem.

use axum::http::HeaderValue;
use serde::{Serialize, Serializer, ser::SerializeMap};
use uuid::Uuid;

use super::inner::Inner;

/// The media type of problems.
pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

pub(super) struct Body<'a> {
    problem: &'a Inner,
    request_id: Uuid,
}

impl<'a> Body<'a> {
    pub(super) fn new(problem: &'a Inner, request_id: Uuid) -> Self {
        Self { problem, request_id }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let problem = self.problem;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", problem.code.page())?;
        map.serialize_entry("title", problem.code.title())?;
        map.serialize_entry("status", &problem.status.as_u16())?;
        map.serialize_entry("detail", problem.detail.as_deref().unwrap_or(problem.code.title()))?;
        map.serialize_entry("code", problem.code.as_str())?;
        map.serialize_entry("request_id", &self.request_id)?;
        if !problem.errors.is_empty() {
            map.serialize_entry("errors", &problem.errors)?;
        }
        for (name, value) in &problem.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The body as bytes.
pub(crate) fn render(problem: &Inner, request_id: Uuid) -> Vec<u8> {
    // Strings and numbers into memory: it cannot fail, and if it could, the status is still right.
    serde_json::to_vec(&Body::new(problem, request_id)).unwrap_or_default()
}
