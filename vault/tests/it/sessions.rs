//! Sessions, refresh tokens, revocations.

use chrono::TimeDelta;
use futures::future::join_all;
use kernel::Sealed;
use uuid::Uuid;
use vault::{Credentials, RefreshRetry, Revocations, Rotation, Sessions};

use crate::fixture::{VaultFixture, hash, id, later, member, now, token};

async fn revoked(fixture: &VaultFixture) -> Vec<Uuid> {
    let all = fixture.vault.revoked_after(0).await.unwrap();
    assert!(all.is_sorted_by_key(|revocation| revocation.serial));
    all.into_iter().map(|revocation| revocation.subject).collect()
}

#[tokio::test]
async fn a_token_is_exchanged_for_the_next_and_the_next() {
    let fixture = VaultFixture::new().await;
    let ((member, _), session, mut current) = (fixture.joined().await, id(), token());
    fixture.vault.open_session(session, member, &hash("first"), current, later(60)).await.unwrap();
    fixture.vault.open_session(session, member, &hash("first"), current, later(60)).await.unwrap();
    for _ in 0..3 {
        let next = token();
        let rotation = fixture.vault.rotate(current, next, None, now(), later(60)).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated { session, member });
        current = next;
    }
    assert_eq!(fixture.vault.rotate(token(), token(), None, now(), later(60)).await.unwrap(), Rotation::Unknown);
    assert_eq!(revoked(&fixture).await, Vec::<Uuid>::new());
    fixture.end().await;
}

#[tokio::test]
async fn of_twenty_that_bring_one_token_at_once_one_is_first_and_the_session_ends() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    for _ in 0..5 {
        let ((member, _), session, current) = (fixture.joined().await, id(), token());
        fixture.vault.open_session(session, member, &hash("first"), current, later(60)).await.unwrap();
        let nexts: Vec<_> = (0..20).map(|_| token()).collect();
        let outcomes = join_all(nexts.iter().enumerate().map(|(n, next)| {
            let vault = if n % 2 == 0 { &fixture.vault } else { &other };
            vault.rotate(current, *next, None, now(), later(60))
        }))
        .await;
        let outcomes: Vec<Rotation> = outcomes.into_iter().map(Result::unwrap).collect();
        let of = |wanted: Rotation| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        assert_eq!(of(Rotation::Rotated { session, member }), 1, "{outcomes:?}");
        assert_eq!(of(Rotation::Reused { session, member }), 19, "{outcomes:?}");
        assert!(revoked(&fixture).await.contains(&session));
        for next in nexts {
            let rotation = fixture.vault.rotate(next, token(), None, now(), later(60)).await.unwrap();
            assert_eq!(rotation, Rotation::Unknown, "nor does the new token work any more");
        }
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_member_ends_sessions_of_their_own_and_revokes_nothing_else() {
    let fixture = VaultFixture::new().await;
    let ((member, _), (other, _)) = (fixture.joined().await, fixture.joined().await);
    let open = async |member| {
        let session = id();
        assert!(fixture.vault.open_session(session, member, &hash("first"), token(), later(60)).await.unwrap());
        session
    };
    let (own, foreign) = (open(member).await, open(other).await);
    for none in [foreign, id(), other.uuid()] {
        assert!(!fixture.vault.end_own_session(none, member).await.unwrap());
    }
    assert_eq!(revoked(&fixture).await, Vec::<Uuid>::new());
    assert!(fixture.vault.end_own_session(own, member).await.unwrap());
    assert!(fixture.vault.end_own_session(own, member).await.unwrap(), "again, for a client that asks again");
    assert_eq!(revoked(&fixture).await, [own]);
    fixture.end().await;
}

#[tokio::test]
async fn a_session_that_is_over_gives_no_token() {
    let fixture = VaultFixture::new().await;
    let (member, _) = fixture.joined().await;
    let open = async |until: i64| {
        let (session, current) = (id(), token());
        fixture.vault.open_session(session, member, &hash("first"), current, later(until)).await.unwrap();
        (session, current)
    };
    let (_, expired) = open(-1).await;
    let (ended, of_ended) = open(60).await;
    let (kept, of_kept) = open(60).await;
    assert!(fixture.vault.end_session(ended, member).await.unwrap());
    assert!(fixture.vault.end_session(ended, member).await.unwrap(), "again, for a client that asks again");
    assert!(!fixture.vault.end_session(kept, crate::fixture::member()).await.unwrap(), "not the member's");
    let forgotten = id();
    assert!(!fixture.vault.end_session(forgotten, member).await.unwrap());
    for over in [expired, of_ended] {
        assert_eq!(fixture.vault.rotate(over, token(), None, now(), later(60)).await.unwrap(), Rotation::Unknown);
    }
    assert_eq!(revoked(&fixture).await, [ended, forgotten]);
    let rotation = fixture.vault.rotate(of_kept, token(), None, now(), later(60)).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated { session: kept, member });
    fixture.end().await;
}

