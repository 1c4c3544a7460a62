//! What every operation shares in an API's description: problems, credentials, ids. Written once, so that no route can
//! forget a status.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use crate::problem::Code;

/// One operation of the description.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The path, with its parameters in braces.
    pub path: &'a str,
    /// The method, in lower case.
    pub method: &'a str,
    /// Whether it asks for a token.
    pub secured: bool,
}

/// Completes a description: `problems` lists, for each operation, which problems it answers and with which status.
pub fn complete(api: &OpenApi, problems: impl Fn(Operation<'_>) -> Vec<(StatusCode, Code)>) -> Value {
    let mut document = serde_json::to_value(api).unwrap_or_default();
    let components = object(&mut document["components"]);
    object(components.entry("schemas").or_insert(json!({}))).insert("Problem".to_owned(), problem_schema());
    components.insert("headers".to_owned(), headers());
    components.insert(
        "securitySchemes".to_owned(),
        json!({"bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "EdDSA; `sub` is a member id, `role` is member, operator or service"
        }}),
    );
    for (path, item) in object(&mut document["paths"]) {
        for (method, operation) in object(item) {
            if !operation.is_object() {
                continue;
            }
            let secured = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
            let answered = problems(Operation { path, method, secured });
            let responses = object(&mut operation["responses"]);
            add_problems(responses, answered);
            for response in responses.values_mut() {
                let headers = object(object(response).entry("headers").or_insert(json!({})));
                headers.insert("X-Request-Id".to_owned(), reference("headers/X-Request-Id"));
                headers.insert("X-Correlation-Id".to_owned(), reference("headers/X-Correlation-Id"));
            }
        }
    }
    document
}

fn add_problems(responses: &mut Map<String, Value>, answered: Vec<(StatusCode, Code)>) {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (status, code) in answered {
        by_status.entry(status.as_u16()).or_default().push(code.as_str());
    }
    for (status, codes) in by_status {
        let links: Vec<_> = codes.iter().map(|code| format!("[`{code}`](/problems/{code})")).collect();
        let mut headers = Map::new();
        if matches!(status, 409 | 429 | 503) {
            headers.insert("Retry-After".to_owned(), reference("headers/Retry-After"));
        }
        if status == 429 {
            headers.insert("RateLimit".to_owned(), reference("headers/RateLimit"));
        }
        if status == 401 {
            headers.insert("WWW-Authenticate".to_owned(), reference("headers/WWW-Authenticate"));
        }
        let response = json!({
            "description": links.join(", "),
            "headers": headers,
            "content": {"application/problem+json": {"schema": {"allOf": [
                reference("schemas/Problem"),
                {"properties": {"code": {"enum": codes}, "status": {"const": status}}},
            ]}}},
        });
        responses.entry(status.to_string()).or_insert(response);
    }
}

/// A reference into the components.
pub fn reference(what: &str) -> Value {
    json!({ "$ref": format!("#/components/{what}") })
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it is an object now")
}

fn headers() -> Value {
    let uuid = |description: &str| json!({"description": description, "schema": {"type": "string", "format": "uuid"}});
    json!({
        "X-Request-Id": uuid("The id of this request; quote it when you report a problem"),
        "X-Correlation-Id": uuid("Follows the request through every process; your own, if you sent a UUID"),
        "Retry-After": {
            "description": "Seconds to wait before the next try",
            "schema": {"type": "integer", "minimum": 1}
        },
        "RateLimit": {
            "description": "The limit that was met, and in how many seconds (`t`) there is room again",
            "schema": {"type": "string", "examples": ["\"too-many-requests\";r=0;t=2"]}
        },
        "WWW-Authenticate": {"description": "The credentials asked for", "schema": {"type": "string"}},
    })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457). Branch on `code`; the page at `type` says what to do.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/insufficient-funds"]},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "code": {"type": "string", "pattern": "^[a-z-]+$"},
            "request_id": {"type": "string", "format": "uuid"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                },
            },
        },
    })
}
