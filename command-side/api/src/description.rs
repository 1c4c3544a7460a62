//! The OpenAPI document, made from the routes themselves.

use axum::http::StatusCode;
use platform::{
    openapi::{self, Facts, Operation, reference},
    problem::Code,
};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::{
    endpoint::{Endpoint, described},
    endpoints,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jangbu: commands",
        description = "Everything that changes something. Every command needs an `Idempotency-Key`, but for log-in, \
                       log-out and tokens of partners; a refresh may have one; an operator who logged in says why in `Jangbu-Reason`; every answer to one carries a `Consistency-Token` for reads on the query server. \
                       Errors are problems (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "accounts", description = "Opening, closing, freezing"),
        (name = "transfers", description = "Moving money"),
        (name = "holds", description = "Setting funds aside, and paying from them"),
        (name = "payment codes", description = "Codes that a member shows, and charges with them at a kiosk or a till"),
        (name = "limits", description = "What accounts may pay in one transfer, a day, a month"),
        (name = "exchange", description = "Selling one asset to the bank for another"),
        (name = "items", description = "Things that are one of a kind: minting, giving away, trading for money"),
        (name = "standing orders", description = "The same payment, whenever a schedule says so"),
        (name = "processes", description = "Money from and to the outside: top-ups, bank payouts, gift cards"),
        (name = "payout runs", description = "One account pays many: rewards, salaries"),
        (name = "webhooks", description = "Having public events sent to an address of yours, signed"),
        (name = "members", description = "Signing up, changing what is yours, leaving"),
        (name = "sessions", description = "Logging in and out"),
        (name = "keys", description = "Verifying tokens"),
        (name = "partners", description = "Other businesses: their keys, quotas and tokens"),
        (name = "approvals", description = "What an operator asks for and another one approves"),
        (name = "operators", description = "Who runs the bank: their accounts, roles and sessions"),
    ),
)]
struct Description;

/// The OpenAPI 3.1 document of the command side, as pretty JSON.
pub fn openapi() -> String {
    let (mut api, known) = (Description::openapi(), endpoints());
    api.merge(described(endpoints()).to_openapi());
    let at = |path: &str, method: &str| known.iter().find(|endpoint| endpoint.is_at(path, method));
    let facts = |operation: Operation<'_>| {
        let endpoint = at(operation.path, operation.method);
        let roles = endpoint.map_or(&[][..], Endpoint::roles).to_vec();
        let (scope, operator) = (endpoint.and_then(Endpoint::scope), endpoint.and_then(Endpoint::operator));
        let mut problems = problems(operation, endpoint.map_or(&[], Endpoint::problems));
        if operator.is_some() && is_command(operation.path, operation.method) {
            problems.extend(with_status([Code::ReasonRequired]));
        }
        Facts { problems, roles, scope, operator }
    };
    let mut document = openapi::complete(&api, facts, include_str!("examples.json"));
    add_command_headers(&mut document, |path, method| at(path, method).is_some_and(Endpoint::has_optional_body));
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The problems of an operation: those of all operations of its sort, then its own.
fn problems(operation: Operation<'_>, own: &[(StatusCode, Code)]) -> Vec<(StatusCode, Code)> {
    let mut codes = with_status([Code::Internal]);
    if operation.secured {
        codes.extend(with_status([Code::Unauthorized, Code::Forbidden]));
    }
    if is_command(operation.path, operation.method) {
        codes.extend(of_commands());
    } else if operation.method == "post" && operation.path != "/v1/oauth/token" {
        codes.extend(of_bodies());
    }
    codes.extend_from_slice(own);
    codes
}

/// Is asked with a body, which the address must not hold, and changes nothing.
const FIND_MEMBER: &str = "/v1/members/find";

/// Whether the same key gets the same answer for ever: all that changes something, but for sessions and tokens.
fn is_command(path: &str, method: &str) -> bool {
    let begins = path.starts_with("/v1/sessions") || path == "/v1/oauth/token" || is_of_operators_session(path);
    let begins = begins || path == FIND_MEMBER;
    matches!(method, "post" | "put" | "patch" | "delete") && !begins
}

/// An operator's own sessions and password: they are not in the log.
fn is_of_operators_session(path: &str) -> bool {
    path.starts_with("/v1/operators/") && (path.contains("/sessions") || path.contains("/me"))
}

