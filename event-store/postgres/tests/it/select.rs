//! Reading by the partial indexes.

use event_store_postgres::INDEXED_TYPES;
use events::recorded::{
    ApprovalEvent, HoldCaptured, HoldExpired, HoldPlaced, HoldReleased, MemberEvent, OfferEvent,
    OperatorCredentialsReset, OperatorDisabled, OperatorRoleSet, PartnerKeyRevoked, PartnerQuotasSet,
    PasswordResetEvent, PayoutRunCancelled, PayoutRunPaused, PayoutRunResumed, PayoutRunStarted, ProcessDirected,
    ProcessStarted, ProcessStepFailed, ProcessStepTaken, ReservationEvent, SignUpEvent, StandingOrderEvent,
};
use kernel::{MemberId, Position, StreamId, Version};
use log::{Append, NewEvent, OwnedAccounts, ReadTyped};
use sqlx::Row;
use uuid::Uuid;

use crate::fixture::{LogFixture, commit, event, stream};

fn typed(stream: StreamId, version: i64, event_type: &'static str, payload: &str) -> NewEvent {
    NewEvent { event_type, payload: payload.to_owned(), ..event(stream, version) }
}

#[test]
fn the_indexed_types_are_those_that_processes_follow() {
    let members = [SignUpEvent::NAMES, ReservationEvent::NAMES, MemberEvent::NAMES, PasswordResetEvent::NAMES].concat();
    // What ends a hold, or begins it.
    let holds = [HoldPlaced::NAME, HoldCaptured::NAME, HoldReleased::NAME, HoldExpired::NAME];
    // What makes a run wait, or go on. Its rows are read by the process itself.
    let runs = [PayoutRunStarted::NAME, PayoutRunPaused::NAME, PayoutRunResumed::NAME, PayoutRunCancelled::NAME];
    // What is next, and what an operator said. That a call begins changes nothing for the runner.
    let outside = [ProcessStarted::NAME, ProcessStepTaken::NAME, ProcessStepFailed::NAME, ProcessDirected::NAME];
    // What the vault is told of partners.
    let partners = [PartnerQuotasSet::NAME, PartnerKeyRevoked::NAME];
    // What ends sessions of operators.
    let operators = [OperatorRoleSet::NAME, OperatorDisabled::NAME, OperatorCredentialsReset::NAME];
    let orders = [OfferEvent::NAMES, StandingOrderEvent::NAMES].concat();
    // Promotions of views that were approved: the projector follows them.
    let approvals = ApprovalEvent::NAMES;
    let names = [&members[..], &holds, &orders, &runs, &outside, &partners, &operators, approvals].concat();
    assert_eq!(INDEXED_TYPES.to_vec(), names, "a type belongs here before its first event is written");
}

#[tokio::test]
async fn each_type_that_is_followed_is_found_by_itself() {
    let fixture = LogFixture::new().await;
    for (at, name) in (1..).zip(INDEXED_TYPES) {
        fixture.log.append(&[commit(vec![typed(stream(), 1, name, "{}")])]).await.unwrap();
        let found = fixture.log.read_typed(&[name], Position::ZERO, Position::new(at), 10).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn events_of_some_types_come_in_order_with_what_is_known_of_their_commit() {
    let fixture = LogFixture::new().await;
    let (person, account) = (stream(), stream());
    let first = commit(vec![event(account, 1), typed(person, 1, "MemberJoined", r#"{"n":1}"#), event(account, 2)]);
    let second = commit(vec![typed(person, 2, "PasswordChanged", "{}"), typed(person, 3, "MemberErased", "{}")]);
    fixture.log.append(&[first.clone(), commit(vec![event(account, 3)]), second.clone()]).await.unwrap();
    let read = |types: &'static [&str], after, up_to, limit| {
        let log = fixture.log.clone();
        async move { log.read_typed(types, Position::new(after), Position::new(up_to), limit).await }
    };
    let both = read(&["MemberJoined", "MemberErased"], 0, 99, 10).await.unwrap();
    let seen: Vec<_> = both.iter().map(|p| (p.position.number(), p.event.event_type.as_str(), p.actor)).collect();
    assert_eq!(seen, [(2, "MemberJoined", first.actor), (6, "MemberErased", second.actor)]);
    assert_eq!((both[0].event.stream, both[0].event.version.number()), (person, 1));
    assert_eq!(both[0].event.payload.get(), r#"{"n":1}"#);
    assert!(both[0].recorded_at <= both[1].recorded_at);
    assert_eq!(read(&["MemberJoined", "MemberErased"], 0, 99, 1).await.unwrap().len(), 1, "as many as asked for");
    assert_eq!(read(&["MemberJoined", "MemberErased"], 2, 6, 10).await.unwrap().len(), 1, "after, up to and including");
    assert!(read(&["MemberJoined"], 2, 5, 10).await.unwrap().is_empty());
    let one = fixture.log.read_picked(person, Version::new(3)).await.unwrap().unwrap();
    assert_eq!((one.position.number(), one.actor), (6, second.actor));
    assert!(fixture.log.read_picked(person, Version::new(4)).await.unwrap().is_none());
    fixture.end().await;
}

/// Both statements must go by their index however large the log is: they are asked while money moves.
#[tokio::test]
async fn both_go_by_their_index() {
    let fixture = LogFixture::new().await;
    let statements = [
        (include_str!("../../src/sql/read_followed.sql"), "1, 100, 10", "first_position_idx", "int8, int8, int8"),
        (
            include_str!("../../src/sql/owned_accounts.sql"),
            "'00000000-0000-0000-0000-000000000001'",
            "log_streams_owned",
            "uuid",
        ),
    ];
    for (sql, arguments, index, types) in statements {
        let body: String = sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        let mut connection = fixture.pool.acquire().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("prepare asked({types}) as {body}")))
            .execute(&mut *connection)
            .await
            .unwrap();
        let explained = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("explain execute asked({arguments})")))
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        // The next statement is prepared under the same name.
        connection.discard();
        let plan: Vec<String> = explained.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{index} is not used:\n{}", plan.join("\n"));
    }
    fixture.end().await;
}

#[tokio::test]
async fn the_roles_of_the_servers_may_ask() {
    let fixture = LogFixture::new().await;
    let writer = fixture.as_role("jangbu_writer");
    writer.read_typed(&["MemberJoined"], Position::ZERO, Position::new(9), 10).await.unwrap();
    writer.owned_accounts(MemberId::new(Uuid::nil())).await.unwrap();
    writer.read_picked(stream(), Version::new(1)).await.unwrap();
    writer.pool().close().await;
    fixture.end().await;
}
