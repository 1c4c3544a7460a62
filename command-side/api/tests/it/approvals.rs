//! Approvals: what waits for a second operator, who decides about it, and what they are answered.

use application::{
    Approval, ApprovalAction, ApprovalAnswer, ApprovalRequested, ApprovalStatus, ApprovalVerdict, AuthError, Command,
    DecideApproval, ExecuteError, FreezeAccounts, FreezeScope, FrozenAccounts, MemberCommand, MemberError,
    MemberOutcome, OperatorAct, Outcome, PromoteView, Receipt,
};
use chrono::{DateTime, Utc};
use kernel::{
    AccountId, ApprovalId, ApprovalKind, MemberId, OperatorId, OperatorRole, PartnerId, PartnerKeyId, Role, Scope,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    commands::{OPERATORS, Sample, sample, samples as all_samples},
    support::{ALICE, Api, BOB, DESTINATION, FakeAuth, HOLD, NOW, PARTNER_KEY, Reply, SOURCE, bearer_of, seen},
};

/// The approval of an erasure.
const ERASURE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00e1);
/// The approvals of a key: of Alice's that was granted, and of hers that was not, and of somebody else's.
const KEYS: [Uuid; 3] = [
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00e2),
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00e3),
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00e4),
];

/// One of each command.
pub fn samples() -> Vec<Sample> {
    let (approval, accounts) = (ApprovalId::new(HOLD), vec![AccountId::new(SOURCE), AccountId::new(DESTINATION)]);
    let decide = |verdict| Command::DecideApproval(DecideApproval { approval, verdict });
    vec![
        sample(
            "/v1/accounts/freeze",
            Uuid::nil(),
            json!({"accounts": [SOURCE, DESTINATION], "scope": "debits", "reason": "x"}),
            OPERATORS,
            Command::FreezeAccounts(FreezeAccounts {
                accounts,
                scope: FreezeScope::Debits,
                reason: Some("x".to_owned()),
            }),
        ),
        sample("/v1/approvals/{id}/approve", HOLD, json!({}), OPERATORS, decide(ApprovalVerdict::Approve)),
        sample("/v1/approvals/{id}/reject", HOLD, json!({"reason": "x"}), OPERATORS, decide(ApprovalVerdict::Reject)),
        sample("/v1/approvals/{id}/withdraw", HOLD, json!({}), OPERATORS, decide(ApprovalVerdict::Withdraw)),
        sample(
            "/v1/promotions",
            Uuid::nil(),
            promotion(),
            OPERATORS,
            Command::PromoteView(PromoteView {
                view: "accounts".to_owned(),
                generation: 3,
                differences: 12,
                fingerprint: "ab".repeat(16),
            }),
        ),
    ]
}

/// A promotion of a view that differs.
fn promotion() -> Value {
    let fingerprint = "ab".repeat(16);
    json!({"view": "accounts", "generation": 3, "differences": 12, "fingerprint": fingerprint, "reason": "x"})
}

/// What the bank answers to these.
pub fn outcome(command: &Command) -> Outcome {
    match command {
        Command::FreezeAccounts(FreezeAccounts { accounts, scope, .. }) => {
            let frozen = accounts.clone();
            Outcome::ManyFrozen(FrozenAccounts { frozen, scope: *scope, unchanged: 0 })
        }
        Command::PromoteView(_) => Outcome::Idle,
        _ => Outcome::ApprovalDecided(decided()),
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).expect("a time")
}

fn asked() -> ApprovalAnswer {
    ApprovalAnswer {
        approval_id: ApprovalId::new(HOLD),
        status: ApprovalStatus::Pending,
        action: ApprovalKind::Reversal,
        requested_by: OperatorId::new(ALICE),
        requested_by_name: "minji.kim".to_owned(),
        reason: "ticket".to_owned(),
        expires_at: at(86_400),
        decided_by: None,
        refused: None,
    }
}

pub fn decided() -> ApprovalAnswer {
    let decided_by = Some((OperatorId::new(BOB), "second".to_owned()));
    ApprovalAnswer { status: ApprovalStatus::Approved, decided_by, ..asked() }
}

/// What the authentication service knows of an approval.
pub fn known(id: ApprovalId) -> Option<Approval> {
    let key = |by: Uuid, status| {
        let (partner, key) = (PartnerId::new(HOLD), PartnerKeyId::new(PARTNER_KEY));
        let (scopes, digest) = (vec![Scope::AccountsRead], "ab".repeat(32));
        let action = ApprovalAction::PartnerKey { partner, key, scopes, expires_at: None, digest };
        Some(Approval { requested: requested(action, by), status })
    };
    match id.uuid() {
        ERASURE => {
            let action = ApprovalAction::Erasure { member: MemberId::new(BOB), reason: None };
            Some(Approval { requested: requested(action, ALICE), status: ApprovalStatus::Pending })
        }
        id if id == KEYS[0] => key(ALICE, ApprovalStatus::Approved),
        id if id == KEYS[1] => key(ALICE, ApprovalStatus::Pending),
        id if id == KEYS[2] => key(BOB, ApprovalStatus::Approved),
        _ => None,
    }
}

