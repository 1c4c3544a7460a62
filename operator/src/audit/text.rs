//! The audit as text for people.

use log::{Alarm, AuditState, Head};

use crate::output::{Table, thousands, wrap};

/// How far it is, the rules, and the alarms.
pub fn all(state: &AuditState, head: &Head) -> String {
    let mut text = standing(state, head);
    if let Some(progress) = &state.progress {
        let mut table = Table::new(["the log", "checked", "wrong", ""]);
        for rule in &progress.invariants {
            let mut word = if rule.found == 0 { "ok" } else { "WRONG" }.to_owned();
            if rule.skipped > 0 {
                word.push_str(&format!(", {} not compared", thousands(rule.skipped)));
            }
            table.row([rule.rule.clone(), thousands(rule.checked), thousands(rule.found), word]);
        }
        text.push_str(&format!("\n{}", table.render()));
    }
    for alarm in &state.alarms {
        text.push_str(&format!("\n{}", one(alarm)));
    }
    text.push('\n');
    text.push_str(&match state.stopped_by {
        None => "No alarm stops commands.\n".to_owned(),
        Some(alarm) => format!(
            "Alarm {alarm} stops all commands: docs/runbooks/audit-alarm.md, then `jangbu audit resume --alarm {alarm} --reason WHY`.\n"
        ),
    });
    text
}

fn standing(state: &AuditState, head: &Head) -> String {
    let Some(progress) = &state.progress else {
        return format!("no auditor has reported on log {}\n", head.log);
    };
    let proven = thousands(state.proven().unwrap_or_default().number());
    let mut text = format!("log {}, proven up to {proven} of {}\n", head.log, thousands(head.position.number()));
    text.push_str(&format!("reported by {} at {}\n", progress.auditor, progress.audited_at.to_rfc3339()));
    if let Some((position, at)) = progress.rechecked {
        text.push_str(&format!("read again up to {} by {}\n", thousands(position.number()), at.to_rfc3339()));
    }
    text
}

fn one(alarm: &Alarm) -> String {
    let state = if alarm.acknowledged.is_some() { "acknowledged" } else { "OPEN" };
    let (raised_at, position) = (alarm.raised_at.to_rfc3339(), thousands(alarm.alarm.position.number()));
    let mut lines = vec![
        format!("alarm {}: {state}, raised by {} at {raised_at}, position {position}", alarm.id, alarm.raised_by),
        wrap("  rule    ", &alarm.alarm.rule),
        wrap("  found   ", &alarm.alarm.what),
    ];
    if let Some(answer) = &alarm.acknowledged {
        lines.push(wrap("  resumed ", &format!("by {} at {}: {}", answer.by, answer.at.to_rfc3339(), answer.reason)));
    }
    lines.push(String::new());
    lines.join("\n")
}
