//! `jangbu vault status`.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use vault::{Kek, Keyring};

use super::keyring::{failed, open};
use crate::{
    config::Config,
    failure::Failure,
    output::{Output, Table},
};

/// One key-encryption key.
#[derive(Debug, Serialize)]
pub struct Line {
    epoch: Option<i64>,
    kek: String,
    wrapped: i64,
    current: bool,
    state: &'static str,
    made_at: Option<DateTime<Utc>>,
    retired_at: Option<DateTime<Utc>>,
    destroyed_at: Option<DateTime<Utc>>,
}

pub async fn run(config: &Config, output: Output) -> Result<(), Failure> {
    let (kek, keyring) = open(config).await?;
    output.show(&lines(&*kek, &keyring).await?, |lines| text(lines))
}

/// Every epoch, and the holder's current key even if nothing knows it yet.
pub async fn lines(kek: &dyn Kek, keyring: &Keyring) -> Result<Vec<Line>, Failure> {
    let current = kek.current().await.map_err(Failure::Kek)?;
    let held = kek.held().await.map_err(Failure::Kek)?;
    let counts = keyring.count().await.map_err(failed("counting wrapped keys"))?;
    let mut wraps: HashMap<String, i64> = counts.into_iter().map(|count| (count.kek, count.wrapped)).collect();
    let mut lines: Vec<Line> = Vec::new();
    for epoch in keyring.epochs().await.map_err(failed("reading the epochs"))? {
        let is_current = epoch.kek == current;
        let state = match (epoch.destroyed_at, epoch.retired_at) {
            (Some(_), _) => "destroyed",
            _ if !held.contains(&epoch.kek) => "lost",
            (_, Some(_)) => "retired",
            _ if is_current => "current",
            _ => "in use",
        };
        lines.push(Line {
            epoch: Some(epoch.epoch),
            wrapped: wraps.remove(&epoch.kek).unwrap_or_default(),
            current: is_current,
            kek: epoch.kek,
            state,
            made_at: Some(epoch.made_at),
            retired_at: epoch.retired_at,
            destroyed_at: epoch.destroyed_at,
        });
    }
    let known: Vec<&str> = lines.iter().map(|line| line.kek.as_str()).collect();
    let unknown = [current.clone()].into_iter().filter(|id| !known.contains(&id.as_str()) && !wraps.contains_key(id));
    let unknown: Vec<(String, i64)> = unknown.map(|id| (id, 0)).collect();
    lines.extend(wraps.into_iter().chain(unknown).map(|(kek, wrapped)| Line {
        epoch: None,
        wrapped,
        current: kek == current,
        state: if kek == current { "current" } else { "in use" },
        kek,
        made_at: None,
        retired_at: None,
        destroyed_at: None,
    }));
    Ok(lines)
}

/// As a table for people.
pub fn text(lines: &[Line]) -> String {
    let mut table = Table::new(["epoch", "key-encryption key", "wraps", "", "since"]);
    for line in lines {
        let epoch = line.epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
        let since = line.destroyed_at.or(line.retired_at).or(line.made_at);
        let since = since.map_or_else(String::new, |time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
        table.row([epoch, line.kek.clone(), line.wrapped.to_string(), line.state.into(), since]);
    }
    table.render()
}