fn requested(action: ApprovalAction, by: Uuid) -> ApprovalRequested {
    ApprovalRequested {
        action,
        requested_by: OperatorId::new(by),
        requested_by_name: "minji.kim".to_owned(),
        session: HOLD,
        reason: "ticket".to_owned(),
        expires_at: at(86_400),
        seen: None,
    }
}

async fn ask(api: &Api, method: &str, path: &str, body: &Value) -> Reply {
    let claims = json!({"sub": ALICE, "role": "operator", "op": OperatorRole::Admin, "sid": HOLD, "exp": NOW + 60});
    let token = bearer_of(&claims);
    let headers = [("authorization", token.as_str()), ("idempotency-key", "k"), ("jangbu-reason", "ticket")];
    api.ask(method, path, &headers, body.to_string()).await
}

/// Whatever is asked for, that it waits is answered in one way.
#[tokio::test]
async fn what_waits_for_a_second_operator_is_accepted() {
    let document: Value = serde_json::from_str(&command_api::openapi()).expect("JSON");
    let mut waiting = 0;
    for sample in all_samples().into_iter().filter(|sample| sample.roles.contains(&Role::Operator)) {
        let operation = &document["paths"][sample.route][sample.method.to_lowercase()];
        let schema = &operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"];
        if schema != "#/components/schemas/PendingApproval" {
            continue;
        }
        waiting += 1;
        let api = Api::answering(Outcome::ApprovalRequested(asked()));
        let reply = ask(&api, sample.method, &sample.path(), &sample.body).await;
        let expected = json!({
            "approval_id": HOLD, "status": "pending", "action": "reversal", "requested_by": ALICE,
            "requested_by_name": "minji.kim", "reason": "ticket", "expires_at": at(86_400),
        });
        assert_eq!((reply.status.as_u16(), reply.json()), (202, expected), "{}", sample.route);
        assert!(reply.header("consistency-token").is_some());
    }
    // Reversal, freeze of many, four of limits, the key of a partner, a promotion; a rate is no sample.
    assert_eq!(waiting, 8);
}

#[tokio::test]
async fn a_decision_says_who_asked_and_who_decided() {
    let refused =
        ApprovalAnswer { status: ApprovalStatus::Refused, refused: Some("already-reversed".to_owned()), ..decided() };
    let withdrawn = ApprovalAnswer { status: ApprovalStatus::Withdrawn, ..asked() };
    for (answer, by, name, refusal) in [
        (decided(), json!(BOB), json!("second"), Value::Null),
        (refused, json!(BOB), json!("second"), json!("already-reversed")),
        (withdrawn, Value::Null, Value::Null, Value::Null),
    ] {
        let api = Api::answering(Outcome::ApprovalDecided(answer.clone()));
        let reply = ask(&api, "POST", &format!("/v1/approvals/{HOLD}/approve"), &json!({})).await;
        let expected = json!({
            "approval_id": HOLD, "status": answer.status.as_str(), "action": "reversal", "requested_by": ALICE,
            "requested_by_name": "minji.kim", "reason": "ticket", "expires_at": at(86_400), "decided_by": by,
            "decided_by_name": name, "refusal": refusal,
        });
        assert_eq!((reply.status.as_u16(), reply.json()), (200, expected));
        assert_eq!(api.submissions()[0].act, Some(OperatorAct { reason: "ticket".into(), from: None }));
    }
}

#[tokio::test]
async fn who_may_not_decide_is_told_why() {
    for (error, status, code) in [
        (ExecuteError::ApprovalUnknown, 404, "approval-unknown"),
        (ExecuteError::ApprovalOwn, 403, "approval-own"),
        (ExecuteError::ApprovalNotIndependent, 403, "approval-not-independent"),
        (ExecuteError::ApprovalNotOwn, 403, "forbidden"),
        (ExecuteError::NoOperatorAccount, 403, "forbidden"),
        (ExecuteError::OperatorRoleMissing(OperatorRole::Admin), 403, "operator-role-missing"),
    ] {
        let reply = ask(&Api::failing(error), "POST", &format!("/v1/approvals/{HOLD}/reject"), &json!({})).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code));
        assert_eq!(reply.json()["role"], if code == "operator-role-missing" { json!("admin") } else { Value::Null });
    }
    let reply = ask(&Api::refusing("approval-over"), "POST", &format!("/v1/approvals/{HOLD}/reject"), &json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "approval-over"));
    let reply = ask(&Api::posting(), "POST", "/v1/approvals/x/approve", &json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"));
}

