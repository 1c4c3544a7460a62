//! What `jangbu log verify` tells.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::findings::Check;
use crate::output::{Table, thousands};

/// Everything that was checked and found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether nothing was found. That events of parked keys wait is no finding.
    pub sound: bool,
    /// How many keys are parked, in all views.
    pub parked_keys: u64,
    pub log: LogReport,
    pub checks: Vec<Check>,
    pub views: Vec<ViewReport>,
}

/// How much of the log was read.
#[derive(Debug, Serialize)]
pub struct LogReport {
    pub log_id: Uuid,
    pub head: i64,
    pub recorded_at: DateTime<Utc>,
    pub events: u64,
    pub commits: u64,
    pub streams: u64,
    pub accounts: u64,
    /// Over every commit and event, byte for byte, in order.
    pub digest: String,
    /// What all members hold together, and what stands against it.
    pub sums: Vec<SumReport>,
    pub seconds: f64,
}

/// One asset.
#[derive(Debug, Serialize)]
pub struct SumReport {
    pub asset: String,
    pub members: String,
    pub system: String,
    pub sum: String,
}

/// One live view held against the log.
#[derive(Debug, Serialize)]
pub struct ViewReport {
    pub view: &'static str,
    pub generation: Option<i32>,
    pub position: Option<i64>,
    /// The keys that an operator took aside: their rows are behind until they are lifted.
    pub parked_keys: Vec<String>,
    /// What is wrong with the view as a whole.
    pub problems: Vec<String>,
    pub tables: Vec<TableReport>,
}

/// One table of a view.
#[derive(Debug, Serialize)]
pub struct TableReport {
    pub table: &'static str,
    pub rows_in_view: u64,
    pub rows_from_log: u64,
    pub digest_of_view: String,
    pub digest_of_log: String,
    /// How many rows differ; at least so many, if `differences_are_all` is false.
    pub differing: u64,
    pub differences_are_all: bool,
    /// The first of them.
    pub differences: Vec<String>,
    /// How many rows are not as the whole log says, because events of parked keys wait; at least so many, if
    /// `parked_are_all` is false. A row that is not what the log says without these events is among those that differ.
    pub parked: u64,
    pub parked_are_all: bool,
    /// The first of them.
    pub parked_rows: Vec<String>,
    /// Whether it holds what the log says without the events that wait.
    pub sound: bool,
}

impl TableReport {
    fn is_equal(&self) -> bool {
        self.digest_of_view == self.digest_of_log && self.rows_in_view == self.rows_from_log
    }

    fn word(&self) -> &'static str {
        match (self.sound, self.is_equal()) {
            (true, true) => "ok",
            (true, false) => "parked",
            (false, _) => "WRONG",
        }
    }
}

impl ViewReport {
    /// Whether the view is what the log says.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.tables.iter().all(|table| table.sound)
    }
}

impl Report {
    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = self.head();
        text.push_str(&self.sums());
        text.push_str(&self.rules());
        if !self.views.is_empty() {
            text.push_str(&self.tables());
        }
        text.push_str(&self.details());
        text.push_str(&match (self.sound, self.parked_keys) {
            (true, 0) => "Everything holds.\n".to_owned(),
            (true, keys) => {
                format!("Nothing is wrong, but {} keys are parked: `jangbu views parked list`.\n", thousands(keys))
            }
            (false, _) => "Something is wrong: see above.\n".to_owned(),
        });
        text
    }

    fn head(&self) -> String {
        let log = &self.log;
        format!(
            "log {} at position {}: {} commits, {} events, {} streams, {} accounts\n\
             digest {}, read in {:.1} s ({} events/s)\n\n",
            log.log_id,
            thousands(log.head),
            thousands(log.commits),
            thousands(log.events),
            thousands(log.streams),
            thousands(log.accounts),
            log.digest,
            log.seconds,
            thousands((log.events as f64 / log.seconds.max(0.001)) as i64),
        )
    }

    fn sums(&self) -> String {
        let mut table = Table::new(["asset", "members", "system", "sum"]);
        for sum in &self.log.sums {
            table.row([sum.asset.clone(), sum.members.clone(), sum.system.clone(), sum.sum.clone()]);
        }
        format!("{}\n", table.render())
    }

    fn rules(&self) -> String {
        let mut table = Table::new(["the log", "checked", "wrong", ""]);
        for check in &self.checks {
            let word = if check.found == 0 { "ok" } else { "WRONG" };
            table.row([check.rule.into(), thousands(check.checked), thousands(check.found), word.into()]);
        }
        format!("{}\n", table.render())
    }

    fn tables(&self) -> String {
        let head = ["the views", "generation", "position", "rows", "from the log", "digest", "of the log", ""];
        let mut table = Table::new(head);
        for view in &self.views {
            let number = |n: Option<i64>| n.map_or("-".into(), thousands);
            let place = [number(view.generation.map(i64::from)), number(view.position)];
            for t in &view.tables {
                let word = t.word();
                let counts = [thousands(t.rows_in_view), thousands(t.rows_from_log)];
                let digests = [t.digest_of_view.clone(), t.digest_of_log.clone(), word.into()];
                let name = format!("{}.{}", view.view, t.table);
                table.row(std::iter::once(name).chain(place.clone()).chain(counts).chain(digests));
            }
        }
        format!("{}\n", table.render())
    }

    /// Every finding, under what it breaks.
    fn details(&self) -> String {
        let mut text = String::new();
        for check in self.checks.iter().filter(|c| c.found > 0) {
            let title = format!("WRONG: {}", check.rule);
            text.push_str(&list(&title, &check.findings, check.found.saturating_sub(check.findings.len() as u64), ""));
        }
        for view in &self.views {
            text.push_str(&list(&format!("WRONG: view {}", view.view), &view.problems, 0, ""));
            text.push_str(&list(&format!("parked keys of view {}", view.view), &view.parked_keys, 0, ""));
            for t in view.tables.iter().filter(|t| t.parked > 0) {
                let title = format!("parked: {} of view {} is behind here", t.table, view.view);
                let more = t.parked.saturating_sub(t.parked_rows.len() as u64);
                text.push_str(&list(&title, &t.parked_rows, more, if t.parked_are_all { "" } else { "at least " }));
            }
            for t in view.tables.iter().filter(|t| !t.sound) {
                let title = format!("WRONG: {} of view {} is not what the log says", t.table, view.view);
                let more = t.differing.saturating_sub(t.differences.len() as u64);
                let least = if t.differences_are_all { "" } else { "at least " };
                text.push_str(&list(&title, &t.differences, more, least));
            }
        }
        text
    }
}

fn list(title: &str, lines: &[String], more: u64, least: &str) -> String {
    if lines.is_empty() && more == 0 {
        return String::new();
    }
    let mut text = format!("{title}\n");
    lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    if more > 0 {
        text.push_str(&format!("  and {least}{} more\n", thousands(more)));
    }
    text.push('\n');
    text
}
