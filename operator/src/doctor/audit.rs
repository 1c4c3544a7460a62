//! The auditor: whether it runs, keeps up, and has found nothing.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, SystemClock};
use log::{AuditState, Head};

use super::finding::Finding;
use crate::{audit, config::Config, failure::Failure};

/// An auditor that runs reports every few seconds.
const SILENT: TimeDelta = TimeDelta::seconds(30);
/// So many events are audited in some seconds.
const BEHIND: i64 = 100_000;

/// How far the books are proven.
pub async fn look(config: &Config) -> Result<Finding, Failure> {
    let (state, head) = audit::read(config).await?;
    Ok(finding(&state, &head, SystemClock.now()))
}

fn finding(state: &AuditState, head: &Head, now: DateTime<Utc>) -> Finding {
    const WHAT: &str = "audit";
    if let Some(alarm) = state.stopped_by {
        let found = state
            .alarms
            .iter()
            .find(|one| one.id == alarm)
            .map_or_else(String::new, |one| format!(": at position {}, {}", one.alarm.position, one.alarm.rule));
        let to_do = "`jangbu audit show` says what was found; docs/runbooks/audit-alarm.md says what to do";
        return Finding::fail(WHAT, format!("alarm {alarm} stops all commands{found}"), to_do);
    }
    let start = "start `auditor`, or look at its log: nobody holds the log against its rules meanwhile";
    let Some(progress) = &state.progress else {
        return Finding::warn(WHAT, "no auditor has reported", start);
    };
    let position = state.proven().unwrap_or_default();
    let behind = head.position.number() - position.number();
    let proven = format!("the books are proven up to {position} of {}", head.position);
    if now - progress.audited_at > SILENT {
        let since = progress.audited_at.to_rfc3339();
        return Finding::warn(WHAT, format!("no auditor has reported since {since}; {proven}"), start);
    }
    if behind > BEHIND {
        return Finding::warn(WHAT, proven, "nothing at once, if it was just started; else look at the auditor's log");
    }
    Finding::ok(WHAT, proven)
}
