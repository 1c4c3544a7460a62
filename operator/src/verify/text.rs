//! The report of an audit, for people.

use audit::{Report, TableReport};

use crate::output::{Table, thousands};

/// The report for people.
pub fn text(report: &Report) -> String {
    Text(report).whole()
}

/// A table holds what it must, lacks what is parked, or is wrong.
fn word(table: &TableReport) -> &'static str {
    match (table.sound, table.is_equal()) {
        (true, true) => "ok",
        (true, false) => "parked",
        (false, _) => "WRONG",
    }
}

struct Text<'a>(&'a Report);

impl Text<'_> {
    fn whole(&self) -> String {
        let mut text = self.head();
        text.push_str(&self.sums());
        text.push_str(&self.rules());
        if !self.0.views.is_empty() {
            text.push_str(&self.tables());
        }
        text.push_str(&self.details());
        text.push_str(&match (self.0.sound, self.0.parked_keys) {
            (true, 0) => "Everything holds.\n".to_owned(),
            (true, keys) => {
                format!("Nothing is wrong, but {} keys are parked: `jangbu views parked list`.\n", thousands(keys))
            }
            (false, _) => "Something is wrong: see above.\n".to_owned(),
        });
        text
    }

    fn head(&self) -> String {
        let log = &self.0.log;
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
        for sum in &self.0.log.sums {
            table.row([sum.asset.clone(), sum.members.clone(), sum.system.clone(), sum.sum.clone()]);
        }
        format!("{}\n", table.render())
    }

    fn rules(&self) -> String {
        let mut table = Table::new(["the log", "checked", "wrong", ""]);
        for check in &self.0.checks {
            let word = if check.found == 0 { "ok" } else { "WRONG" };
            table.row([check.rule.into(), thousands(check.checked), thousands(check.found), word.into()]);
        }
        format!("{}\n", table.render())
    }

    fn tables(&self) -> String {
        let head = ["the views", "generation", "position", "rows", "from the log", "digest", "of the log", ""];
        let mut table = Table::new(head);
        for view in &self.0.views {
            let number = |n: Option<i64>| n.map_or("-".into(), thousands);
            let place = [number(view.generation.map(i64::from)), number(view.position)];
            for t in &view.tables {
                let word = word(t);
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
        for check in self.0.checks.iter().filter(|c| c.found > 0) {
            let title = format!("WRONG: {}", check.rule);
            text.push_str(&list(&title, &check.findings, check.found.saturating_sub(check.findings.len() as u64), ""));
        }
        for view in &self.0.views {
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
