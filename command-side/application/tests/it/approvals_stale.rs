//! What is approved does not undo a change that whoever asked did not know of.

use application::{ApprovalStatus, Command, DeleteLimit, SetLimit, SetRate};
use events::recorded::LimitedKind;
use kernel::{Minor, OperatorRole, Zone};

use crate::{
    approvals::{Bank, approve},
    client::{operator, refused},
};

const ADMINS: [OperatorRole; 2] = [OperatorRole::Admin, OperatorRole::Admin];

fn rate(from: &str, to: &str, rate: &str) -> Command {
    let code = |text: &str| text.parse().expect("a code");
    let rate = rate.parse().expect("a rate");
    Command::SetRate(SetRate { from: code(from), to: code(to), rate, spread_bps: 0, valid_for: 60 })
}

fn limit(name: &str, most: i128) -> Command {
    Command::SetLimit(SetLimit {
        name: name.to_owned(),
        asset: "KRW".parse().expect("a code"),
        kinds: vec![LimitedKind::Transfer],
        everyone: false,
        per_transfer: Some(Minor::new(most).expect("an amount")),
        per_day: None,
        per_month: None,
        zone: Zone::SEOUL,
    })
}

fn delete(name: &str) -> Command {
    Command::DeleteLimit(DeleteLimit { name: name.to_owned() })
}

/// Asked for, then `between` is done by who has no account, then approved. The code of the refusal, if it was refused.
async fn asked_and_approved(bank: &Bank, key: &str, command: Command, between: Option<Command>) -> Option<String> {
    let asked = bank.ask(0, &format!("ask {key}"), command).await;
    if let Some(between) = between {
        bank.client.outcome(operator(), &format!("between {key}"), between).await;
    }
    let decided = bank.decided(1, &format!("approve {key}"), approve(asked.approval_id)).await;
    let expected = if decided.refused.is_some() { ApprovalStatus::Refused } else { ApprovalStatus::Approved };
    assert_eq!(decided.status, expected, "{key}");
    if decided.refused.is_some() {
        assert_eq!(bank.last().0, ["CommandRefused", "ApprovalGranted", "OperatorActed"], "{key}");
    }
    let again = bank.acting(1, &format!("again {key}"), approve(asked.approval_id)).await.expect("an answer");
    assert_eq!(refused(&again), "approval-over", "{key}");
    decided.refused
}

#[tokio::test]
async fn an_old_rate_does_not_come_back() {
    let bank = Bank::with(&ADMINS).await;
    let old = || rate("EUR", "KRW", "1500");
    let changed = Some("changed-since".to_owned());
    assert_eq!(asked_and_approved(&bank, "first", old(), None).await, None);
    assert_eq!(asked_and_approved(&bank, "unchanged", old(), None).await, None);
    assert_eq!(asked_and_approved(&bank, "another pair", old(), Some(rate("KRW", "EUR", "0.001"))).await, None);
    assert_eq!(bank.client.log.count("RateSet"), 4);
    assert_eq!(asked_and_approved(&bank, "changed", old(), Some(rate("EUR", "KRW", "1600"))).await, changed);
    // The same figures are a change as well: they count for longer.
    assert_eq!(asked_and_approved(&bank, "renewed", old(), Some(old())).await, changed);
    assert_eq!(bank.client.log.count("RateSet"), 6, "only what was set between");
}

#[tokio::test]
async fn of_two_who_ask_for_one_rate_the_first_to_be_approved_counts() {
    let bank = Bank::with(&ADMINS).await;
    let first = bank.ask(0, "first", rate("EUR", "KRW", "1500")).await.approval_id;
    let second = bank.ask(0, "second", rate("EUR", "KRW", "1600")).await.approval_id;
    let done = bank.decided(1, "approve second", approve(second)).await;
    assert_eq!((done.status, done.refused), (ApprovalStatus::Approved, None));
    let late = bank.decided(1, "approve first", approve(first)).await;
    assert_eq!((late.status, late.refused.as_deref()), (ApprovalStatus::Refused, Some("changed-since")));
}

#[tokio::test]
async fn an_old_limit_does_not_come_back() {
    let bank = Bank::with(&ADMINS).await;
    let changed = Some("changed-since".to_owned());
    assert_eq!(asked_and_approved(&bank, "first", limit("daily", 5), None).await, None);
    assert_eq!(asked_and_approved(&bank, "another", limit("daily", 6), Some(limit("other", 1))).await, None);
    assert_eq!(asked_and_approved(&bank, "changed", limit("daily", 7), Some(limit("daily", 1))).await, changed);
    assert_eq!(asked_and_approved(&bank, "deleted", limit("daily", 7), Some(delete("daily"))).await, changed);
    // Deleted and set between, it stands there as if nothing had happened.
    let asked = bank.ask(0, "ask", limit("other", 2)).await.approval_id;
    for (key, command) in [("delete it", delete("other")), ("set it", limit("other", 1))] {
        bank.client.outcome(operator(), key, command).await;
    }
    let late = bank.decided(1, "approve", approve(asked)).await;
    assert_eq!(late.refused, changed);
    assert_eq!(asked_and_approved(&bank, "delete", delete("other"), Some(limit("other", 9))).await, changed);
    assert_eq!(asked_and_approved(&bank, "delete at last", delete("other"), None).await, None);
    assert_eq!(bank.client.log.count("LimitDeleted"), 3);
}
