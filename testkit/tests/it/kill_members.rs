//! kill -9 of the command server while people come and go.

use std::time::Duration;

use futures::future::join_all;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use testkit::chaos::Part;

use crate::support::{
    ALL, TestApp, fresh_key,
    people::{By, Newcomer, post},
};

const PEOPLE: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_while_the_server_is_killed_makes_a_member_once() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, catcher) = (app.stranger(), &app.catcher);
    let people: Vec<_> = (0..PEOPLE).map(|i| Newcomer::new(if i % 2 == 0 { By::Email } else { By::Phone })).collect();
    let joining = join_all(people.iter().map(async |person| person.join(&anonymous, catcher).await.client.id));
    let bank = &mut app.bank;
    let killing = async {
        let mut random = SmallRng::seed_from_u64(7);
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(random.random_range(20..700))).await;
            bank.kill(Part::Command(0)).unwrap();
            bank.start(&[Part::Command(0)]).await.unwrap();
        }
    };
    let (members, ()) = tokio::join!(joining, killing);
    let distinct: std::collections::BTreeSet<_> = members.iter().collect();
    assert_eq!(distinct.len(), PEOPLE);
    assert_eq!(app.count_events("MemberJoined").await, PEOPLE as i64);
    assert_eq!(app.count_events("SignUpStarted").await, PEOPLE as i64);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_is_carried_through_once_wherever_the_server_is_killed() {
    let mut app = TestApp::start(&ALL).await;
    let mut random = SmallRng::seed_from_u64(8);
    for (round, delay) in [0, 5, 50, 1_000, 2_900, 3_000, 3_050, 3_200].into_iter().enumerate() {
        let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
        let insider = person.join(&anonymous, &app.catcher).await;
        let key = fresh_key();
        let erasure = insider.leave(&person.password, &key).await.expect(202).id("erasure_id");
        tokio::time::sleep(Duration::from_millis(delay + random.random_range(0..40))).await;
        app.bank.kill(Part::Command(0)).unwrap();
        app.bank.start(&[Part::Command(0)]).await.unwrap();
        let certificate = app.certificate(erasure).await;
        assert_eq!(certificate.id("member_id"), insider.client.id);
        for kind in ["ErasureRequested", "MemberErased"] {
            assert_eq!(app.count_events(kind).await, round as i64 + 1, "{kind}");
        }
        person.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
        post(&anonymous, "/v1/signups", &fresh_key(), &person.sign_up_request()).await.expect(202);
    }
    app.close().await;
}
