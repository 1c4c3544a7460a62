//! The OpenAPI document.

use std::{collections::HashSet, path::Path};

use serde_json::Value;

use crate::app::TestApp;

#[test]
fn the_committed_document_is_what_the_routes_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi/query.json");
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == query_api::openapi(),
        "{} is out of date: cargo run -p query-server -- --openapi > docs/openapi/query.json",
        file.display()
    );
}

#[test]
fn operations_are_named_apart_and_every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&query_api::openapi()).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = HashSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        assert!(names.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{path}");
        assert!(operation["responses"]["200"]["headers"]["X-Request-Id"].is_object(), "{path}");
    }
    check_references(&document, &document);
}

fn check_references(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').expect("a local reference");
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            members.values().for_each(|member| check_references(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| check_references(document, item)),
        _ => {}
    }
}

/// Each operation is for the roles that it names and for no others, and takes its own examples.
#[tokio::test]
async fn examples_are_taken_from_whom_the_document_names() {
    let app = TestApp::with_bank().await;
    let document: Value = serde_json::from_str(&query_api::openapi()).expect("JSON");
    let tokens = [("member", app.member(crate::app::ALICE)), ("operator", app.operator()), ("service", app.service())];
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        let roles: Vec<_> = operation["x-roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if roles.is_empty() {
            assert_eq!(operation["security"], serde_json::json!([]), "{path}");
            continue;
        }
        let (mut address, mut needed, mut more) = (path.clone(), Vec::new(), vec![None]);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|one| one["name"].is_string() && one["in"] != "header") {
            let name = parameter["name"].as_str().expect("a name");
            let example = parameter["example"].as_str().map_or(parameter["example"].to_string(), str::to_owned);
            match (parameter["in"].as_str(), parameter["required"] == true) {
                (Some("path"), _) => address = address.replace(&format!("{{{name}}}"), &example),
                (_, true) => needed.push((name, example)),
                // A cursor belongs to one list of one bank.
                (_, false) if name != "cursor" => more.push(Some((name, example))),
                _ => {}
            }
        }
        for optional in &more {
            let query: Vec<_> = needed.iter().chain(optional).map(|(name, value)| format!("{name}={value}")).collect();
            let address = format!("{address}?{}", query.join("&").replace(' ', "%20"));
            for (role, token) in &tokens {
                let reply = app.get(&address, token).await;
                let owner = optional.as_ref().is_some_and(|(name, _)| *name == "owner");
                assert_eq!(
                    reply.status != 403,
                    roles.contains(role) && !(owner && *role != "operator"),
                    "{address} as {role}"
                );
                let lacks_choice = path == "/v1/payees" && optional.is_none();
                assert!(reply.status != 400 || lacks_choice, "{address}: {}", reply.body);
            }
        }
    }
    app.finish().await;
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
    let document: Value = serde_json::from_str(&query_api::openapi()).expect("JSON");
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 3, "{found:?}");
    for number in found {
        assert!(number.parse::<kernel::AccountNumber>().is_ok(), "{number}");
    }
}

#[tokio::test]
async fn every_documented_route_is_served_and_none_without_a_token_but_assets() {
    let app = TestApp::start().await;
    let document = app.get_open("/openapi.json").await;
    let paths: Vec<_> = document.ok()["paths"].as_object().expect("paths").keys().cloned().collect();
    let described: Value = serde_json::from_str(&query_api::openapi()).expect("JSON");
    assert!(!paths.is_empty() && *document.ok() == described, "the server shows another document");
    for path in paths {
        let reply = app.get_open(&path.replace("{id}", &crate::app::id(1).to_string())).await;
        if path == "/v1/assets" {
            reply.ok();
        } else {
            reply.is(401, "unauthorized");
        }
    }
    app.get_open("/livez").await.ok();
    app.finish().await;
}
