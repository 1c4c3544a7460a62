//! What a problem holds on its way to the edge.

use std::{borrow::Cow, time::Duration};

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::code::Code;

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The path of the field, such as `money.amount` or `transfers[3].memo`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// What a limit allows in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// So many requests.
    pub requests: u32,
    /// In this time; none if the time differs from try to try.
    pub window: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) struct Inner {
    pub(crate) code: Code,
    pub(crate) status: StatusCode,
    pub(crate) detail: Option<Cow<'static, str>>,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) members: Vec<(&'static str, Value)>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) quota: Option<Quota>,
    pub(crate) token_refused: bool,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) cause: Option<String>,
}
