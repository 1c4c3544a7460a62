use domain::member::{Bearer, Happening, Known, MemberRefusal, NameEvent, PersonEvent, SignUpEnd, SignUpEvent};

use super::{Town, contact, login, member, of_sign_ups, stream};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

fn refused(sign_up: &Result<Vec<Happening>, MemberRefusal>) -> MemberRefusal {
    *sign_up.as_ref().expect_err("refused")
}

fn tries_left(decided: Result<Vec<Happening>, MemberRefusal>) -> u32 {
    match of_sign_ups(&decided.expect("an event")).first() {
        Some((_, SignUpEvent::CodeRefused { tries_left, .. })) => *tries_left,
        other => panic!("no wrong code: {other:?}"),
    }
}

#[test]
fn a_right_code_makes_a_member_who_bears_both_names() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    let happened = town.verify(1, true).expect("verified");
    let (login, contact) = (login(1), contact(1));
    let bears = NameEvent::Reserved(Bearer::Member(member(1)));
    assert_eq!(
        happened,
        [
            Happening::SignUp(stream(1), SignUpEvent::Completed { member: member(1) }),
            Happening::Name(login, bears),
            Happening::Name(contact, bears),
            Happening::Person(member(1), PersonEvent::Joined { login, contact }),
        ]
    );
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpEnded, "once");
    assert_eq!(refused(&town.resend(1)), MemberRefusal::SignUpEnded);
    assert!(town.expire(1).is_empty(), "what was completed does not expire");
}

#[test]
fn an_unknown_sign_up_is_unknown() {
    let mut town = Town::default();
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpUnknown);
    assert_eq!(refused(&town.resend(1)), MemberRefusal::SignUpUnknown);
    assert!(town.expire(1).is_empty());
}

#[test]
fn a_code_may_be_wrong_five_times_and_a_new_one_five_times_more() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    assert_eq!((0..5).map(|_| tries_left(town.verify(1, false))).collect::<Vec<_>>(), [4, 3, 2, 1, 0]);
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::CodeExhausted, "not even the right one");
    town.seconds = 30;
    town.resend(1).expect("another code");
    assert_eq!(tries_left(town.verify(1, false)), 4);
    town.verify(1, true).expect("a member");
}

#[test]
fn a_code_ends_at_its_very_instant_and_the_sign_up_at_its_own() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    town.seconds = 10 * MINUTE;
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::CodeExpired);
    assert_eq!(refused(&town.verify(1, false)), MemberRefusal::CodeExpired, "a late code costs no try");
    town.resend(1).expect("another code");
    town.seconds += 10 * MINUTE - 1;
    assert_eq!(tries_left(town.verify(1, false)), 4);
    town.seconds = HOUR - 1;
    assert!(town.expire(1).is_empty(), "not yet");
    town.resend(1).expect("another code in the last second");
    town.seconds = HOUR;
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpEnded);
    assert_eq!(refused(&town.resend(1)), MemberRefusal::SignUpEnded);
    assert_eq!(of_sign_ups(&town.expire(1)), [(stream(1), SignUpEvent::Ended(SignUpEnd::Expired))]);
    assert!(town.expire(1).is_empty(), "once");
}

#[test]
fn whichever_of_verification_and_expiry_comes_first_the_other_finds_it_done() {
    for verified_first in [true, false] {
        let mut town = Town::default();
        town.begin(1, 1, 1).expect("begun");
        town.seconds = HOUR - 1;
        town.resend(1).expect("a fresh code");
        if verified_first {
            town.verify(1, true).expect("in the last second");
            town.seconds = HOUR;
            assert!(town.expire(1).is_empty());
            assert_eq!(town.name(login(1)).owner(), Some(member(1)));
        } else {
            town.seconds = HOUR;
            assert_eq!(town.expire(1).len(), 1, "the end: it held no name");
            assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpEnded);
            assert_eq!(town.name(login(1)), Default::default());
            assert_eq!(town.name(contact(1)), Default::default());
        }
    }
}

#[test]
fn five_codes_may_be_asked_for_each_after_a_longer_wait() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    for (serial, delay) in (2..).zip([30, 60, 120, 240, 480]) {
        town.seconds += delay - 1;
        let until = town.now() + chrono::TimeDelta::seconds(1);
        assert_eq!(refused(&town.resend(1)), MemberRefusal::TooEarly { until });
        town.seconds += 1;
        town.resend(1).expect("another code");
        assert_eq!(town.sign_up(stream(1)).expect("it").code.serial, serial);
    }
    let ends = town.sign_up(stream(1)).expect("it").start.expires_at;
    town.seconds = HOUR - 1;
    assert_eq!(refused(&town.resend(1)), MemberRefusal::TooEarly { until: ends }, "there is no sixth");
}