fn of_bodies() -> Vec<(StatusCode, Code)> {
    with_status([
        Code::MalformedJson,
        Code::ValidationFailed,
        Code::RequestTimeout,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
    ])
}

fn of_commands() -> Vec<(StatusCode, Code)> {
    let mut codes = of_bodies();
    codes.extend(with_status([
        Code::IdempotencyKeyMissing,
        Code::IdempotencyKeyInFlight,
        Code::IdempotencyKeyReused,
        Code::Overloaded,
        Code::DeadlinePassed,
        Code::Contended,
        Code::LogUnavailable,
        Code::AuditAlarm,
        Code::OutcomeUnknown,
        Code::ShuttingDown,
    ]));
    codes
}

fn with_status<const N: usize>(codes: [Code; N]) -> Vec<(StatusCode, Code)> {
    codes.map(|code| (code.status(), code)).to_vec()
}

/// The key that every command needs, and the headers its answers carry.
fn add_command_headers(document: &mut Value, has_optional_body: impl Fn(&str, &str) -> bool) {
    document["components"]["parameters"] = json!({"Reason": {
        "name": "Jangbu-Reason", "in": "header", "required": false,
        "description": "Why: needed from an operator who logged in, unless the body has a `reason`. Text in UTF-8, \
                        percent-encoded, of 1 to 200 characters after decoding; recorded for ever. Not looked at otherwise.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 2400, "pattern": "^[ -~]+$"},
        "example": "ticket%204711",
    }, "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "required": true,
        "description": "Makes a retry safe: the same key gives the first answer again, for ever. One for each thing \
                        you want done.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
        "example": "0198-transfer-rent-november",
    }});
    document["components"]["headers"]["Consistency-Token"] = json!({
        "description": "Send it with a read to see at least what this command did",
        "schema": {"type": "string", "pattern": "^(v1\\.[A-Za-z0-9_-]{32}|v2\\.[A-Za-z0-9_-]{43})$"},
    });
    document["components"]["headers"]["Idempotency-Replayed"] = json!({
        "description": "There if an earlier request with this key was answered so",
        "schema": {"type": "string", "const": "true"},
    });
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        let methods = item.as_object_mut().into_iter().flatten();
        for (method, operation) in methods.filter(|(_, operation)| operation.is_object()) {
            match is_command(path, method) {
                true => add_headers_of_command(operation, has_optional_body(path, method)),
                false => add_headers_of_session(operation, path, method),
            }
        }
    }
}

fn add_headers_of_session(operation: &mut Value, path: &str, method: &str) {
    let is_of_operators = is_of_operators_session(path) && method != "get" && !path.ends_with("/password");
    if path.starts_with("/v1/sessions") || is_of_operators {
        for status in ["200", "201", "204"] {
            if let Some(response) = operation["responses"].get_mut(status) {
                response["headers"]["Consistency-Token"] = reference("headers/Consistency-Token");
            }
        }
    }
    if path == "/v1/sessions/refresh" {
        operation["parameters"] = json!([optional_key()]);
        operation["responses"]["201"]["headers"]["Idempotency-Replayed"] = reference("headers/Idempotency-Replayed");
    }
}

fn add_headers_of_command(operation: &mut Value, has_optional_body: bool) {
    if has_optional_body {
        operation["requestBody"]["required"] = false.into();
    }
    let mut headers = vec![reference("parameters/IdempotencyKey")];
    if operation["x-operator-role"].is_string() {
        headers.push(reference("parameters/Reason"));
    }
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.extend(headers),
        None => operation["parameters"] = headers.into(),
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses {
        if matches!(status.as_str(), "200" | "201" | "202" | "204" | "422") {
            response["headers"]["Consistency-Token"] = reference("headers/Consistency-Token");
            response["headers"]["Idempotency-Replayed"] = reference("headers/Idempotency-Replayed");
        }
    }
}

/// The key of a refresh, which may be left out.
fn optional_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Makes a retry safe: for a short grace (60 s by default) the same token with the same key gets the \
                        first answer again. Without it, or with another key, a token that comes twice ends its session.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
        "example": "0198-refresh-of-the-morning",
    })
}