#[tokio::test]
async fn all_sessions_but_one_end_and_those_of_others_go_on() {
    let fixture = VaultFixture::new().await;
    let ((member, _), (other, _)) = (fixture.joined().await, fixture.joined().await);
    let mut sessions = Vec::new();
    for owner in [member, member, member, other] {
        let (session, current) = (id(), token());
        fixture.vault.open_session(session, owner, &hash("first"), current, later(60)).await.unwrap();
        sessions.push((session, current));
    }
    let mut ended = fixture.vault.end_sessions(member, Some(sessions[1].0)).await.unwrap();
    ended.sort();
    assert_eq!(ended, [sessions[0].0, sessions[2].0]);
    assert_eq!(fixture.vault.end_sessions(member, Some(sessions[1].0)).await.unwrap(), Vec::<Uuid>::new());
    for (n, (session, current)) in sessions.iter().enumerate() {
        let rotation = fixture.vault.rotate(*current, token(), None, now(), later(60)).await.unwrap();
        let owner = if n == 3 { other } else { member };
        let goes_on = Rotation::Rotated { session: *session, member: owner };
        assert_eq!(rotation, if [1, 3].contains(&n) { goes_on } else { Rotation::Unknown }, "{n}");
    }
    assert_eq!(fixture.vault.end_sessions(member, None).await.unwrap(), [sessions[1].0]);
    fixture.end().await;
}

#[tokio::test]
async fn a_revoked_member_gets_no_token_and_no_session_is_opened_for_nobody() {
    let fixture = VaultFixture::new().await;
    let ((revoked_member, _), current) = (fixture.joined().await, token());
    fixture.vault.open_session(id(), revoked_member, &hash("first"), current, later(60)).await.unwrap();
    fixture.vault.revoke_member(revoked_member).await.unwrap();
    fixture.vault.revoke_member(revoked_member).await.unwrap();
    assert_eq!(revoked(&fixture).await, [revoked_member.uuid()]);
    assert_eq!(fixture.vault.rotate(current, token(), None, now(), later(60)).await.unwrap(), Rotation::Unknown);
    let opened = fixture.vault.open_session(id(), member(), &hash("first"), token(), later(60)).await;
    assert!(matches!(opened, Ok(false)), "{opened:?}");
    fixture.end().await;
}

/// A reader that remembers the last serial it saw must never miss one that becomes visible later.
#[tokio::test]
async fn serials_become_visible_in_their_order() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    let members: Vec<_> = (0..200).map(|_| member()).collect();
    let writing = join_all(members.iter().enumerate().map(|(n, member)| {
        let vault = if n % 2 == 0 { &fixture.vault } else { &other };
        vault.revoke_member(*member)
    }));
    let reader = fixture.reader();
    let reading = async {
        let (mut seen, mut last) = (Vec::new(), 0);
        while seen.len() < members.len() {
            for revocation in reader.revoked_after(last).await.unwrap() {
                last = revocation.serial;
                seen.push(revocation.subject);
            }
        }
        seen
    };
    let time_limit = std::time::Duration::from_secs(30);
    let (written, seen) = tokio::join!(writing, tokio::time::timeout(time_limit, reading));
    assert!(written.iter().all(Result::is_ok));
    let mut seen = seen.expect("none is missed");
    let mut wanted: Vec<_> = members.iter().map(|member| member.uuid()).collect();
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted);
    fixture.end().await;
}

