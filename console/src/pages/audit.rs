//! The audit: how far the books are proven, what broke a rule, what operators did, and what was done to views.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;

use super::{
    audit_views::{self, ViewActRow, ViewActs},
    operators::{Operators, everybody},
};
use crate::{
    client::Address,
    format::{Moment, count, duration},
    links,
    page::{Choice, Page, show},
    visit::SignedIn,
};

/// Alarms on the page. Those that nobody has acknowledged come first.
const ALARMS: usize = 50;

/// Whose actions, when, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    operator: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    cursor: String,
    /// Where the list of what was done to views goes on.
    #[serde(default)]
    views_cursor: String,
}

#[derive(Deserialize)]
struct Audit {
    auditor: Option<String>,
    audited_position: Option<i64>,
    audited_at: Option<String>,
    head: i64,
    lag_ms: i64,
    #[serde(default)]
    rechecked_position: Option<i64>,
    #[serde(default)]
    rechecked_at: Option<String>,
    #[serde(default)]
    stopped_by: Option<i64>,
    alarms: Vec<Alarm>,
    invariants: Vec<Invariant>,
}

#[derive(Deserialize)]
struct Alarm {
    #[serde(default)]
    id: i64,
    position: i64,
    rule: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    raised_at: String,
    acknowledged_at: Option<String>,
    #[serde(default)]
    acknowledged_by: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Invariant {
    rule: String,
    checked: i64,
    found: i64,
    #[serde(default)]
    skipped: i64,
}

#[derive(Deserialize)]
struct Actions {
    items: Vec<Action>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    at: String,
    position: i64,
    operator_id: String,
    name: String,
    session_id: String,
    #[serde(default)]
    from: Option<String>,
    reason: String,
    action: String,
    subject: String,
    approval: Option<Approval>,
}

#[derive(Deserialize)]
struct Approval {
    approval_id: String,
    approver_name: String,
}

struct Proven {
    auditor: String,
    position: String,
    head: String,
    lag: String,
    at: Moment,
    rechecked: String,
    rechecked_at: Moment,
}

struct AlarmRow {
    id: i64,
    position: i64,
    rule: String,
    what: String,
    raised: Moment,
    acknowledged: Option<Moment>,
    by: String,
    reason: String,
}

struct RuleRow {
    rule: String,
    checked: String,
    found: String,
    skipped: String,
    is_kept: bool,
}

struct ActionRow {
    at: Moment,
    position: i64,
    name: String,
    href: String,
    session: String,
    from: String,
    reason: String,
    action: String,
    subject: String,
    subject_href: String,
    approver: Option<String>,
    approval_href: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Screen {
    page: Page,
    proven: Option<Proven>,
    stopped_by: Option<i64>,
    alarms: Vec<AlarmRow>,
    has_more_alarms: bool,
    rules: Vec<RuleRow>,
    trouble: Option<String>,
    operators: Vec<Choice>,
    from: String,
    to: String,
    actions: Vec<ActionRow>,
    actions_trouble: Option<String>,
    more: Option<String>,
    view_acts: Vec<ViewActRow>,
    view_acts_trouble: Option<String>,
    more_view_acts: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-audit");
    let time = |typed: &str| page.format.typed(typed).unwrap_or_default();
    let (from, to, operator) = (time(&asked.from), time(&asked.to), asked.operator.trim());
    let address = Address::query("/v1/audit/actions").with("operator", operator).with("from", &from).with("to", &to);
    let (audit, actions, view_acts, operators) = tokio::join!(
        visit.get::<Audit>(Address::query("/v1/audit")),
        visit.get::<Actions>(address.with("cursor", &asked.cursor)),
        visit.get::<ViewActs>(audit_views::address(operator, (&from, &to), &asked.views_cursor)),
        everybody(&visit),
    );
    let (audit, trouble) = page.part(audit);
    let (actions, actions_trouble) = page.part(actions);
    let (view_acts, view_acts_trouble) = page.part(view_acts);
    let operators = operators.unwrap_or_default();
    let pairs = [("operator", operator), ("from", asked.from.as_str()), ("to", asked.to.as_str())];
    // Each of the two lists goes on, and the other stays where it is.
    let stays = |name: &'static str, cursor| [&pairs[..], &[(name, cursor)]].concat();
    let next = actions.as_ref().and_then(|actions| actions.next_cursor.as_ref());
    let more = links::more("/audit", &stays("views_cursor", asked.views_cursor.as_str()), next);
    let next = view_acts.as_ref().and_then(|acts| acts.next_cursor.as_deref());
    let more_view_acts = next.map(|next| {
        let pairs = [stays("cursor", asked.cursor.as_str()), vec![("views_cursor", next)]].concat();
        links::with("/audit", &pairs)
    });
    let view_acts = view_acts.map(|acts| acts.rows(&page, &operators)).unwrap_or_default();
    let actions = actions.map(|actions| actions.items).unwrap_or_default();
    let proven = audit.as_ref().map(|audit| proven(&page, audit));
    let stopped_by = audit.as_ref().and_then(|audit| audit.stopped_by);
    let (alarms, rules) = audit.map(|audit| (audit.alarms, audit.invariants)).unwrap_or_default();
    show(&Screen {
        proven,
        stopped_by,
        has_more_alarms: alarms.len() > ALARMS,
        alarms: alarms.into_iter().take(ALARMS).map(|alarm| alarm_row(&page, alarm)).collect(),
        rules: rules.into_iter().map(rule).collect(),
        trouble,
        operators: choices(operators, operator),
        actions: actions.into_iter().map(|action| action_row(&page, action)).collect(),
        actions_trouble,
        more: more.map(|link| format!("{link}#actions")),
        view_acts,
        view_acts_trouble,
        more_view_acts: more_view_acts.map(|link| format!("{link}#view-actions")),
        from: asked.from,
        to: asked.to,
        page,
    })
}

/// All operators, and who was asked for though nobody knows them.
fn choices(operators: Operators, asked: &str) -> Vec<Choice> {
    let choice = |value: String, name: String| Choice { is_chosen: value == asked, value, name };
    let mut all: Vec<Choice> =
        operators.items.into_iter().map(|operator| choice(operator.operator_id, operator.name)).collect();
    if !asked.is_empty() && !all.iter().any(|choice| choice.is_chosen) {
        all.push(choice(asked.to_owned(), asked.to_owned()));
    }
    all
}

fn proven(page: &Page, audit: &Audit) -> Proven {
    let time = |text: &Option<String>| page.format.time(text.as_deref().unwrap_or_default());
    Proven {
        auditor: audit.auditor.clone().unwrap_or_default(),
        position: audit.audited_position.map(count).unwrap_or_default(),
        head: count(audit.head),
        lag: duration(audit.lag_ms),
        at: time(&audit.audited_at),
        rechecked: audit.rechecked_position.map(count).unwrap_or_default(),
        rechecked_at: time(&audit.rechecked_at),
    }
}

fn alarm_row(page: &Page, alarm: Alarm) -> AlarmRow {
    AlarmRow {
        id: alarm.id,
        position: alarm.position,
        rule: alarm.rule,
        what: alarm.what,
        raised: page.format.time(&alarm.raised_at),
        acknowledged: alarm.acknowledged_at.map(|text| page.format.time(&text)),
        by: alarm.acknowledged_by.unwrap_or_default(),
        reason: alarm.reason.unwrap_or_default(),
    }
}

fn rule(invariant: Invariant) -> RuleRow {
    RuleRow {
        rule: invariant.rule,
        checked: count(invariant.checked),
        found: count(invariant.found),
        skipped: count(invariant.skipped),
        is_kept: invariant.found == 0,
    }
}

fn action_row(page: &Page, action: Action) -> ActionRow {
    let approval_id = action.approval.as_ref().map(|approval| links::to("approval", &approval.approval_id));
    ActionRow {
        at: page.format.time(&action.at),
        position: action.position,
        href: links::to("operator", &action.operator_id),
        name: action.name,
        session: action.session_id,
        from: action.from.unwrap_or_default(),
        reason: action.reason,
        action: action.action,
        subject_href: links::to("stream", &action.subject),
        subject: action.subject,
        approval_href: approval_id.unwrap_or_default(),
        approver: action.approval.map(|approval| approval.approver_name),
    }
}
