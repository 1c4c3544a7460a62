//! What the book of approvals finds.

use chrono::TimeDelta;
use events::recorded::{
    ApprovalRejected, ApprovalWithdrawn, CommandRefused, LimitSet, LimitedKind, OperatorAdded, OperatorApproval,
    OperatorListed, Refusal,
};
use kernel::{ApprovalId, OperatorRole, StreamId};

use super::*;
use crate::test_log::{Events, TestLog, krw, minor};

const MINJI: u128 = 900;
const JIWOO: u128 = 901;

fn operator(number: u128) -> OperatorId {
    OperatorId::new(Uuid::from_u128(number))
}

fn name(number: u128) -> String {
    format!("operator-{number}")
}

fn limits() -> u128 {
    StreamId::LIMITS.uuid().as_u128()
}

/// A bank with two admins; Minji sends the next commits.
fn with_two() -> TestLog {
    let mut log = TestLog::new();
    for number in [MINJI, JIWOO] {
        let listed = OperatorListed { operator: operator(number), name: name(number) };
        let added = OperatorAdded { name: name(number), role: OperatorRole::Admin, reason: None, by: None };
        log.sound(vec![(number, added.into()), (StreamId::OPERATORS.uuid().as_u128(), listed.into())]);
    }
    log.operator = Some(Uuid::from_u128(MINJI));
    log
}

/// Events with the act of an operator behind them, whom another one approved.
fn acted(mut events: Events, act: u128, by: u128, approval: Option<(u128, u128)>, unapproved: bool) -> Events {
    let (subject, first) = events.first().expect("something is done");
    let acted = OperatorActed {
        operator: operator(by),
        name: name(by),
        session: Uuid::from_u128(7),
        from: None,
        reason: "because".to_owned(),
        action: first.event_type().name.to_owned(),
        subject: StreamId::new(Uuid::from_u128(*subject)),
        approval: approval.map(|(id, approver)| OperatorApproval {
            approval_id: ApprovalId::new(Uuid::from_u128(id)),
            approver: operator(approver),
            approver_name: name(approver),
        }),
        unapproved,
    };
    events.push((act, acted.into()));
    events
}

fn limit(name: &str) -> LimitSet {
    LimitSet {
        name: name.to_owned(),
        asset: krw(),
        kinds: vec![LimitedKind::Transfer],
        everyone: false,
        per_transfer: Some(minor(5)),
        per_day: None,
        per_month: None,
        zone: "UTC".to_owned(),
    }
}

fn set(name: &str) -> Events {
    vec![(limits(), limit(name).into())]
}

fn asked(log: &TestLog, id: u128, by: u128) -> Events {
    let requested = ApprovalRequested {
        action: ApprovalAction::LimitSet(Box::new(limit("daily"))),
        requested_by: operator(by),
        requested_by_name: name(by),
        session: Uuid::from_u128(7),
        reason: "because".to_owned(),
        expires_at: log.now + TimeDelta::hours(1),
        seen: None,
    };
    vec![(id, requested.into())]
}

fn granted(id: u128, approver: u128, refused: Option<&str>) -> (u128, Event) {
    let (session, reason) = (Uuid::from_u128(8), "looked at it".to_owned());
    let refused = refused.map(str::to_owned);
    let granted =
        ApprovalGranted { approver: operator(approver), approver_name: name(approver), session, reason, refused };
    (id, granted.into())
}

/// That Jiwoo grants what Minji asked for, by these events.
fn granting(id: u128, mut events: Events, refused: Option<&str>) -> Events {
    events.push(granted(id, JIWOO, refused));
    acted(events, id + 10_000, MINJI, Some((id, JIWOO)), false)
}

/// A bank in which Minji asked for a limit; Jiwoo sends the next commits.
fn with_request(id: u128) -> TestLog {
    let mut log = with_two();
    let asked = acted(asked(&log, id, MINJI), id + 20_000, MINJI, None, false);
    log.sound(asked);
    log.operator = Some(Uuid::from_u128(JIWOO));
    log
}

