//! From what somebody quotes to what stands in the log: a reference, a correlation id, the id of a request.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, fresh_key};

/// The command ids of the commits that are found.
async fn found(jangbu: &Jangbu, by: &[&str]) -> Vec<String> {
    let shown = jangbu.run(&[&["log", "show"], by].concat()).await.unwrap();
    let commits = shown["commits"].as_array().unwrap().iter();
    commits.map(|commit| commit["command_id"].as_str().unwrap().to_owned()).collect()
}

async fn send(client: &TestClient, url: &str, body: &Value, correlation: Option<&str>) -> Answer {
    let key = fresh_key();
    let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
    let headers: Vec<_> = headers.into_iter().chain(correlation.map(|id| ("x-correlation-id", id))).collect();
    client.send(Method::POST, url, &headers, Some(body.to_string().into_bytes())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_found_by_what_the_answer_says() {
    let mut app = TestApp::start(&ALL).await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let (member, account) = app.funded_member(100).await;
    let (operator, service, other) =
        (app.operator(), app.service(), app.client(kernel::Role::Service, Uuid::from_u128(0x5f)));
    let url = |path: &str| format!("{}{path}", service.command);
    let booking = |amount: &str| {
        let money = json!({"asset": "KRW", "amount": amount});
        json!({"account_id": account, "money": money, "reference": "till 4, receipt 17"})
    };
    // The answer's X-Request-Id leads to the log.
    let first = send(&service, &url("/v1/deposits"), &booking("5"), None).await.expect(201);
    let request = first.header("x-request-id").unwrap().to_owned();
    let commands = found(&jangbu, &["--request-id", &request]).await;
    assert_eq!(commands.len(), 1);
    assert_eq!(found(&jangbu, &["--correlation", &request]).await, commands);
    assert_eq!(found(&jangbu, &["--transfer", &first.text("transfer_id")]).await, commands);
    // That of a repeated request leads to the same commit, as the request itself wrote nothing.
    let (key, body) = (fresh_key(), booking("6"));
    let once = service.post_keyed("/v1/deposits", &key, body.clone()).await.expect(201);
    let again = service.post_keyed("/v1/deposits", &key, body).await.expect(201);
    assert!(again.replayed());
    let commands = found(&jangbu, &["--request-id", once.header("x-request-id").unwrap()]).await;
    assert_eq!(found(&jangbu, &["--request-id", again.header("x-request-id").unwrap()]).await, commands);
    // So does a client's own correlation id, for all that it was sent with.
    let own = Uuid::from_u128(0x0c0a).to_string();
    let refused = send(&service, &url("/v1/withdrawals"), &booking("9999"), Some(&own)).await;
    let refused = refused.expect_problem(422, "insufficient-funds");
    let second = send(&other, &url("/v1/deposits"), &booking("7"), Some(&own)).await.expect(201);
    let by_request = found(&jangbu, &["--request-id", second.header("x-request-id").unwrap()]).await;
    assert_eq!(by_request, found(&jangbu, &["--transfer", &second.text("transfer_id")]).await);
    assert_eq!(found(&jangbu, &["--correlation", &own]).await.len(), 2);
    // And the request_id of a recorded refusal, which is that of its command.
    assert_eq!(found(&jangbu, &["--request-id", &refused.text("request_id")]).await, [refused.text("request_id")]);
    jangbu.ask(&["log", "show", "--request-id", &own.replace("0c0a", "0c0b")]).await.unwrap().expect(1);

    // By reference: the operator finds all of them, a service its own, a member none.
    let path = "/v1/transfers?reference=till%204,%20receipt%2017";
    let ids = |answer: &Answer| -> Vec<String> {
        answer.items().iter().map(|item| item["transfer_id"].as_str().unwrap().to_owned()).collect()
    };
    let [one, six, two, three] = [&first, &once, &refused, &second].map(|answer| answer.text("transfer_id"));
    let all = operator.get_at(path, second.token()).await.expect(200);
    assert_eq!(ids(&all), [three.as_str(), &two, &six, &one]);
    assert_eq!(all.items()[1]["code"], "insufficient-funds");
    assert_eq!(ids(&service.get_at(path, second.token()).await.expect(200)), [two, six, one]);
    assert_eq!(ids(&other.get_at(path, second.token()).await.expect(200)), [three]);
    member.get(path).await.expect_problem(403, "forbidden");
    let page = operator.get(&format!("{path}&limit=2")).await.expect(200);
    let rest = operator.get(&format!("{path}&limit=2&cursor={}", page.text("next_cursor"))).await.expect(200);
    assert_eq!([ids(&page), ids(&rest)].concat(), ids(&all));
    assert_eq!(rest.body["next_cursor"], Value::Null);
    assert_eq!(found(&jangbu, &["--reference", "till 4, receipt 17"]).await.len(), 4);
    app.close().await;
}
