//! Operators: what their roles allow.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use kernel::OperatorRole;
use serde_json::json;

use crate::support::{Reply, app, claims, send, token};

fn operator(role: OperatorRole) -> String {
    let mut claims = claims("operator");
    claims["op"] = json!(role);
    claims["sid"] = json!("00000000-0000-7000-8000-0000000000aa");
    token(1, Some("one"), &claims)
}

async fn ask(app: &Router, path: &str, token: &str) -> Reply {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    send(app, request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_role_may_do_what_a_lower_one_may() {
    let app = app();
    for (role, status) in OperatorRole::ALL.into_iter().zip([403, 200, 200, 200]) {
        let reply = ask(&app, "/help", &operator(role)).await;
        assert_eq!(reply.status.as_u16(), status, "{role}");
        if status == 403 {
            assert_eq!((reply.code().as_str(), &reply.json()["role"]), ("operator-role-missing", &json!("support")));
        }
    }
    for (role, status) in [("operator", 200), ("service", 200), ("member", 403)] {
        let token = token(1, Some("one"), &claims(role));
        assert_eq!(ask(&app, "/help", &token).await.status.as_u16(), status, "{role}");
    }
}

/// A route that names no role is closed to all but admins, whether its handler names who may call it or takes whoever has a token.
#[tokio::test]
async fn where_no_role_is_named_only_admins_come() {
    let app = app();
    for path in ["/followed", "/who", "/staff"] {
        for role in [OperatorRole::Viewer, OperatorRole::Support, OperatorRole::Operator] {
            let reply = ask(&app, path, &operator(role)).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (StatusCode::FORBIDDEN, "operator-role-missing"),
                "{path}"
            );
            assert_eq!(reply.json()["role"], "admin", "{path}");
        }
        assert_eq!(ask(&app, path, &operator(OperatorRole::Admin)).await.status, StatusCode::OK, "{path}");
        // Whoever has the signing key may do everything.
        assert_eq!(ask(&app, path, &token(1, Some("one"), &claims("operator"))).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_role_that_is_none_and_a_role_without_a_session_are_no_token() {
    for (op, sid) in [(json!("root"), json!("00000000-0000-7000-8000-0000000000aa")), (json!("admin"), json!(null))] {
        let mut claims = claims("operator");
        (claims["op"], claims["sid"]) = (op, sid);
        let reply = ask(&app(), "/help", &token(1, Some("one"), &claims)).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthorized"));
    }
}
