use domain::{
    EvolveError, Refusal,
    operator::{Operator, OperatorList, OperatorName, OperatorNameError},
};
use events::recorded::{
    OperatorAdded, OperatorCredentialsReset, OperatorDisabled, OperatorEnabled, OperatorEvent, OperatorListed,
    OperatorRoleSet,
};
use kernel::{OperatorId, OperatorRole};
use uuid::Uuid;

fn id(number: u128) -> OperatorId {
    OperatorId::new(Uuid::from_u128(number))
}

fn added(role: OperatorRole) -> OperatorEvent {
    OperatorAdded { name: "minji.kim".into(), role, reason: None, by: None }.into()
}

fn after(events: &[OperatorEvent]) -> Result<Operator, EvolveError> {
    let first = Operator::evolve(None, &events[0])?;
    events[1..].iter().try_fold(first, |operator, event| Operator::evolve(Some(operator), event))
}

fn why() -> Option<String> {
    Some("because".into())
}

#[test]
fn the_last_role_and_the_last_credentials_count() {
    let operator = after(&[
        added(OperatorRole::Viewer),
        OperatorRoleSet { role: OperatorRole::Support, reason: None, by: None }.into(),
        OperatorCredentialsReset { credentials: 2, reason: why(), by: None }.into(),
        OperatorDisabled { reason: why() }.into(),
        OperatorCredentialsReset { credentials: 3, reason: None, by: None }.into(),
    ]);
    let operator = operator.expect("an operator");
    assert_eq!((operator.role, operator.is_enabled, operator.credentials), (OperatorRole::Support, false, 3));
    assert_eq!(operator.reset(why()), OperatorCredentialsReset { credentials: 4, reason: why(), by: None });
    let again = OperatorCredentialsReset { credentials: 3, reason: None, by: None };
    assert_eq!(Operator::evolve(Some(operator.clone()), &again.into()), Err(EvolveError::OutOfOrder));
    let enabled =
        Operator::evolve(Some(operator), &OperatorEnabled { reason: None, by: None }.into()).expect("enabled");
    assert!(enabled.is_enabled && !enabled.is_acting_admin());
}

#[test]
fn an_operator_is_added_first_and_once() {
    assert_eq!(after(&[OperatorDisabled { reason: None }.into()]), Err(EvolveError::NotOpened));
    assert_eq!(after(&[added(OperatorRole::Admin), added(OperatorRole::Admin)]), Err(EvolveError::OpenedTwice));
}

#[test]
fn what_is_so_already_changes_nothing() {
    let admin = after(&[added(OperatorRole::Admin)]).expect("an operator");
    assert_eq!(admin.set_role(OperatorRole::Admin, why(), true), Ok(None));
    assert_eq!(admin.enable(why()), None);
    let disabled = Operator::evolve(Some(admin), &OperatorDisabled { reason: None }.into()).expect("disabled");
    assert_eq!(disabled.disable(why(), true), Ok(None));
    assert_eq!(disabled.enable(why()), Some(OperatorEnabled { reason: why(), by: None }));
}

#[test]
fn the_last_admin_stays_one() {
    let admin = after(&[added(OperatorRole::Admin)]).expect("an operator");
    assert_eq!(admin.disable(why(), true), Err(Refusal::LastAdmin));
    assert_eq!(admin.set_role(OperatorRole::Operator, why(), true), Err(Refusal::LastAdmin));
    assert_eq!(admin.disable(why(), false), Ok(Some(OperatorDisabled { reason: why() })));
    let set = OperatorRoleSet { role: OperatorRole::Operator, reason: why(), by: None };
    assert_eq!(admin.set_role(OperatorRole::Operator, why(), false), Ok(Some(set)));
    // Who is no acting admin is not the last one.
    let viewer = after(&[added(OperatorRole::Viewer)]).expect("an operator");
    assert!(viewer.disable(why(), true).is_ok());
    let disabled = Operator::evolve(Some(admin), &OperatorDisabled { reason: None }.into()).expect("disabled");
    assert!(disabled.set_role(OperatorRole::Viewer, why(), true).is_ok());
}

#[test]
fn a_name_is_given_once() {
    let name: OperatorName = "minji.kim".parse().expect("a name");
    let listed = OperatorList::default().add(id(1), &name).expect("it is free");
    assert_eq!(listed, OperatorListed { operator: id(1), name: "minji.kim".into() });
    let list = OperatorList::evolve(None, &listed.clone().into()).expect("a list");
    assert_eq!((list.find("minji.kim"), list.find("minji")), (Some(id(1)), None));
    assert_eq!(list.add(id(2), &name), Err(Refusal::OperatorNameTaken));
    assert_eq!(list.operators().collect::<Vec<_>>(), [id(1)]);
    assert_eq!(OperatorList::evolve(Some(list), &listed.into()), Err(EvolveError::OutOfOrder));
}

#[test]
fn names_are_short_and_plain() {
    for good in ["abc", "minji.kim", "a_b-c.9", &"a".repeat(32)] {
        assert_eq!(good.parse::<OperatorName>().map(|name| name.to_string()).as_deref(), Ok(good));
    }
    for bad in ["", "ab", "Minji", "minji kim", "민지", "a/b", "abc\n", &"a".repeat(33)] {
        assert_eq!(bad.parse::<OperatorName>(), Err(OperatorNameError), "{bad:?}");
    }
}