/// An erasure is approved where members are.
#[tokio::test]
async fn an_erasure_is_asked_for_and_approved() {
    let receipt = |answer| Ok(Receipt { answer, replayed: false, token: seen() });
    let api = Api::receiving(FakeAuth::new(
        move |command| match command {
            MemberCommand::Erase { .. } => {
                receipt(MemberOutcome::ErasureAsked(ApprovalAnswer { action: ApprovalKind::Erasure, ..asked() }))
            }
            _ => receipt(MemberOutcome::ErasureApproved(decided())),
        },
        |_| Ok(None),
    ));
    let reply = ask(&api, "POST", &format!("/v1/members/{BOB}/erase"), &json!({"reason": "on paper"})).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["action"]), (202, &json!("erasure")));
    let path = format!("/v1/approvals/{ERASURE}/approve");
    let reply = ask(&api, "POST", &path, &json!({"reason": "in the body"})).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (200, &json!("approved")));
    let (command, meta) = api.received().pop().expect("a command");
    let MemberCommand::ApproveErasure { approval, member, act, .. } = command else { panic!("{command:?}") };
    assert_eq!((approval.uuid(), member.uuid()), (ERASURE, BOB));
    assert_eq!(act, Some(OperatorAct { reason: "ticket".into(), from: None }), "the header comes first");
    assert!(api.submissions().is_empty(), "the bank has nothing to do with it");
    assert!(meta.token.is_some());

    let over = |code| {
        FakeAuth::new(
            move |_| Err(AuthError::Refused { code, tries_left: None, replayed: true, token: seen() }),
            |_| Ok(None),
        )
    };
    let reply = ask(&Api::receiving(over("approval-over")), "POST", &path, &json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "approval-over"));
    assert_eq!(reply.header("idempotency-replayed"), Some("true"));
    let own = || AuthError::from(MemberError::from(ExecuteError::ApprovalOwn));
    let reply = ask(&Api::receiving(FakeAuth::new(move |_| Err(own()), |_| Ok(None))), "POST", &path, &json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "approval-own"));
}

#[tokio::test]
async fn the_secret_of_a_key_is_for_whoever_asked_for_it_once_it_is_there() {
    let path = |id: Uuid| format!("/v1/approvals/{id}/key");
    let reply = ask(&Api::posting(), "GET", &path(KEYS[0]), &json!({})).await;
    let expected = json!({
        "key_id": PARTNER_KEY, "secret": format!("jbk_{PARTNER_KEY}"), "partner_id": HOLD,
        "scopes": ["accounts:read"], "expires_at": null,
    });
    assert_eq!((reply.status.as_u16(), reply.json()), (200, expected));
    for other in [KEYS[1], KEYS[2], ERASURE, SOURCE] {
        let reply = ask(&Api::posting(), "GET", &path(other), &json!({})).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "approval-unknown"), "{other}");
    }
    // A token of nobody's account.
    let reply = Api::posting().command("GET", Role::Operator, &path(KEYS[0]), "").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "approval-unknown"));
}

#[tokio::test]
async fn a_thousand_accounts_at_most_are_frozen_each_once() {
    let ids = |count: u128| (0..count).map(Uuid::from_u128).collect::<Vec<_>>();
    let freeze = |accounts: Value| json!({"accounts": accounts, "reason": "a court order"});
    let send = async |body: Value| ask(&Api::posting(), "POST", "/v1/accounts/freeze", &body).await;
    let reply = send(freeze(json!(ids(1000)))).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["scope"]), (200, &json!("all")));
    let wrong = [json!([]), json!(ids(1001)), json!([SOURCE, SOURCE]), json!(["x"]), json!(SOURCE), json!(null)];
    for accounts in wrong {
        let reply = send(freeze(accounts.clone())).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{accounts}");
    }
    for wrong in [
        json!({"accounts": [SOURCE]}),
        json!({"accounts": [SOURCE], "reason": ""}),
        json!({"accounts": [SOURCE], "reason": "x", "scope": "credits"}),
        json!({"accounts": [SOURCE], "reason": "x", "more": 1}),
    ] {
        let reply = send(wrong.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{wrong}");
    }
}

#[tokio::test]
async fn a_promotion_names_the_differences_that_were_seen() {
    let reply = ask(&Api::posting(), "POST", "/v1/promotions", &promotion()).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({"status": "allowed"})));
    for (field, wrong) in [
        ("view", json!("Accounts")),
        ("view", json!("")),
        ("generation", json!(0)),
        ("generation", json!("3")),
        ("differences", json!(-1)),
        ("differences", json!(0)),
        ("fingerprint", json!("ab")),
        ("fingerprint", json!("AB".repeat(16))),
        ("reason", json!("")),
        ("more", json!(1)),
    ] {
        let mut body = promotion();
        body[field] = wrong;
        let reply = ask(&Api::posting(), "POST", "/v1/promotions", &body).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{body}");
    }
}
