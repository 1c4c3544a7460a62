//! Partners: what the bank receives, what a token must allow, and the tokens that keys are exchanged for.

use application::{
    Command, CreatePartner, ExecuteError, IssuePartnerKey, PartnerQuota, RevokePartnerKey, SetPartnerQuotas,
};
use axum::{body::Body, http::Request};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use kernel::{PartnerId, PartnerKeyId, Role, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    bad_input::refused,
    commands::{OPERATORS, Sample, sample, samples as all_samples},
    support::{ALICE, Api, HOLD, NOW, PARTNER_KEY, Reply, Said, bearer_of},
};

/// The log's clock has no nanoseconds.
const DAY: &str = "2027-11-22T09:30:00.123456789Z";

/// One of each command.
pub fn samples() -> Vec<Sample> {
    let (partner, key) = (PartnerId::new(HOLD), PartnerKeyId::new(PARTNER_KEY));
    let quotas = SetPartnerQuotas {
        partner,
        requests_per_second: Some(50),
        burst: Some(100),
        limits: vec!["partners-daily".to_owned()],
    };
    let asked = json!({"requests_per_second": 50, "burst": 100, "limits": ["partners-daily"]});
    let issue = IssuePartnerKey {
        partner,
        key: None,
        scopes: vec![Scope::AccountsRead, Scope::HoldsWrite],
        expires_at: Some(DateTime::parse_from_rfc3339("2027-11-22T09:30:00.123456Z").expect("a time").to_utc()),
        digest: "its digest".to_owned(),
    };
    vec![
        sample(
            "/v1/partners",
            Uuid::nil(),
            json!({"name": "Hangang Coffee"}),
            OPERATORS,
            Command::CreatePartner(CreatePartner { name: "Hangang Coffee".to_owned() }),
        ),
        sample(
            "/v1/partners/{id}/keys",
            HOLD,
            json!({"scopes": ["holds:write", "accounts:read"], "expires_at": DAY}),
            OPERATORS,
            Command::IssuePartnerKey(issue),
        ),
        sample(
            "/v1/partners/{id}/keys/{key}/revoke",
            HOLD,
            json!({}),
            OPERATORS,
            Command::RevokePartnerKey(RevokePartnerKey { partner, key }),
        ),
        Sample {
            method: "PUT",
            ..sample("/v1/partners/{id}/quotas", HOLD, asked, OPERATORS, Command::SetPartnerQuotas(quotas))
        },
    ]
}

/// Each command that a partner may send needs its scope, and no other helps.
#[tokio::test]
async fn a_partner_needs_the_scope_of_each_command() {
    let document: Value = serde_json::from_str(&command_api::openapi()).expect("JSON");
    let mut needed = 0;
    for sample in all_samples().into_iter().filter(|sample| sample.roles.contains(&Role::Partner)) {
        let scope = &document["paths"][sample.route][sample.method.to_lowercase()]["x-scope"];
        let scope = scope.as_str().expect("a scope").parse::<Scope>().expect("one for partners");
        for given in Scope::ALL {
            let claims = json!({
                "sub": ALICE, "role": "partner", "exp": NOW + 60, "key": PARTNER_KEY, "scope": given.as_str(),
            });
            let (api, token) = (Api::posting(), bearer_of(&claims));
            let headers = [("authorization", token.as_str()), ("idempotency-key", "k")];
            let reply = api.ask(sample.method, &sample.path(), &headers, sample.body.to_string()).await;
            assert!(reply.header("ratelimit").is_some(), "{}", sample.route);
            if *given == scope {
                assert!(reply.status.is_success(), "{} {given}: {}", sample.route, reply.text);
                continue;
            }
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "scope-missing"), "{}", sample.route);
            assert_eq!(reply.json()["scope"], scope.as_str());
            assert!(api.submissions().is_empty());
        }
        needed += 1;
    }
    assert!(needed > 10, "{needed}");
}

/// A command says in the document that it is for no partner, or names one scope.
#[test]
fn the_document_names_a_scope_or_who_may() {
    let document: Value = serde_json::from_str(&command_api::openapi()).expect("JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let scope = operation["x-scope"].as_str().unwrap_or_default();
            let has_partners = operation["x-roles"].as_array().is_some_and(|roles| roles.contains(&json!("partner")));
            assert_eq!(scope.parse::<Scope>().is_ok(), has_partners, "{method} {path}: {scope}");
            let others = scope == "public" || scope.ends_with(" only");
            assert!(has_partners || others, "{method} {path}: {scope}");
        }
    }
}

#[tokio::test]
async fn the_secret_is_in_the_answer_and_nowhere_else() {
    let api = Api::posting();
    let path = format!("/v1/partners/{HOLD}/keys");
    let reply = api.post_json(Role::Operator, &path, json!({"scopes": ["charges:write"]})).await;
    let key = reply.json()["key_id"].as_str().expect("an id").to_owned();
    assert_eq!(reply.status.as_u16(), 201);
    assert_eq!(reply.json()["secret"], format!("jbk_{key}"));
    assert_eq!((&reply.json()["scopes"], &reply.json()["expires_at"]), (&json!(["charges:write"]), &Value::Null));
    let submission = &api.submissions()[0];
    assert!(!format!("{:?}", submission.command).contains("jbk_"), "the log is given the digest");
    assert_eq!(submission.meta.command_id.partner_key().to_string(), key);
}

