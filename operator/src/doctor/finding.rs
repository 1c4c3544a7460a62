//! What was found about one thing.

use serde::Serialize;

use crate::failure::Failure;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    /// It cannot be looked at from here; nothing says that it is wrong.
    Unknown,
    Warn,
    Fail,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "?",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    pub what: String,
    pub found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_do: Option<String>,
}

impl Finding {
    pub fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, what: what.into(), found: found.into(), to_do: None }
    }

    pub fn unknown(what: impl Into<String>, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, what: what.into(), found: found.into(), to_do: Some(to_do.into()) }
    }

    pub fn warn(what: impl Into<String>, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, what: what.into(), found: found.into(), to_do: Some(to_do.into()) }
    }

    pub fn fail(what: impl Into<String>, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, what: what.into(), found: found.into(), to_do: Some(to_do.into()) }
    }

    /// What could not be looked at, and why.
    pub fn failed(what: impl Into<String>, failure: &Failure) -> Self {
        let mut found = failure.to_string();
        failure.causes().iter().for_each(|cause| found.push_str(&format!(": {cause}")));
        let to_do = failure.advice().unwrap_or_else(|| "see the message".into());
        Self::fail(what, found, to_do)
    }
}

/// Leaves advice at the first of the findings that have it; the others name that one.
pub fn advise_once(findings: &mut [Finding], advice: &str) {
    let mut first: Option<String> = None;
    for finding in findings {
        let Some(to_do) = finding.to_do.as_mut().filter(|to_do| to_do.contains(advice)) else { continue };
        match &first {
            Some(first) if *first == finding.what => *to_do = to_do.replace(advice, "as above"),
            Some(first) => *to_do = to_do.replace(advice, &format!("as for `{first}`")),
            None => first = Some(finding.what.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_do_once_is_said_once() {
        let mut findings = [
            Finding::fail("key", "lost", "put it back"),
            Finding::ok("log", "answers"),
            Finding::fail("command server", "not ready", "put it back; see its logs"),
            Finding::fail("query server", "not ready", "put it back; see its logs"),
        ];
        advise_once(&mut findings, "put it back");
        let said: Vec<&str> = findings.iter().filter_map(|finding| finding.to_do.as_deref()).collect();
        assert_eq!(said, ["put it back", "as for `key`; see its logs", "as for `key`; see its logs"]);
    }
}
