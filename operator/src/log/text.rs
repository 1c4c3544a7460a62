//! Commits for people.

use std::fmt::Write;

use crate::log_tables::{CommitView, EventView};

/// One line for the commit, one for each event.
pub fn brief(commit: &CommitView) -> String {
    let at = commit.recorded_at.format("%Y-%m-%d %H:%M:%S%.3f");
    let mut text = format!("{}  {at}  {}  command {}\n", span(commit), commit.actor, commit.command_id);
    for event in &commit.events {
        let payload = compact(event);
        let _ = writeln!(text, "  {:<21} {} v{}  {payload}", event.event_type, event.stream_id, event.version);
    }
    text
}

/// Everything that is known of the commit, its payloads line by line.
pub fn full(commit: &CommitView, marked: &[i64]) -> String {
    let mut text = format!("commit {}\n", span(commit));
    for (name, value) in [
        ("recorded at", commit.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        ("actor", commit.actor.clone()),
        ("command", commit.command_id.to_string()),
        ("correlation", commit.correlation.to_string()),
        ("fingerprint", commit.fingerprint.clone()),
    ] {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    for event in &commit.events {
        let mark = if marked.contains(&event.position) { '>' } else { ' ' };
        let _ = writeln!(
            text,
            "{mark} {} {} (schema {}), version {} of {}",
            event.position, event.event_type, event.schema_version, event.version, event.stream_id
        );
        pretty(event).lines().for_each(|line| {
            let _ = writeln!(text, "      {line}");
        });
    }
    let lost = commit.last_position - commit.first_position + 1 - commit.events.len() as i64;
    if lost != 0 {
        let _ = writeln!(text, "  {lost} of its events are not in the log: run `jangbu log verify`");
    }
    text
}

fn span(commit: &CommitView) -> String {
    match (commit.first_position, commit.last_position) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}..{last}"),
    }
}

fn compact(event: &EventView) -> String {
    serde_json::from_str::<serde_json::Value>(event.payload.get())
        .map_or_else(|_| event.payload.to_string(), |value| value.to_string())
}

fn pretty(event: &EventView) -> String {
    serde_json::from_str::<serde_json::Value>(event.payload.get())
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| event.payload.to_string())
}