#[tokio::test]
async fn what_is_recorded_is_told_to_the_servers() {
    let api = Api::posting();
    let path = format!("/v1/partners/{HOLD}/keys/{PARTNER_KEY}/revoke");
    let reply = api.post_json(Role::Operator, &path, json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.json()["status"].as_str()), (200, Some("revoked")));
    let path = format!("/v1/partners/{HOLD}/quotas");
    let reply = api.command("PUT", Role::Operator, &path, r#"{"requests_per_second": 5}"#).await;
    assert_eq!(reply.json()["requests_per_second"], 5);
    assert_eq!((&reply.json()["burst"], &reply.json()["limits"]), (&Value::Null, &json!([])));
    let quota = PartnerQuota { requests_per_second: Some(5), burst: None };
    let told = [Said::Revoked(PartnerKeyId::new(PARTNER_KEY)), Said::Quota(PartnerId::new(HOLD), quota)];
    assert_eq!(api.said(), told);
    let unknown = Api::failing(ExecuteError::KeyUnknown);
    let path = format!("/v1/partners/{HOLD}/keys/{PARTNER_KEY}/revoke");
    let reply = unknown.post_json(Role::Operator, &path, json!({})).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "key-unknown"));
    assert!(unknown.said().is_empty());
}

#[tokio::test]
async fn wrong_bodies_name_the_field() {
    let (keys, quotas) = (format!("/v1/partners/{HOLD}/keys"), format!("/v1/partners/{HOLD}/quotas"));
    let keys = keys.as_str();
    for (path, body, field) in [
        ("/v1/partners", json!({"name": ""}), "name"),
        ("/v1/partners", json!({"name": "x".repeat(81)}), "name"),
        ("/v1/partners", json!({"name": 5}), "name"),
        (keys, json!({"scopes": []}), "scopes"),
        (keys, json!({"scopes": ["holds:write", "holds:write"]}), "scopes"),
        (keys, json!({"scopes": ["everything"]}), "scopes"),
        (keys, json!({"scopes": "holds:write"}), "scopes"),
        (keys, json!({"scopes": ["holds:write"], "expires_at": "tomorrow"}), "expires_at"),
        (keys, json!({"scopes": ["holds:write"], "expires_at": 5}), "expires_at"),
    ] {
        let answer = refused(Role::Operator, path, body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), field.into()), "{body}");
    }
    for (body, field) in [
        (json!({"requests_per_second": 0}), "requests_per_second"),
        (json!({"burst": 100_001}), "burst"),
        (json!({"burst": -1}), "burst"),
        (json!({"limits": ["Daily"]}), "limits"),
        (json!({"limits": ["a", "a"]}), "limits"),
    ] {
        let api = Api::posting();
        let reply = api.command("PUT", Role::Operator, &quotas, body.to_string()).await;
        assert_eq!((reply.code().as_str(), &reply.json()["errors"][0]["field"]), ("validation-failed", &json!(field)));
        assert!(api.submissions().is_empty());
    }
}

async fn exchange(api: &Api, credentials: Option<&str>, content_type: &str, form: &str) -> Reply {
    let mut request = Request::post("/v1/oauth/token").header("content-type", content_type);
    if let Some(credentials) = credentials {
        request = request.header("authorization", format!("Basic {}", STANDARD.encode(credentials)));
    }
    api.send(request.body(Body::from(form.to_owned())).expect("a request")).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_key_is_exchanged_for_a_token() {
    let (api, right) = (Api::posting(), format!("{PARTNER_KEY}:jbk_{PARTNER_KEY}"));
    let reply = exchange(&api, Some(&right), FORM, "grant_type=client_credentials").await;
    assert_eq!(reply.status.as_u16(), 200);
    let expected = json!({
        "access_token": "a.partners.token", "token_type": "Bearer", "expires_in": 300,
        "scope": "accounts:read holds:write",
    });
    assert_eq!(reply.json(), expected);
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    let narrowed = "grant_type=client_credentials&scope=holds%3Awrite";
    assert_eq!(exchange(&api, Some(&right), FORM, narrowed).await.json()["scope"], "holds:write");
}

#[tokio::test]
async fn refusals_have_the_words_of_the_standard() {
    let (api, right) = (Api::posting(), format!("{PARTNER_KEY}:jbk_{PARTNER_KEY}"));
    let (wrong, good) = (format!("{PARTNER_KEY}:jbk_x"), "grant_type=client_credentials");
    let (right, wrong) = (right.as_str(), wrong.as_str());
    for (credentials, form, status, error) in [
        (Some(right), "", 400, "invalid_request"),
        (Some(right), "grant_type=password", 400, "unsupported_grant_type"),
        (Some(right), "grant_type=client_credentials&scope=moon%3Awalk", 400, "invalid_scope"),
        (Some(right), "grant_type=client_credentials&scope=rates%3Awrite", 400, "invalid_scope"),
        (Some(right), "grant_type=client_credentials&client_secret=x", 400, "invalid_request"),
        (Some(right), "grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        (Some(right), "grant_type=client_credentials#", 400, "invalid_request"),
        (Some(wrong), good, 401, "invalid_client"),
        (Some("nobody:x"), good, 401, "invalid_client"),
        (None, good, 401, "invalid_client"),
    ] {
        let reply = exchange(&api, credentials, FORM, form).await;
        assert_eq!((reply.status.as_u16(), reply.json()["error"].as_str()), (status, Some(error)), "{form}");
        let challenge = reply.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic "));
        assert_eq!(challenge, status == 401, "{form}");
    }
    let reply = exchange(&api, Some(right), "application/json", "{}").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (415, "unsupported-media-type"));
}
