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
    let components = &mut document["components"];
    components["schemas"]["Problem"] = problem();
    components["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" }
    });
    components["parameters"] = parameters();
    components["headers"] = headers();
    components["responses"] = refusals();
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
    let by_role = ["/v1/views", "/v1/dashboard", "/v1/wallet"].iter().any(|begin| path.starts_with(begin));
    let mut answers = vec![("400", "Malformed"), ("500", "Defect")];
    if !open {
        answers.extend([("401", "Unauthorized"), ("503", "NotNow")]);
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.extend(["ConsistencyToken", "Prefer"].map(|name| reference("parameters", name)));
        }
    }
    if by_role || path == "/v1/accounts" {
        answers.push(("403", "Forbidden"));
    }
    if path.contains('{') || path == "/v1/payees" {
        answers.push(("404", "NotThere"));
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    responses["200"]["headers"] = header_references(if open { IDS } else { FRESH });
    for (status, name) in answers {
        responses.insert(status.to_owned(), reference("responses", name));
    }
}

/// The headers of every answer.
const IDS: &[&str] = &["X-Request-Id", "X-Correlation-Id"];
/// Those of every read.
const FRESH: &[&str] = &["X-Request-Id", "X-Correlation-Id", "View-Position", "View-Lag-Ms", "Consistency-Status"];

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn header_references(names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), reference("headers", name))).collect::<Map<_, _>>().into()
}

fn parameters() -> Value {
    json!({
        "ConsistencyToken": {
            "name": "Consistency-Token", "in": "header", "required": false,
            "description": "The answer is at least as fresh as the command that answered with this token.",
            "schema": { "type": "string", "pattern": "^v1\\.[A-Za-z0-9_-]{32}$" }
        },
        "Prefer": {
            "name": "Prefer", "in": "header", "required": false,
            "description": "`wait=N`: wait up to N seconds (1 if not said, 5 at most) for the freshness the token asks \
                            for; `stale-ok`: an older answer rather than 503. Anything else is ignored.",
            "schema": { "type": "string" }
        }
    })
}

fn headers() -> Value {
    let count = |least: u8| json!({ "type": "integer", "format": "int64", "minimum": least });
    json!({
        "X-Request-Id": {
            "description": "This request.", "required": true, "schema": { "type": "string", "format": "uuid" }
        },
        "X-Correlation-Id": {
            "description": "What the request belongs to: the one that was sent, else the request's own id.",
            "required": true, "schema": { "type": "string", "format": "uuid" }
        },
        "View-Position": {
            "description": "The position of the log the answer was read at; of several views, the lowest.",
            "required": true, "schema": count(0)
        },
        "View-Lag-Ms": {
            "description": "How long the first commit that is not in the answer has been waiting; 0 if there is none.",
            "required": true, "schema": count(0)
        },
        "Consistency-Status": {
            "description": "Only where the answer is older than was asked for.",
            "schema": { "type": "string", "enum": ["stale"] }
        },
        "WWW-Authenticate": { "description": "What is asked for.", "required": true, "schema": { "type": "string" } },
        "Retry-After": {
            "description": "Seconds after which trying again is worth it.", "required": true, "schema": count(1)
        }
    })
}

fn refusals() -> Value {
    let refusal = |description: &str, headers: &[&str]| {
        json!({
            "description": description,
            "headers": header_references(headers),
            "content": { "application/problem+json": { "schema": reference("schemas", "Problem") } }
        })
    };
    let with = |header: &'static str| [IDS, &[header]].concat();
    json!({
        "Malformed": refusal("The request is malformed, or asks for what can never be.", IDS),
        "Unauthorized": refusal("No or bad credentials.", &with("WWW-Authenticate")),
        "Forbidden": refusal("The role of the token does not allow this.", IDS),
        "NotThere": refusal("Not there, or not yours to know of.", FRESH),
        "Defect": refusal("A defect; quote the request id.", IDS),
        "NotNow": refusal("Not now: the view is behind, or cannot be read.", &with("Retry-After"))
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
