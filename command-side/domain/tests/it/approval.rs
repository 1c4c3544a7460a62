use domain::{
    Approval, ApprovalStatus, EvolveError, Operator, Refusal,
    approval::{DecideError, Decider},
};
use events::recorded::{
    ApprovalAction, ApprovalEvent, ApprovalGranted, ApprovalRejected, ApprovalRequested, ApprovalWithdrawn,
};
use kernel::{OperatorId, OperatorRole, TransferId};
use proptest::prelude::*;
use uuid::Uuid;

const MINJI: u128 = 1;
const JIWOO: u128 = 2;

fn id(number: u128) -> OperatorId {
    OperatorId::new(Uuid::from_u128(number))
}

fn requested() -> ApprovalRequested {
    let transfer = TransferId::new(Uuid::from_u128(77));
    ApprovalRequested {
        action: ApprovalAction::Reversal { transfer, reason: "paid twice".into() },
        requested_by: id(MINJI),
        requested_by_name: "minji".into(),
        session: Uuid::from_u128(5),
        reason: "ticket 1".into(),
        expires_at: "2026-12-03T00:00:00Z".parse().expect("a time"),
        seen: None,
    }
}

fn decider(number: u128, role: OperatorRole) -> Decider {
    let (operator, session) = (id(number), Uuid::from_u128(6));
    Decider { operator, name: "jiwoo".into(), role, session, reason: "looked at it".into() }
}

fn minji(role: OperatorRole, is_enabled: bool) -> Operator {
    Operator { name: "minji".into(), role, is_enabled, credentials: 1, let_in_by: Default::default() }
}

fn pending() -> Approval {
    Approval::evolve(None, &requested().into()).expect("an approval")
}

fn granted(refused: Option<&str>) -> ApprovalEvent {
    decider(JIWOO, OperatorRole::Admin).grant(refused.map(str::to_owned)).into()
}

#[test]
fn what_is_decided_says_who_and_why() {
    let decider = decider(JIWOO, OperatorRole::Admin);
    let (approver, session) = (id(JIWOO), Uuid::from_u128(6));
    let [name, reason] = ["jiwoo", "looked at it"].map(str::to_owned);
    let expected = ApprovalGranted {
        approver,
        approver_name: name.clone(),
        session,
        reason: reason.clone(),
        refused: Some("already-reversed".into()),
    };
    assert_eq!(decider.grant(Some("already-reversed".into())), expected);
    let expected = ApprovalRejected { rejected_by: approver, rejected_by_name: name, session, reason: reason.clone() };
    assert_eq!(decider.reject(), expected);
    assert_eq!(decider.withdraw(), ApprovalWithdrawn { reason });
}

#[test]
fn each_decision_is_the_last() {
    let decider = decider(JIWOO, OperatorRole::Admin);
    let ends: [(ApprovalEvent, ApprovalStatus); 4] = [
        (granted(None), ApprovalStatus::Approved),
        (granted(Some("already-reversed")), ApprovalStatus::Refused),
        (decider.reject().into(), ApprovalStatus::Rejected),
        (decider.withdraw().into(), ApprovalStatus::Withdrawn),
    ];
    for (end, status) in &ends {
        assert_eq!(Approval::evolve(None, end), Err(EvolveError::NotOpened));
        let over = Approval::evolve(Some(pending()), end).expect("over");
        assert_eq!(over.status, *status);
        for (again, _) in &ends {
            assert_eq!(Approval::evolve(Some(over.clone()), again), Err(EvolveError::AfterTheLast));
        }
        let minji = minji(OperatorRole::Admin, true);
        let refused = Err(DecideError::Refused(Refusal::ApprovalOver));
        assert_eq!(over.may_decide(&decider, Some(&minji), false), refused);
        assert_eq!(over.may_withdraw(id(MINJI), false), refused);
    }
    assert_eq!(Approval::evolve(Some(pending()), &requested().into()), Err(EvolveError::OpenedTwice));
}

#[test]
fn whoever_asked_withdraws_and_nobody_else() {
    let approval = pending();
    assert_eq!(approval.may_withdraw(id(MINJI), false), Ok(()));
    assert_eq!(approval.may_withdraw(id(JIWOO), false), Err(DecideError::NotOwn));
    assert_eq!(approval.may_withdraw(id(MINJI), true), Err(DecideError::Refused(Refusal::ApprovalOver)));
}

proptest! {
    /// Whatever the two are: it is never the same one, both may do it, and it is in time.
    #[test]
    fn two_operators_who_may_are_needed(
        who in 1_u128..4, roles in (0_usize..4, 0_usize..4), is_enabled: bool, has_expired: bool, is_known: bool,
    ) {
        let (role, asked) = (OperatorRole::ALL[roles.0], OperatorRole::ALL[roles.1]);
        let requester = is_known.then(|| minji(asked, is_enabled));
        let may = pending().may_decide(&decider(who, role), requester.as_ref(), has_expired);
        let needed = OperatorRole::Operator;
        let expected = if who == MINJI {
            Err(DecideError::Own)
        } else if role < needed {
            Err(DecideError::Role(needed))
        } else if !is_known || !is_enabled || asked < needed || has_expired {
            Err(DecideError::Refused(Refusal::ApprovalOver))
        } else {
            Ok(())
        };
        prop_assert_eq!(may, expected);
    }
}
