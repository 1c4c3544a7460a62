//! The part of Health that says what `jangbu doctor` says.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    doctor::{Finding, NoReport, OLD, Report, Verdict},
    format::{Moment, count, duration},
    page::Page,
    visit::Visit,
};

/// So many rows each list shows; a report with more is read with `jangbu doctor`.
const MOST: usize = 100;

/// What the template shows.
pub(crate) struct Doctor {
    /// Why no report is shown, or what is wrong with it.
    pub(crate) trouble: Option<String>,
    /// What writes a report; none if there is one that is good.
    pub(crate) command: Option<String>,
    pub(crate) report: Option<Shown>,
    pub(crate) is_off: bool,
}

/// A report.
pub(crate) struct Shown {
    pub(crate) made: Moment,
    pub(crate) age: String,
    pub(crate) notable: Vec<FindingRow>,
    pub(crate) good: Vec<FindingRow>,
    /// Heads the list of those that are good.
    pub(crate) good_title: String,
    pub(crate) is_cut: bool,
}

pub(crate) struct FindingRow {
    pub(crate) verdict: String,
    pub(crate) tone: &'static str,
    pub(crate) what: String,
    pub(crate) found: String,
    pub(crate) to_do: String,
}

impl Doctor {
    pub(crate) async fn read(visit: &Visit, page: &Page) -> Self {
        let house = visit.house();
        let file = house.doctor_report.as_deref();
        match Report::read(file).await {
            Ok(report) => Self::of(page, report, house.clock.now(), file),
            Err(why) => Self {
                trouble: Some(page.t(reason(why))),
                command: Some(command(file)),
                report: None,
                is_off: why == NoReport::Off,
            },
        }
    }

    fn of(page: &Page, report: Report, now: DateTime<Utc>, file: Option<&Path>) -> Self {
        let age = now - report.made_at;
        let trouble = if age > OLD {
            Some("health-doctor-old")
        } else if age < -OLD {
            Some("health-doctor-ahead")
        } else {
            None
        };
        Self {
            command: trouble.map(|_| command(file)),
            trouble: trouble.map(|key| page.t(key)),
            report: Some(shown(page, report, age)),
            is_off: false,
        }
    }
}

fn shown(page: &Page, report: Report, age: TimeDelta) -> Shown {
    let made = page.format.moment(report.made_at);
    let (good, notable): (Vec<Finding>, Vec<Finding>) =
        report.findings.into_iter().partition(|finding| finding.verdict == Verdict::Ok);
    let number = count(good.len() as i64);
    Shown {
        made,
        age: duration(age.num_milliseconds().max(0)),
        is_cut: notable.len() > MOST || good.len() > MOST,
        notable: rows(page, notable),
        good_title: page.language().text_with("health-doctor-good", &[("count", &number)]),
        good: rows(page, good),
    }
}

fn rows(page: &Page, findings: Vec<Finding>) -> Vec<FindingRow> {
    findings.into_iter().take(MOST).map(|finding| row(page, finding)).collect()
}

fn row(page: &Page, finding: Finding) -> FindingRow {
    let (key, tone) = match finding.verdict {
        Verdict::Fail => ("health-doctor-fail", "bad"),
        Verdict::Warn => ("health-doctor-warn", ""),
        Verdict::Unknown => ("health-doctor-unknown", ""),
        Verdict::Ok => ("health-doctor-ok", "good"),
    };
    let Finding { what, found, to_do, .. } = finding;
    FindingRow { verdict: page.t(key), tone, what, found, to_do: to_do.unwrap_or_default() }
}

fn reason(why: NoReport) -> &'static str {
    match why {
        NoReport::Off => "health-doctor-off",
        NoReport::Missing => "health-doctor-missing",
        NoReport::Unreadable => "health-doctor-unreadable",
        NoReport::TooLong => "health-doctor-long",
        NoReport::Broken => "health-doctor-broken",
    }
}

/// What writes the report.
fn command(file: Option<&Path>) -> String {
    let file = file.map_or_else(|| "FILE".to_owned(), |file| file.display().to_string());
    format!("jangbu doctor --report {file}")
}
