//! The description is made from the routes, committed, and true.

use std::{collections::BTreeSet, path::Path};

use axum::http::StatusCode;
use kernel::{AccountNumber, Role};
use serde_json::{Value, json};

use crate::{
    commands::samples,
    support::{ALICE, Api, bearer},
};

fn document() -> Value {
    serde_json::from_str(&command_api::openapi()).expect("JSON")
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi/command.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == command_api::openapi(),
        "write it again: cargo run -p command-server -- --openapi > docs/openapi/command.json"
    );
}

/// Routes that are no command of the samples.
const OTHERS: &[&str] = &[
    "/.well-known/jwks.json",
    "/v1/approvals/{id}/key",
    "/v1/bank-payouts",
    "/v1/erasures/{id}",
    "/v1/gift-cards",
    "/v1/members/me",
    "/v1/members/me/contact",
    "/v1/members/me/contact/verify",
    "/v1/members/me/devices/{device_id}",
    "/v1/members/me/notifications",
    "/v1/members/me/password",
    "/v1/members/find",
    "/v1/members/{id}/disclosures",
    "/v1/members/{id}/erase",
    "/v1/oauth/token",
    "/v1/operators/me",
    "/v1/operators/me/password",
    "/v1/operators/sessions",
    "/v1/operators/sessions/current",
    "/v1/operators/sessions/oidc",
    "/v1/operators/sessions/refresh",
    "/v1/operators/{id}/sessions",
    "/v1/operators/{id}/sessions/{session}",
    "/v1/payout-runs/{id}/rows",
    "/v1/password-resets",
    "/v1/password-resets/{id}/complete",
    "/v1/rates/{from}/{to}",
    "/v1/sessions",
    "/v1/sessions/current",
    "/v1/sessions/refresh",
    "/v1/sessions/{id}",
    "/v1/signups",
    "/v1/signups/{id}/resend",
    "/v1/signups/{id}/verify",
    "/v1/transfers/{id}/answer",
];

#[test]
fn every_route_of_the_contract_is_described_with_its_problems() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let paths: BTreeSet<_> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let expected: BTreeSet<_> = samples().iter().map(|sample| sample.route).chain(OTHERS.iter().copied()).collect();
    assert_eq!(paths, expected);
    let items = document["paths"].as_object().expect("paths").iter();
    let operations = items.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |one| (path, one)));
    for (path, (method, operation)) in operations {
        let responses = operation["responses"].as_object().expect("responses");
        let is_of_operators =
            path.starts_with("/v1/operators/") && (path.contains("/sessions") || path.contains("/me"));
        let begins = path.starts_with("/v1/sessions") || path == "/v1/oauth/token" || is_of_operators;
        let begins = begins || path == "/v1/members/find";
        let command = matches!(method.as_str(), "post" | "put" | "patch" | "delete") && !begins;
        let secured = operation["security"] != json!([]);
        for status in ["400", "401", "403", "408", "409", "413", "415", "422", "500", "503"] {
            if !command || (!secured && matches!(status, "401" | "403")) {
                continue;
            }
            let content = &responses.get(status).unwrap_or_else(|| panic!("{path} {status}"))["content"];
            assert!(content["application/problem+json"].is_object(), "{path} {status}");
        }
        let proves = begins && method == "post";
        assert_eq!(responses.contains_key("401"), secured || proves);
        if command && !path.contains("/me") {
            let in_path = path.contains("{id}") || (path.contains("{name}") && method == "delete");
            // The item of an offer is in the body.
            let names_what_is_there = in_path || path == "/v1/offers";
            assert_eq!(responses.contains_key("404"), names_what_is_there, "{method} {path}");
        }
        let text = operation["parameters"].to_string();
        assert_eq!(text.contains("#/components/parameters/IdempotencyKey"), command, "{path}");
        let done = ["200", "201", "202", "204"].iter().find_map(|status| responses.get(*status)).expect("a good end");
        let is_of_session = is_of_operators && method != "get" && !path.ends_with("/password");
        let changes = command || path.starts_with("/v1/sessions") || is_of_session;
        assert_eq!(done["headers"]["Consistency-Token"].is_object(), changes, "{path}");
    }
}

