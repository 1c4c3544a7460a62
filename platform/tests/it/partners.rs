//! Partners: what their tokens allow, and how often they may ask.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use platform::auth::{RequestQuota, Verifier};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Reply, app, app_with, claims, clock, jwk, send, token};

fn partner(scope: &str) -> String {
    let mut claims = claims("partner");
    claims["scope"] = json!(scope);
    claims["key"] = json!("00000000-0000-7000-8000-0000000000aa");
    token(1, Some("one"), &claims)
}

async fn ask(app: &Router, path: &str, token: &str) -> Reply {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    send(app, request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_partner_needs_the_scope_of_the_route() {
    let app = app();
    let reply = ask(&app, "/followed", &partner("events:read holds:write")).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, "partner:00000000-0000-7000-8000-000000000001"));
    for scopes in ["", "holds:write", "events:write"] {
        let reply = ask(&app, "/followed", &partner(scopes)).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::FORBIDDEN, "scope-missing"), "{scopes}");
        assert_eq!(reply.json()["scope"], "events:read");
    }
    for (role, status) in [("member", 200), ("operator", 200), ("service", 403)] {
        let token = token(1, Some("one"), &claims(role));
        assert_eq!(ask(&app, "/followed", &token).await.status.as_u16(), status, "{role}");
    }
}

/// A handler that names no scope is closed to partners, whatever else it does or forgets.
#[tokio::test]
async fn where_no_scope_is_named_no_partner_comes() {
    let app = app();
    let all = kernel::Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    for path in ["/who", "/staff"] {
        let reply = ask(&app, path, &partner(&all)).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::FORBIDDEN, "forbidden"), "{path}");
    }
}

#[tokio::test]
async fn a_token_of_a_partner_without_a_key_is_none() {
    for missing in ["key", "scope"] {
        let mut claims = claims("partner");
        claims["scope"] = json!("events:read");
        claims["key"] = json!("00000000-0000-7000-8000-0000000000aa");
        claims.as_object_mut().map(|claims| claims.remove(missing));
        let reply = ask(&app(), "/followed", &token(1, Some("one"), &claims)).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthorized"), "{missing}");
    }
}

#[tokio::test]
async fn every_answer_to_a_partner_says_what_is_left_and_one_too_many_is_429() {
    let keys = json!({"keys": [jwk(1, "one")]}).to_string();
    let verifier = Verifier::from_jwks(&keys, clock()).expect("keys");
    let id: Uuid = claims("partner")["sub"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    verifier.quotas().set(id, RequestQuota::new(1, 3));
    let app = app_with(verifier);
    let scoped = partner("events:read");
    let limit = |reply: &Reply| {
        let header = |name| reply.header(name).unwrap_or_default().to_owned();
        (reply.status.as_u16(), header("ratelimit"), header("ratelimit-policy"))
    };
    let policy = r#""default";q=3;w=3"#.to_owned();
    let first = limit(&ask(&app, "/followed", &scoped).await);
    assert_eq!(first, (200, r#""default";r=2;t=1"#.to_owned(), policy.clone()));
    // A refusal counts too, and says so.
    let second = limit(&ask(&app, "/followed", &partner("")).await);
    assert_eq!(second, (403, r#""default";r=1;t=2"#.to_owned(), policy.clone()));
    assert_eq!(limit(&ask(&app, "/followed", &scoped).await).0, 200);
    let reply = ask(&app, "/followed", &scoped).await;
    assert_eq!((reply.code().as_str(), reply.header("retry-after")), ("too-many-requests", Some("1")));
    assert_eq!(limit(&reply), (429, r#""default";r=0;t=1"#.to_owned(), policy));
    assert_eq!(reply.headers.get_all("ratelimit").iter().count(), 1);
    let member: Value = claims("member");
    let reply = ask(&app, "/followed", &token(1, Some("one"), &member)).await;
    assert_eq!((reply.status.as_u16(), reply.header("ratelimit")), (200, None), "nobody else has a quota");
}
