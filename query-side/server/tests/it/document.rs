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
