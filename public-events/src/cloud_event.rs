//! The envelope.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A CloudEvent in its structured JSON form.
///
/// The attributes are those of CloudEvents 1.0.2, with the extensions `sequence`, `partitionkey` (partitioning) and `correlationid`
/// (correlation) as the same project documents them: <https://github.com/cloudevents/spec>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// The same each time the event is made: who has seen it has seen the event.
    pub id: Uuid,
    /// `/jangbu/<log id>`.
    pub source: String,
    /// `1.0`.
    pub specversion: Cow<'static, str>,
    /// Such as `bank.jangbu.transfer.posted.v1`.
    #[serde(rename = "type")]
    pub event_type: Cow<'static, str>,
    /// The id of what the event is about: an account, a transfer, a hold, a member.
    pub subject: String,
    /// When the log recorded it.
    pub time: DateTime<Utc>,
    /// `application/json`.
    pub datacontenttype: Cow<'static, str>,
    /// Names the schema of `data`: `urn:jangbu:schema:transfer.posted:v1`.
    pub dataschema: Cow<'static, str>,
    /// The version of the account that `partitionkey` names, after the event: 19 digits, so that texts sort as numbers do. It grows from event
    /// to event of the account, and leaves out what is not public. Absent if the event did not change the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// What is kept in order: the id of the account; of what concerns no account, the id of its owner or of its subject.
    pub partitionkey: String,
    /// Follows one request through everything that came of it.
    pub correlationid: String,
    /// What happened, as `dataschema` says.
    pub data: serde_json::Value,
}

impl CloudEvent {
    /// The version of the specification.
    pub const SPEC_VERSION: &'static str = "1.0";
    /// The media type of [`CloudEvent::data`].
    pub const DATA_CONTENT_TYPE: &'static str = "application/json";
    /// The media type of the event as a whole, in its structured JSON form.
    pub const CONTENT_TYPE: &'static str = "application/cloudevents+json";
}
