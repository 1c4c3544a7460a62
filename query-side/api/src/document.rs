//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use serde_json::{Map, Value, json};
use utoipa::openapi::{Info, OpenApi};

/// The document before any route is in it.
pub fn frame() -> OpenApi {
    let mut info = Info::new("Jangbu queries", "1");
    info.description = Some(
        "Reads of the bank. Every read takes the Consistency-Token of a command's answer and is then at least as fresh \
         as that command."
            .to_owned(),
    );
    let mut frame = OpenApi::default();
    frame.info = info;
    frame
}

/// The whole document, in one stable form.
pub fn write(document: OpenApi) -> String {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["security"] = json!([{ "bearer": [] }]);
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" }
    });
    document["components"]["schemas"]["Problem"] = problem();
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            if let Some(operation) = item.get_mut("get").and_then(Value::as_object_mut) {
                complete(path, operation);
            }
        }
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Adds to a route what the routes have in common.
fn complete(path: &str, operation: &mut Map<String, Value>) {
    let open = operation.contains_key("security");
    let named = path.contains('{') || path == "/v1/payees";
    let operators = path.starts_with("/v1/views") || path.starts_with("/v1/dashboard");
    if !open {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.extend(freshness_parameters());
        }
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    responses["200"]["headers"] = headers(!open);
    let mut add = |status: &str, description: &str, fresh: bool| {
        responses.insert(status.to_owned(), refusal(status, description, fresh));
    };
    add("400", "The request is malformed, or asks for what can never be", false);
    add("500", "A defect; quote the request id", false);
    if open {
        return;
    }
    add("401", "No or bad credentials", false);
    if operators || path == "/v1/accounts" || path == "/v1/wallet/home" {
        add("403", "The role of the token does not allow this", false);
    }
    if named {
        add("404", "Not there, or not yours to know of", true);
    }
    add("503", "Not now: the view is behind, or cannot be read", false);
}

fn freshness_parameters() -> [Value; 2] {
    [
        json!({
            "name": "Consistency-Token", "in": "header", "required": false,
            "description": "The answer is at least as fresh as the command that answered with this token.",
            "schema": { "type": "string", "pattern": "^v1\\.[A-Za-z0-9_-]{32}$" }
        }),
        json!({
            "name": "Prefer", "in": "header", "required": false,
            "description": "`wait=N`: wait up to N seconds (1 if not said, 5 at most) for the freshness the token asks for; \
                            `stale-ok`: an older answer rather than 503. Anything else is ignored.",
            "schema": { "type": "string" }
        }),
    ]
}

fn headers(fresh: bool) -> Value {
    let mut headers = json!({
        "X-Request-Id": { "description": "This request.", "required": true, "schema": { "type": "string", "format": "uuid" } },
        "X-Correlation-Id": {
            "description": "What it belongs to: the one that was sent, else the request's own.", "required": true,
            "schema": { "type": "string", "format": "uuid" }
        }
    });
    if fresh {
        headers["View-Position"] = json!({
            "description": "The position of the log the answer was read at; of several views, the lowest.",
            "required": true, "schema": { "type": "integer", "format": "int64", "minimum": 0 }
        });
        headers["View-Lag-Ms"] = json!({
            "description": "How long the first commit that is not in the answer has been waiting; 0 if there is none.",
            "required": true, "schema": { "type": "integer", "format": "int64", "minimum": 0 }
        });
        headers["Consistency-Status"] = json!({
            "description": "Only where the answer is older than was asked for.",
            "schema": { "type": "string", "enum": ["stale"] }
        });
    }
    headers
}

fn refusal(status: &str, description: &str, fresh: bool) -> Value {
    let mut headers = headers(fresh);
    match status {
        "401" => {
            headers["WWW-Authenticate"] =
                json!({ "description": "What is asked for.", "required": true, "schema": { "type": "string" } });
        }
        "503" => {
            headers["Retry-After"] = json!({
                "description": "Seconds after which trying again is worth it.",
                "required": true, "schema": { "type": "integer", "minimum": 1 }
            });
        }
        _ => {}
    }
    json!({
        "description": description,
        "headers": headers,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457). Some codes have members of their own.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "pattern": "^/problems/[a-z-]+$", "description": "The path of a page about it." },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What happened this time." },
            "code": { "type": "string", "pattern": "^[a-z-]+$", "description": "What to branch on." },
            "request_id": { "type": "string", "format": "uuid" },
            "errors": {
                "type": "array",
                "description": "Each wrong field of the request.",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": { "field": { "type": "string" }, "message": { "type": "string" } }
                }
            }
        }
    })
}