#[test]
fn what_another_operator_approved_is_done_once() {
    let mut log = with_request(5000);
    log.sound(granting(5000, set("daily"), None));
    let again = [set("daily"), vec![granted(5000, JIWOO, None)]].concat();
    let again = acted(again, 70_000, MINJI, Some((5000, JIWOO)), false);
    log.wrong(again, "nobody asked for it, or it was decided before");
    // What was refused is decided, too.
    let mut log = with_request(5001);
    let refused = vec![(6001, CommandRefused { refusal: Refusal::of("too-many-limits") }.into())];
    log.sound(granting(5001, refused, Some("too-many-limits")));
}

#[test]
fn what_needs_a_second_operator_is_not_done_by_one() {
    let mut log = with_two();
    log.wrong(acted(set("daily"), 8000, MINJI, None, false), "did what needs a second operator (limits) alone");
    // The bank was set so.
    log.sound(acted(set("daily"), 8001, MINJI, None, true));
    let unknown = acted(set("daily"), 8002, JIWOO, Some((5000, MINJI)), false);
    log.wrong(unknown, "which the commit does not grant");
    // Who has no account is not asked.
    log.operator = Some(Uuid::from_u128(77));
    log.sound(set("daily"));
}

#[test]
fn nobody_approves_their_own() {
    let mut log = with_request(5000);
    log.operator = Some(Uuid::from_u128(MINJI));
    let own = [set("daily"), vec![granted(5000, MINJI, None)]].concat();
    log.wrong(acted(own, 8000, MINJI, Some((5000, MINJI)), false), "who asked for it");
    let mut log = with_request(5000);
    let (session, reason) = (Uuid::from_u128(8), "no".to_owned());
    let rejected = ApprovalRejected { rejected_by: operator(MINJI), rejected_by_name: name(MINJI), session, reason };
    log.operator = Some(Uuid::from_u128(MINJI));
    log.wrong(acted(vec![(5000, rejected.into())], 8000, MINJI, None, false), "who asked for it");
    let mut log = with_request(5000);
    let withdrawn = ApprovalWithdrawn { reason: "no".to_owned() };
    log.wrong(acted(vec![(5000, withdrawn.into())], 8000, JIWOO, None, false), "is withdrawn by another operator");
}

#[test]
fn what_is_done_is_what_was_asked_for_in_time() {
    let mut log = with_request(5000);
    log.wrong(granting(5000, set("monthly"), None), "is not what was done");
    let mut log = with_request(5000);
    log.wrong(granting(5000, set("daily"), Some("too-many-limits")), "is not what was done");
    let mut log = with_request(5000);
    let silent = [set("daily"), vec![granted(5000, JIWOO, None)]].concat();
    log.wrong(acted(silent, 8000, JIWOO, None, true), "does not say whose act it is");
    let mut log = with_request(5000);
    log.now += TimeDelta::hours(1);
    log.wrong(granting(5000, set("daily"), None), "is decided after its time");
    let mut log = with_two();
    let theirs = asked(&log, 5000, JIWOO);
    log.wrong(acted(theirs, 8000, MINJI, None, false), "is not asked for by");
}

/// The projector promotes a view after it was approved: the commit says only that it may.
#[test]
fn a_promotion_is_granted_in_a_commit_that_does_nothing_else() {
    let with_promotion = || {
        let mut log = with_two();
        let requested = ApprovalRequested {
            action: ApprovalAction::ViewPromotion {
                view: "accounts".to_owned(),
                generation: 2,
                differences: 7,
                fingerprint: "ab".repeat(16),
            },
            requested_by: operator(MINJI),
            requested_by_name: name(MINJI),
            session: Uuid::from_u128(7),
            reason: "because".to_owned(),
            expires_at: log.now + TimeDelta::hours(1),
            seen: None,
        };
        log.sound(acted(vec![(5000, requested.into())], 25_000, MINJI, None, false));
        log.operator = Some(Uuid::from_u128(JIWOO));
        log
    };
    with_promotion().sound(granting(5000, Vec::new(), None));
    with_promotion().wrong(granting(5000, set("daily"), None), "is not what was done");
    let mut own = with_promotion();
    own.operator = Some(Uuid::from_u128(MINJI));
    let events = acted(vec![granted(5000, MINJI, None)], 8000, MINJI, Some((5000, MINJI)), false);
    own.wrong(events, "who asked for it");
}
