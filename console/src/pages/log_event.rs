//! Commits and events of the log, as the query server tells them and the screens show them.

use serde::Deserialize;
use serde_json::Value;

use crate::{format::Moment, page::Page};

/// So many characters of an event are shown where many are shown.
const LONGEST: usize = 1_500;

/// A commit: what one command wrote.
#[derive(Deserialize)]
pub(crate) struct Commit {
    pub(crate) first_position: i64,
    pub(crate) last_position: i64,
    pub(crate) recorded_at: String,
    pub(crate) command_id: String,
    pub(crate) actor: Actor,
    pub(crate) events: Vec<CommitEvent>,
}

/// Who asked.
#[derive(Deserialize)]
pub(crate) struct Actor {
    role: String,
    id: String,
}

/// An event of a commit. What it says is shown as it is: the record has more types of events than this console knows.
#[derive(Deserialize)]
pub(crate) struct CommitEvent {
    pub(crate) position: i64,
    pub(crate) stream_id: String,
    pub(crate) version: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    data: Value,
}

/// An event of a stream, with what the stream comes to with it if that was asked for.
#[derive(Deserialize)]
pub(crate) struct StreamEvent {
    pub(crate) position: i64,
    pub(crate) version: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) recorded_at: String,
    command_id: String,
    pub(crate) actor: Actor,
    pub(crate) data: Value,
    #[serde(default)]
    state: Value,
    #[serde(default)]
    state_error: Option<String>,
}

/// One event, as it is shown.
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) version: i64,
    pub(crate) kind: String,
    /// Empty where all events are of one stream.
    pub(crate) stream: String,
    pub(crate) command: String,
    pub(crate) actor: String,
    pub(crate) at: Moment,
    /// What it says, as it is recorded; sealed fields are sealed.
    pub(crate) data: String,
    /// What the stream was before it; empty if nobody asked, or if it is the first.
    pub(crate) before: String,
    /// What the stream is after it, or why it is nothing; empty if nobody asked.
    pub(crate) state: String,
}

impl Actor {
    /// `operator 0193…`.
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.role, self.id)
    }
}

impl StreamEvent {
    /// What the stream is after it, or why it is nothing.
    pub(crate) fn made(&self) -> String {
        self.state_error.clone().unwrap_or_else(|| pretty(&self.state))
    }
}

impl EventRow {
    pub(crate) fn of_commit(page: &Page, commit: &Commit, event: &CommitEvent) -> Self {
        Self {
            position: event.position,
            version: event.version,
            kind: event.kind.clone(),
            stream: event.stream_id.clone(),
            command: commit.command_id.clone(),
            actor: commit.actor.text(),
            at: page.format.time(&commit.recorded_at),
            data: pretty(&event.data),
            before: String::new(),
            state: String::new(),
        }
    }

    pub(crate) fn of_stream(page: &Page, event: StreamEvent) -> Self {
        Self {
            position: event.position,
            version: event.version,
            stream: String::new(),
            command: event.command_id.clone(),
            actor: event.actor.text(),
            at: page.format.time(&event.recorded_at),
            data: pretty(&event.data),
            before: String::new(),
            state: event.made(),
            kind: event.kind,
        }
    }
}

/// A text or a number as people read it; nothing of nothing.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The beginning of what an event says, where many are shown on one page: each leads to the whole of it.
pub(crate) fn shortened(data: String) -> String {
    match data.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &data[..end]),
        None => data,
    }
}

pub(super) fn pretty(value: &Value) -> String {
    if value.is_null() { String::new() } else { serde_json::to_string_pretty(value).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_event_is_cut_between_its_letters() {
        assert_eq!(shortened("short".to_owned()), "short");
        let cut = shortened("원".repeat(LONGEST + 1));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (LONGEST + 1, true));
    }
}
