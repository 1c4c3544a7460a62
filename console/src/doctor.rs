//! What `jangbu doctor` says. It has logins that the console must not have, so it writes its report into a file, which is read here.

use std::{
    io::{self, ErrorKind},
    path::Path,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tokio::{fs, io::AsyncReadExt};

/// An older report says how things were.
pub(crate) const OLD: TimeDelta = TimeDelta::minutes(15);
/// A longer file is not read to its end, in bytes.
const MOST: u64 = 1024 * 1024;

/// A report, as `jangbu doctor --report` writes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) findings: Vec<Finding>,
}

/// What was found about one thing.
#[derive(Debug, Deserialize)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) what: String,
    pub(crate) found: String,
    #[serde(default)]
    pub(crate) to_do: Option<String>,
}

/// How bad it is; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Fail,
    Warn,
    Unknown,
    Ok,
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoReport {
    /// The console was told of no file.
    Off,
    Missing,
    Unreadable,
    TooLong,
    /// It is JSON of another form, or none.
    Broken,
}

impl Report {
    /// The report in this file, as it is now.
    pub(crate) async fn read(file: Option<&Path>) -> Result<Self, NoReport> {
        let file = file.ok_or(NoReport::Off)?;
        let content = content(file).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => NoReport::Missing,
            _ => NoReport::Unreadable,
        })?;
        if content.len() as u64 > MOST {
            return Err(NoReport::TooLong);
        }
        let mut report: Self = serde_json::from_slice(&content).map_err(|_| NoReport::Broken)?;
        report.findings.sort_by_key(|finding| finding.verdict);
        for finding in &mut report.findings {
            finding.hide_logins();
        }
        Ok(report)
    }

    /// Whether it says how things were, or is of a clock that is far ahead.
    pub(crate) fn is_old(&self, now: DateTime<Utc>) -> bool {
        (now - self.made_at).abs() > OLD
    }

    /// How many of its findings are failures.
    pub(crate) fn failures(&self) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count()
    }
}

impl Finding {
    /// `jangbu doctor` leaves passwords out of its texts itself. Every operator sees them here, so nothing depends on that.
    fn hide_logins(&mut self) {
        for text in [&mut self.what, &mut self.found].into_iter().chain(&mut self.to_do) {
            *text = without_logins(text);
        }
    }
}

/// The beginning of the file, one byte more than a report may have at most.
async fn content(file: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for its writer.
    if !fs::metadata(file).await?.is_file() {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut content = Vec::new();
    fs::File::open(file).await?.take(MOST + 1).read_to_end(&mut content).await?;
    Ok(content)
}

/// The text with neither user nor password in its URLs.
fn without_logins(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(scheme) = rest.find("://") {
        let (before, url) = rest.split_at(scheme + "://".len());
        let (url, after) = url.split_at(url.find(char::is_whitespace).unwrap_or(url.len()));
        let url = url.rsplit_once('@').map_or(url, |(_, place)| place);
        let url = match url.split_once('?') {
            Some((place, query)) if query.contains("password") => place,
            _ => url,
        };
        shown.push_str(before);
        shown.push_str(url);
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_login() {
        for (text, shown) in [
            ("cannot reach postgres://me:hunter2@h:1/log, twice", "cannot reach postgres://h:1/log, twice"),
            ("smtp://me:a@b@h and nats://x:y@h2", "smtp://h and nats://h2"),
            ("postgres://h/log?sslmode=require&password=hunter2 fails", "postgres://h/log fails"),
            ("`smtp://h?tls=required` answers", "`smtp://h?tls=required` answers"),
            ("tell me@bank.example", "tell me@bank.example"),
            ("://", "://"),
            ("", ""),
        ] {
            assert_eq!(without_logins(text), shown, "{text}");
        }
    }

    #[test]
    fn the_worst_comes_first() {
        assert!(Verdict::Fail < Verdict::Warn && Verdict::Warn < Verdict::Unknown && Verdict::Unknown < Verdict::Ok);
    }
}
