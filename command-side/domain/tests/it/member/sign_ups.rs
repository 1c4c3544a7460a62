use domain::member::{Bearer, Happening, Known, MemberRefusal, NameEvent, PersonEvent, SignUpEnd, SignUpEvent};

use super::{Town, contact_names, login, member, of_sign_ups, stream};

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
    let (login, contact) = (login(1), contact_names(1).own);
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
            assert_eq!(town.name(login(1)).bearer(town.now()), Some(Bearer::Member(member(1))));
        } else {
            town.seconds = HOUR;
            assert_eq!(town.expire(1).len(), 3, "the end, and two names");
            assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpEnded);
            assert_eq!(town.name(login(1)), Default::default());
            assert_eq!(town.name(contact_names(1).own), Default::default());
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
fn the_newest_sign_up_of_a_contact_wins_and_takes_the_login_over() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    let happened = town.begin(2, 1, 1).expect("begun again");
    let ended = (stream(1), SignUpEvent::Ended(SignUpEnd::Superseded));
    assert!(of_sign_ups(&happened).contains(&ended));
    assert!(!happened.contains(&Happening::Name(login(1), NameEvent::Released)), "it goes over, and is never free");
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpEnded);
    town.verify(2, true).expect("the newest");
}

#[test]
fn the_login_of_a_superseded_sign_up_is_free_for_others() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    assert_eq!(refused(&town.begin(2, 1, 2)), MemberRefusal::LoginIdTaken);
    town.begin(3, 3, 1).expect("the same contact, another login");
    town.begin(4, 1, 2).expect("the first login is free");
    town.verify(3, true).expect("both");
    town.verify(4, true).expect("become members");
}

#[test]
fn a_login_is_free_when_the_time_of_its_sign_up_has_run_out_told_or_not() {
    let mut town = Town::default();
    town.begin(1, 1, 1).expect("begun");
    town.seconds = HOUR;
    town.begin(2, 1, 2).expect("nobody has ended the first yet");
    let late = town.expire(1);
    assert!(!late.contains(&Happening::Name(login(1), NameEvent::Released)), "it is another's by now");
    assert!(late.contains(&Happening::Name(contact_names(1).own, NameEvent::Released)));
    town.verify(2, true).expect("a member");
}

#[test]
fn a_members_login_is_taken() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.seconds = 100 * HOUR;
    assert_eq!(refused(&town.begin(2, 1, 2)), MemberRefusal::LoginIdTaken);
    assert_eq!(refused(&town.begin(2, 1, 1)), MemberRefusal::LoginIdTaken, "whoever asks");
}

#[test]
fn a_code_is_right_only_while_the_names_are_still_the_sign_ups() {
    let mut town = Town::default();
    town.joined(9, 9, 9);
    town.begin(1, 1, 1).expect("begun");
    town.begin_change(9, 1).expect("a member claims the contact");
    assert!(!town.is_open(1), "the later claim wins");
    assert_eq!(refused(&town.verify(1, true)), MemberRefusal::SignUpEnded);
    town.begin(2, 1, 2).expect("and its login is free");
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
fn no_code_of_a_decoy_is_right() {
    let mut town = Town::default();
    town.joined(1, 1, 1);
    town.begin(2, 2, 1).expect("a decoy");
    assert_eq!(tries_left(town.verify(2, true)), 4);
    assert_eq!(town.name(contact_names(1).own).bearer(town.now()), Some(Bearer::Member(member(1))), "the owner's");
}