#[test]
fn several_are_pending_for_one_contact_and_one_login_and_the_first_verified_wins() {
    let mut town = Town::default();
    for sign_up in 1..=3 {
        assert_eq!(town.begin(sign_up, 1, 1).expect("begun").len(), 1, "nothing is reserved");
    }
    town.verify(2, true).expect("the first verified");
    for loser in [1, 3] {
        assert_eq!(tries_left(town.verify(loser, false)), 4, "whoever has no right code sees no difference");
        assert_eq!(refused(&town.verify(loser, true)), MemberRefusal::SignUpEnded);
        assert_eq!(refused(&town.verify_as(loser, 7)), MemberRefusal::SignUpEnded);
    }
}

#[test]
fn a_login_that_was_taken_meanwhile_costs_no_try_and_another_may_be_given() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    town.begin(2, 1, 2).expect("the same login");
    town.verify(1, true).expect("the first");
    for _ in 0..9 {
        assert_eq!(refused(&town.verify(2, true)), MemberRefusal::LoginIdTaken);
        assert_eq!(refused(&town.verify_as(2, 1)), MemberRefusal::LoginIdTaken);
    }
    assert_eq!(tries_left(town.verify(2, false)), 4);
    let happened = town.verify_as(2, 3).expect("a free login");
    let joined = PersonEvent::Joined { login: login(3), contact: contact(2) };
    assert!(happened.contains(&Happening::Person(member(2), joined)));
    assert_eq!(town.name(login(3)).owner(), Some(member(2)));
}

#[test]
fn a_reservation_of_an_earlier_build_keeps_nobody_out_and_ends_with_its_sign_up() {
    let mut town = Town::default();
    for sign_up in 1..=3 {
        town.begin(sign_up, sign_up, sign_up).expect("begun");
        town.reserved_by_an_earlier_build(sign_up);
    }
    town.begin(4, 1, 1).expect("begun with the same names");
    town.verify(4, true).expect("a member");
    town.verify(2, true).expect("it goes on");
    let happened = town.verify_as(3, 9).expect("it goes on with another login");
    assert!(happened.contains(&Happening::Name(login(3), NameEvent::Released)), "the one it held is free");
    town.seconds = HOUR;
    assert_eq!(town.expire(1).len(), 1, "what it held is another's by now");
    town.begin(5, 5, 5).expect("begun");
    town.reserved_by_an_earlier_build(5);
    town.seconds = 2 * HOUR;
    assert_eq!(town.expire(5).len(), 3, "the end, and two names");
}

#[test]
fn a_members_login_is_taken() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.seconds = 100 * HOUR;
    assert_eq!(refused(&town.begin(2, 1, 2)), MemberRefusal::LoginIdTaken);
    assert_eq!(refused(&town.begin(2, 1, 1)), MemberRefusal::LoginIdTaken, "whoever asks");
}

/// Two towns: in one the contact is a member's, in the other it is free. Whatever a stranger does to find out, they see the
/// same, as long as they cannot read the contact's messages.
#[test]
fn a_decoy_behaves_alike() {
    let strangers_view = |known: bool| {
        let mut town = Town::default();
        town.joined(90, 90, 90);
        if known {
            town.joined(91, 91, 1);
        }
        let mut seen = Vec::new();
        let mut look = |what: Result<Vec<Happening>, MemberRefusal>| {
            let told = what.map(|happened| {
                let of_asked: Vec<_> = of_sign_ups(&happened)
                    .into_iter()
                    .map(|(id, event)| match event {
                        SignUpEvent::Started(start) => (id, format!("{:?} {:?}", start.code, start.expires_at)),
                        other => (id, format!("{other:?}")),
                    })
                    .collect();
                (of_asked, happened.len())
            });
            seen.push(told);
        };
        look(town.begin(1, 1, 1));
        look(town.begin(2, 1, 5));
        look(town.verify(1, false));
        town.seconds = 30;
        look(town.resend(1));
        look(town.resend(1));
        (0..6).for_each(|_| look(town.verify(1, false)));
        look(town.begin(3, 3, 1));
        look(town.verify(1, false));
        look(town.resend(1));
        look(town.begin(4, 1, 5));
        look(town.begin(5, 3, 6));
        town.seconds = HOUR + 30;
        look(Ok(town.expire(3)));
        look(town.verify(3, false));
        look(town.begin(6, 3, 6));
        (seen, town.is_open(1), town.is_open(3))
    };
    assert_eq!(strangers_view(true), strangers_view(false));
}

#[test]
fn a_members_contact_stays_theirs() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin(2, 2, 1).expect("begun like any other");
    assert_eq!(refused(&town.verify(2, true)), MemberRefusal::SignUpEnded);
    assert_eq!(town.name(contact(1)).owner(), Some(member(1)), "the owner's");
}