/// The example of each body is taken, from the roles that the document names and from no others.
#[tokio::test]
async fn examples_are_taken_from_whom_the_document_names() {
    let document = document();
    let everybody = [Role::Member, Role::Operator, Role::Service, Role::Partner];
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let media = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
            let (media, example) = media.map_or(("-", &Value::Null), |(media, body)| (media, &body["example"]));
            assert_eq!(example.is_null(), operation["requestBody"].is_null(), "{method} {path} has no example");
            let url = operation["parameters"].as_array().into_iter().flatten().fold(path.clone(), |url, parameter| {
                let example = parameter["example"].as_str().unwrap_or("-");
                parameter["name"].as_str().map_or(url.clone(), |name| url.replace(&format!("{{{name}}}"), example))
            });
            let roles: Vec<_> =
                operation["x-roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            assert_eq!(roles.is_empty(), operation["security"] == json!([]), "{method} {path}");
            for role in everybody {
                let token = bearer(role, ALICE);
                let headers = [("authorization", token.as_str()), ("idempotency-key", "k")];
                let body = match example {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    example => example.to_string(),
                };
                // What is no JSON is tried where it is read.
                if media == "text/csv" {
                    assert!(
                        command_api::payout_table(body.as_bytes()).is_ok_and(|table| table.rejected == 0),
                        "{body}"
                    );
                    continue;
                }
                let reply = Api::posting().ask(&method.to_uppercase(), &url, &headers, body).await;
                let allowed = roles.is_empty() || roles.contains(&role.as_str());
                assert_eq!(reply.status != StatusCode::FORBIDDEN, allowed, "{method} {path} as {role:?}");
                assert_ne!(reply.status, StatusCode::BAD_REQUEST, "{method} {path}: {}", reply.text);
            }
        }
    }
}

/// Every account number that is shown has the check digits that belong to it.
#[test]
fn account_numbers_are_right() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => fields.values().for_each(|value| walk(value, found)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::String(text) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => found.push(text),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 3, "{found:?}");
    for number in found {
        assert!(number.parse::<AccountNumber>().is_ok(), "{number}");
    }
}

/// Every `$ref` leads somewhere.
#[test]
fn the_document_is_closed() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match value.as_str() {
                Some(target) if name == "$ref" => found.push(target),
                _ => walk(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 50);
    for target in found {
        let pointer = target.strip_prefix('#').expect("a reference into the document");
        assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
    }
}

#[test]
fn bodies_have_their_limits() {
    let document = document();
    let schema = |name: &str| &document["components"]["schemas"][name];
    assert_eq!(schema("Money")["properties"]["amount"]["pattern"], "^-?[0-9]{1,38}$");
    assert_eq!(schema("Money")["additionalProperties"], false);
    assert_eq!(schema("BatchRequest")["properties"]["transfers"]["maxItems"], 1000);
    assert_eq!(schema("Booking")["properties"]["reference"]["maxLength"], 256);
    assert_eq!(schema("Booking")["properties"]["reference"]["minLength"], 1);
    assert_eq!(schema("TransferRequest")["properties"]["memo"]["maxLength"], 256);
    assert_eq!(schema("TransferRequest")["properties"]["destination"]["type"], "string");
    assert_eq!(schema("SignUp")["properties"]["login_id"]["pattern"], "^[a-z0-9_]{4,32}$");
    assert_eq!(schema("SignUp")["properties"]["consents"]["maxItems"], 20);
    assert_eq!(schema("SignUp")["additionalProperties"], false);
    assert_eq!(schema("Code")["properties"]["code"]["pattern"], "^[0-9]{6}$");
    assert_eq!(schema("HoldRequest")["properties"]["expires_in"]["minimum"], 60);
    assert_eq!(schema("HoldRequest")["properties"]["expires_in"]["maximum"], 2_592_000);
    assert_eq!(schema("HoldRequest")["required"], json!(["source", "money"]));
    assert_eq!(schema("FreezeRequest")["properties"]["scope"]["pattern"], "^(all|debits)$");
    assert_eq!(schema("ChargeRequest")["properties"]["code"]["pattern"], "^[0-9]{24}$");
    assert_eq!(schema("ChargeRequest")["required"], json!(["code", "destination", "money", "reference"]));
    assert_eq!(schema("PaymentCodeRequest")["properties"]["expires_in"]["maximum"], 300);
    assert_eq!(schema("LimitRequest")["required"], json!(["asset", "kinds", "everyone"]));
    assert_eq!(schema("LimitRequest")["properties"]["kinds"]["items"]["enum"][3], "hold");
    assert_eq!(schema("MintRequest")["properties"]["serial"]["maxLength"], 80);
    assert_eq!(schema("MintRequest")["required"], json!(["collection", "serial", "owner"]));
    assert_eq!(schema("OfferRequest")["required"], json!(["item_id", "price", "destination"]));
    assert_eq!(schema("OrderRequest")["required"], json!(["source", "destination", "money", "schedule"]));
    assert_eq!(schema("OrderSchedule")["properties"]["day"]["maximum"], 31);
    for path in ["capture", "release"].map(|verb| format!("/v1/holds/{{id}}/{verb}")) {
        assert_eq!(document["paths"][&path]["post"]["requestBody"]["required"], false, "{path}");
    }
    let close = &document["paths"]["/v1/accounts/{id}/close"]["post"];
    assert_eq!(close["requestBody"]["required"], false);
}
