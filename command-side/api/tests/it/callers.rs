//! Who may call what, and in which order a request is looked at.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use kernel::Role;
use serde_json::{Value, json};

use crate::{
    commands::samples,
    support::{ALICE, Api, BOB, NOW, SOURCE, TRANSFER, bearer, bearer_until, order},
};

#[tokio::test]
async fn each_command_takes_its_roles_and_no_other() {
    for sample in samples() {
        let path = sample.path();
        for role in [Role::Member, Role::Operator, Role::Service, Role::Partner] {
            let api = Api::posting();
            let reply = api.command(sample.method, role, &path, sample.body.to_string()).await;
            if sample.roles.contains(&role) {
                assert!(reply.status.is_success(), "{path} {role:?}: {}", reply.text);
                assert_eq!(api.submissions()[0].command, sample.command, "{path}");
                assert!(reply.header("consistency-token").is_some_and(|token| token.starts_with("v1.")));
            } else {
                assert_eq!((reply.status, reply.code().as_str()), (StatusCode::FORBIDDEN, "forbidden"), "{path}");
                assert!(api.submissions().is_empty());
            }
        }
    }
}

async fn bare(api: &Api, (method, path): (&str, &str), headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = api.send(request.body(Body::from(body.to_owned())).expect("a request")).await;
    assert!(api.submissions().is_empty(), "{path}");
    (reply.status.as_u16(), reply.code())
}

/// The same garbage for a body every time: what is missing before it must be reported first.
#[tokio::test]
async fn token_then_role_then_key_then_body() {
    for sample in samples() {
        let (path, api) = (sample.path(), Api::posting());
        let at = (sample.method, path.as_str());
        let good = bearer(sample.roles[0], ALICE);
        let answer = bare(&api, at, &[("idempotency-key", "k")], "{").await;
        assert_eq!(answer, (401, "unauthorized".to_owned()), "{path}");
        for other in [Role::Member, Role::Operator, Role::Service, Role::Partner] {
            let expected = match sample.roles.contains(&other) {
                true => (400, "idempotency-key-missing".to_owned()),
                false => (403, "forbidden".to_owned()),
            };
            let other = bearer(other, ALICE);
            assert_eq!(bare(&api, at, &[("authorization", &other)], "{").await, expected, "{path}");
        }
        let headers = [("authorization", good.as_str()), ("idempotency-key", "k")];
        assert_eq!(bare(&api, at, &headers, "{").await, (415, "unsupported-media-type".to_owned()), "{path}");
        let headers = [headers[0], headers[1], ("content-type", "application/json")];
        assert_eq!(bare(&api, at, &headers, "{").await, (400, "malformed-json".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn an_expired_or_garbled_token_is_no_token() {
    let api = Api::posting();
    let expired = bearer_until(Role::Member, ALICE, NOW);
    let mut garbled = bearer(Role::Member, ALICE);
    garbled.truncate(garbled.len() - 2);
    for token in [expired.as_str(), &garbled, "Bearer x", "Bearer"] {
        let headers = [("authorization", token), ("idempotency-key", "k")];
        assert_eq!(
            bare(&api, ("POST", "/v1/transfers"), &headers, "{}").await,
            (401, "unauthorized".to_owned()),
            "{token}"
        );
    }
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_missing() {
    let api = Api::posting();
    let token = bearer(Role::Member, ALICE);
    let long = "k".repeat(256);
    for key in ["", " ", "a b", "ключ", &long] {
        let headers =
            [("authorization", token.as_str()), ("idempotency-key", key), ("content-type", "application/json")];
        let answer = bare(&api, ("POST", "/v1/transfers"), &headers, &order().to_string()).await;
        assert_eq!(answer, (400, "idempotency-key-missing".to_owned()), "{key:?}");
    }
}

async fn identity(headers: &[(&str, &str)], path: &str, body: &Value) -> (String, String) {
    let api = Api::posting();
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = api.send(request.body(Body::from(body.to_string())).expect("a request")).await;
    assert!(reply.status.is_success(), "{}", reply.text);
    let submission = &api.submissions()[0];
    (submission.meta.command_id.to_string(), format!("{:?}", submission.meta.fingerprint))
}

#[tokio::test]
async fn a_command_is_known_by_principal_and_key_and_a_request_by_what_it_asks() {
    let (alice, bob) = (bearer(Role::Member, ALICE), bearer(Role::Member, BOB));
    let operator = bearer(Role::Operator, ALICE);
    let ask = async |token: &str, key: &str, path: &str, body: &Value| {
        identity(&[("authorization", token), ("idempotency-key", key)], path, body).await
    };
    let first = ask(&alice, "k", "/v1/transfers", &order()).await;
    assert_eq!(ask(&alice, "k", "/v1/transfers", &order()).await, first, "the same request");
    // Spelled another way, asked for the same.
    let mut respelled = order();
    respelled["money"]["amount"] = json!("0012500");
    assert_eq!(ask(&alice, "k", "/v1/transfers", &respelled).await, first);
    for (what, (id, _)) in [
        ("another member", ask(&bob, "k", "/v1/transfers", &order()).await),
        ("another role", ask(&operator, "k", "/v1/transfers", &order()).await),
        ("another key", ask(&alice, "K", "/v1/transfers", &order()).await),
    ] {
        assert_ne!(id, first.0, "{what}");
    }
    let mut other = order();
    other["memo"] = json!(null);
    let (id, print) = ask(&alice, "k", "/v1/transfers", &other).await;
    assert!(id == first.0 && print != first.1, "another body under the same key");
    let (id, other_path) = ask(&alice, "k", &format!("/v1/accounts/{SOURCE}/close"), &json!({})).await;
    assert!(id == first.0 && other_path != first.1, "another path under the same key");
    let (_, other_id) = ask(&alice, "k", &format!("/v1/accounts/{TRANSFER}/close"), &json!({})).await;
    assert_ne!(other_id, other_path, "another id in the path");
}

#[tokio::test]
async fn unknown_addresses_and_methods_say_so_without_a_token() {
    let api = Api::posting();
    assert_eq!(api.get("/v1/nothing").await.code(), "not-found");
    let reply = api.get("/v1/transfers").await;
    assert_eq!((reply.code().as_str(), reply.header("allow")), ("method-not-allowed", Some("POST")));
}