#[tokio::test]
async fn the_same_refresh_may_be_repeated_for_a_time_and_any_other_ends_the_session() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    let retry = |key: u8| RefreshRetry {
        key: [key; 32],
        answer: Sealed::new(format!("sealed {key}")),
        grace: TimeDelta::seconds(60),
    };
    for reuse in [None, Some(retry(2))] {
        let ((member, _), session, current, next) = (fixture.joined().await, id(), token(), token());
        fixture.vault.open_session(session, member, &hash("first"), current, later(600)).await.unwrap();
        let at = now();
        let first = fixture.vault.rotate(current, next, Some(&retry(1)), at, later(600)).await.unwrap();
        assert_eq!(first, Rotation::Rotated { session, member });
        for vault in [&fixture.vault, &other] {
            let again = RefreshRetry { answer: Sealed::new("another"), ..retry(1) };
            let repeated = vault.rotate(current, token(), Some(&again), now(), later(600)).await.unwrap();
            let answer = Sealed::new("sealed 1");
            assert_eq!(repeated, Rotation::Repeated { session, member, answer, at }, "the first answer");
        }
        let ended = fixture.vault.rotate(current, token(), reuse.as_ref(), now(), later(600)).await.unwrap();
        assert_eq!(ended, Rotation::Reused { session, member });
        let over = fixture.vault.rotate(current, token(), Some(&retry(1)), now(), later(600)).await.unwrap();
        assert_ne!(over, Rotation::Rotated { session, member });
        assert!(!matches!(over, Rotation::Repeated { .. }), "a session that is over repeats nothing");
    }
    let ((member, _), session, current) = (fixture.joined().await, id(), token());
    fixture.vault.open_session(session, member, &hash("first"), current, later(600)).await.unwrap();
    fixture.vault.rotate(current, token(), Some(&retry(1)), now(), later(600)).await.unwrap();
    fixture.execute("update vault.refresh_answers set until = now() - interval '1 second'").await;
    let late = fixture.vault.rotate(current, token(), Some(&retry(1)), now(), later(600)).await.unwrap();
    assert_eq!(late, Rotation::Reused { session, member });
    fixture.vault.sweep(later(-3600)).await.unwrap();
    assert_eq!(fixture.count("refresh_answers").await, 0, "swept when the grace is over");
    fixture.end().await;
}

/// A session that is refreshed for ever does not grow: tokens that were used when the oldest refresh token still good was made are
/// forgotten, and those after still end the session when they come twice.
#[tokio::test]
async fn tokens_that_were_used_long_ago_are_forgotten() {
    let fixture = VaultFixture::new().await;
    let ((member, _), session) = (fixture.joined().await, id());
    let tokens: Vec<_> = (0..6).map(|_| token()).collect();
    fixture.vault.open_session(session, member, &hash("first"), tokens[0], later(36_000)).await.unwrap();
    for (at, pair) in (0..).zip(tokens.windows(2)) {
        let used_at = later(60 * at - 600);
        fixture.vault.rotate(pair[0], pair[1], None, used_at, later(36_000)).await.unwrap();
    }
    assert_eq!(fixture.vault.forget_tokens(later(-3_600)).await.unwrap(), 0);
    assert_eq!(fixture.vault.forget_tokens(later(90 - 600)).await.unwrap(), 2);
    assert_eq!(fixture.count("refresh_tokens").await, 4);
    assert_eq!(fixture.vault.rotate(tokens[0], token(), None, now(), later(36_000)).await.unwrap(), Rotation::Unknown);
    let rotated = fixture.vault.rotate(tokens[5], token(), None, now(), later(36_000)).await.unwrap();
    assert_eq!(rotated, Rotation::Rotated { session, member });
    let reused = fixture.vault.rotate(tokens[4], token(), None, now(), later(36_000)).await.unwrap();
    assert_eq!(reused, Rotation::Reused { session, member });
    // What has ended goes when no access token of it is good any more.
    fixture.vault.sweep(later(60)).await.unwrap();
    assert_eq!(fixture.count("sessions").await, 1);
    fixture.execute("update vault.sessions set ended_at = ended_at - interval '2 days'").await;
    fixture.vault.sweep(later(-60)).await.unwrap();
    assert_eq!((fixture.count("sessions").await, fixture.count("refresh_tokens").await), (0, 0));
    fixture.end().await;
}
