//! Retries.

use kernel::{Ids, RandomIds, Role};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::support::{ALL, TestApp, TestClient, money};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_of_the_same_at_once_are_one_transfer_and_fifty_equal_answers() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let body = json!({"source": from, "destination": to, "money": money("KRW", 100), "memo": "once"});
    let mut clients = JoinSet::new();
    for _ in 0..50 {
        let (payer, body) = (payer.clone(), body.clone());
        clients.spawn(async move { payer.post_keyed("/v1/transfers", "the-key", body).await });
    }
    let answers = clients.join_all().await;
    let posted: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.clone().expect_problem(409, "idempotency-key-in-flight");
    }
    let late = payer.post_keyed("/v1/transfers", "the-key", body).await.expect(201);
    assert!(late.replayed());
    assert!(posted.iter().all(|answer| answer.body == late.body), "{posted:?}");
    assert!(posted.iter().filter(|answer| !answer.replayed()).count() <= 1);
    let ledger = app.close().await;
    assert_eq!(ledger.with_memo("once"), [late.id("transfer_id")]);
    assert_eq!(ledger.accounts[&to].balance, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_belongs_to_one_request_of_one_principal() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (other, to) = app.funded_member(1000).await;
    let path = "/v1/transfers";
    let first = payer.post_keyed(path, "k", TestClient::transfer_body(from, to, 10)).await.expect(201);
    let head = app.head().await;
    let again = payer.post_keyed(path, "k", TestClient::transfer_body(from, to, 10)).await.expect(201);
    assert_eq!((again.body, again.headers.contains_key("idempotency-replayed")), (first.body, true));
    for body in [TestClient::transfer_body(from, to, 11), TestClient::transfer_body(to, from, 10)] {
        payer.post_keyed(path, "k", body).await.expect_problem(422, "idempotency-key-reused");
    }
    payer.post_keyed("/v1/accounts", "k", json!({"asset": "KRW"})).await.expect_problem(422, "idempotency-key-reused");
    assert_eq!(app.head().await, head, "nothing of that was written");
    // The same key in another hand is another key.
    let theirs = other.post_keyed(path, "k", TestClient::transfer_body(to, from, 10)).await.expect(201);
    assert!(!theirs.replayed());
    let same_person_as_service = app.client(Role::Service, payer.id);
    let body = json!({"account_id": from, "money": money("KRW", 1), "reference": "r"});
    same_person_as_service.post_keyed("/v1/deposits", "k", body).await.expect(201);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_commands_begin_with_the_time_of_their_keys() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let (path, body) = ("/v1/transfers", TestClient::transfer_body(from, to, 10));
    let mut ids = Vec::new();
    for _ in 0..3 {
        let key = RandomIds.fresh().to_string();
        let first = payer.post_keyed(path, &key, body.clone()).await.expect(201);
        let id = app.newest_command().await;
        assert_eq!(id.to_string()[..13], key[..13]);
        let again = payer.post_keyed(path, &key, body.clone()).await.expect(201);
        assert!(again.replayed() && again.body == first.body);
        ids.push(id);
    }
    assert!(ids.is_sorted(), "{ids:?}");
    // Once the log holds something, nobody moves the time from which this counts: a repeated command would get another id.
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let moved = sqlx::raw_sql("update log_head set command_ids_ordered_from = now()").execute(&mut log).await.unwrap_err();
    assert!(moved.to_string().contains("only moves forward"), "{moved}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_is_the_first_answer_whatever_happened_since_and_wherever_it_is_asked() {
    let mut app = TestApp::start(&ALL).await;
    let (member, account) = app.funded_member(1000).await;
    let (operator, service) = (app.operator(), app.service());
    let opened = member.post_keyed("/v1/accounts", "open", json!({"asset": "USD"})).await.expect(201);
    let deposit = json!({"account_id": account, "money": money("KRW", 5), "reference": "d"});
    let deposited = service.post_keyed("/v1/deposits", "deposit", deposit.clone()).await.expect(201);
    let freeze = format!("/v1/accounts/{account}/freeze");
    let frozen = operator.post_keyed(&freeze, "freeze", json!({"reason": "a look"})).await.expect(200);
    operator.post(&format!("/v1/accounts/{account}/unfreeze"), json!({})).await.expect(200);
    // A server that has never seen these keys looks them up in the log.
    app.bank.kill(testkit::chaos::Part::Command(0)).unwrap();
    app.bank.start(&[testkit::chaos::Part::Command(0)]).await.unwrap();
    for (answer, first) in [
        (member.post_keyed("/v1/accounts", "open", json!({"asset": "USD"})).await.expect(201), opened),
        (service.post_keyed("/v1/deposits", "deposit", deposit).await.expect(201), deposited),
        (operator.post_keyed(&freeze, "freeze", json!({"reason": "a look"})).await.expect(200), frozen),
    ] {
        assert!(answer.replayed(), "{answer:?}");
        assert_eq!(answer.body, first.body);
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_frozen() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(10).await;
    let (_, to) = app.funded_member(0).await;
    let body = TestClient::transfer_body(from, to, 11);
    let first = payer.post_keyed("/v1/transfers", "k", body.clone()).await;
    let first = first.expect_problem(422, "insufficient-funds");
    assert_eq!(first.text("available"), "10");
    app.service().deposit(from, "KRW", 1000).await;
    let again = payer.post_keyed("/v1/transfers", "k", body.clone()).await.expect_problem(422, "insufficient-funds");
    assert!(again.replayed() && !first.replayed());
    assert_eq!(again.text("available"), "10", "the refusal is the first one, not a new look");
    // Another key is another request.
    payer.post_keyed("/v1/transfers", "k2", body).await.expect(201);
    // A refused command that is no transfer is frozen too.
    let close = format!("/v1/accounts/{from}/close");
    payer.post_keyed(&close, "c", json!({})).await.expect_problem(422, "account-not-empty");
    payer.transfer(from, to, 999).await.expect(201);
    let again = payer.post_keyed(&close, "c", json!({})).await.expect_problem(422, "account-not-empty");
    assert!(again.replayed());
    payer.post_keyed(&close, "c2", json!({})).await.expect(200);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_malformed_or_forbidden_leaves_the_key_free() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(100).await;
    let path = "/v1/transfers";
    let mut bad = TestClient::transfer_body(from, to, 1);
    bad["money"]["amount"] = json!(1);
    payer.post_keyed(path, "k", bad).await.expect_problem(400, "validation-failed");
    payer.post_keyed(path, "k", TestClient::transfer_body(to, from, 1)).await.expect_problem(403, "account-not-yours");
    let stranger = app.client_with(0, payer.id, "nonsense".to_owned());
    stranger.post_keyed(path, "k", TestClient::transfer_body(from, to, 1)).await.expect_problem(401, "unauthorized");
    let good = payer.post_keyed(path, "k", TestClient::transfer_body(from, to, 1)).await.expect(201);
    assert!(!good.replayed());
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_two_servers_at_once_is_one_transfer() {
    use testkit::chaos::Part;
    let mut app =
        TestApp::start(&[Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query]).await;
    let (_, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    let id = RandomIds.fresh();
    let clients = [app.client_at(0, Role::Operator, id), app.client_at(1, Role::Operator, id)];
    for round in 0..20 {
        let body = json!({"source": from, "destination": to, "money": money("KRW", 10), "memo": format!("r{round}")});
        let key = format!("round-{round}");
        let mut both = JoinSet::new();
        for client in clients.iter().cycle().take(6) {
            let (client, body, key) = (client.clone(), body.clone(), key.clone());
            both.spawn(async move {
                loop {
                    let answer = client.post_keyed("/v1/transfers", &key, body.clone()).await;
                    if !matches!(answer.status, 409 | 503) {
                        return answer.expect(201);
                    }
                }
            });
        }
        let answers = both.join_all().await;
        assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:?}");
    }
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&to].balance, 200);
}
