//! Whatever people do in whatever order, names and members keep to their laws.

use std::collections::HashMap;

use domain::member::{Standing, StateReader};
use kernel::StreamId;
use proptest::prelude::*;
use uuid::Uuid;

use super::{TestApp, contact, login, member};

#[derive(Clone, Debug)]
enum Action {
    Begin { login: u128, contact: u128 },
    Verify { sign_up: u128, right: bool },
    VerifyAs { sign_up: u128, login: u128 },
    Resend(u128),
    Expire(u128),
    Change { who: u128, contact: u128 },
    VerifyChange { who: u128, right: bool },
    Leave(u128),
    Finish(u128),
    Wait(i64),
}

fn action() -> impl Strategy<Value = Action> {
    let who = 1..30_u128;
    prop_oneof![
        6 => (0..4_u128, 0..4_u128).prop_map(|(login, contact)| Action::Begin { login, contact }),
        6 => (who.clone(), prop::bool::weighted(0.8)).prop_map(|(sign_up, right)| Action::Verify { sign_up, right }),
        2 => (who.clone(), 0..4_u128).prop_map(|(sign_up, login)| Action::VerifyAs { sign_up, login }),
        1 => who.clone().prop_map(Action::Resend),
        2 => who.clone().prop_map(Action::Expire),
        3 => (who.clone(), 0..4_u128).prop_map(|(who, contact)| Action::Change { who, contact }),
        3 => (who.clone(), prop::bool::weighted(0.8)).prop_map(|(who, right)| Action::VerifyChange { who, right }),
        1 => who.clone().prop_map(Action::Leave),
        1 => who.prop_map(Action::Finish),
        3 => (1..1200_i64).prop_map(Action::Wait),
    ]
}

fn apply(app: &mut TestApp, action: &Action, begun: &mut u128) {
    // A refusal changes nothing, so it may be left aside here.
    let _ = match *action {
        Action::Begin { login, contact } => {
            *begun += 1;
            app.begin(*begun, login, contact)
        }
        Action::Verify { sign_up, right } => app.verify(sign_up, right),
        Action::VerifyAs { sign_up, login } => app.verify_as(sign_up, login),
        Action::Resend(sign_up) => app.resend(sign_up),
        Action::Expire(sign_up) => Ok(app.expire(sign_up)),
        Action::Change { who, contact } => app.begin_change(who, contact),
        Action::VerifyChange { who, right } => app.verify_change(who, right),
        Action::Leave(who) => {
            let decided = app.deciding().request_erasure(member(who), Uuid::from_u128(who), None, true);
            app.happen(decided)
        }
        Action::Finish(who) => {
            let happened = app.deciding().finish_erasure(member(who), Uuid::from_u128(who), String::new());
            app.happen(Ok(happened))
        }
        Action::Wait(seconds) => {
            app.seconds += seconds;
            Ok(Vec::new())
        }
    };
}

proptest! {
    #[test]
    fn every_member_bears_their_names_alone_and_nobody_else_bears_any(actions in prop::collection::vec(action(), 0..120)) {
        let (mut app, mut begun) = (TestApp::default(), 0);
        for action in &actions {
            apply(&mut app, action, &mut begun);
            let mut borne: HashMap<StreamId, u128> = HashMap::new();
            for who in 1..=begun {
                let Some(person) = app.person(member(who)) else { continue };
                if matches!(person.standing, Standing::Erased { .. }) {
                    continue;
                }
                for name in [person.login, person.contact] {
                    prop_assert_eq!(borne.insert(name, who), None, "two members bear one name");
                    prop_assert_eq!(app.name(name).owner(), Some(member(who)));
                }
            }
            for number in 0..4 {
                for name in [login(number), contact(number)] {
                    let owner = app.name(name).owner();
                    prop_assert_eq!(owner.is_some(), borne.contains_key(&name), "a name without its member");
                }
            }
        }
    }
}
