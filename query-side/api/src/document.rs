//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use axum::http::StatusCode;
use platform::{
    openapi::{self, Operation, reference},
    problem::Code,
};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jangbu: queries",
        description = "Everything that can be read. Every read takes the `Consistency-Token` of a command's answer and is \
                       then at least as fresh as that command. Errors are problems (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "accounts", description = "Balances and what happened"),
        (name = "transfers", description = "What became of money that moved"),
        (name = "members", description = "Who people are, to themselves"),
        (name = "operations", description = "The bank at a glance, and how its views are doing"),
        (name = "assets", description = "What the money is"),
    ),
)]
struct Description;

/// The OpenAPI 3.1 document of the query side, as pretty JSON.
pub fn openapi() -> String {
    let mut api = Description::openapi();
    api.merge(routes::all().split_for_parts().1);
    let mut document = openapi::complete(&api, problems);
    add_freshness(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Which problems an operation answers.
fn problems(operation: Operation<'_>) -> Vec<(StatusCode, Code)> {
    let mut codes = vec![Code::ValidationFailed, Code::Internal];
    if operation.secured {
        codes.extend([
            Code::Unauthorized,
            Code::ConsistencyTokenInvalid,
            Code::ConsistencyTokenForeign,
            Code::ConsistencyTokenFuture,
            Code::ViewBehind,
            Code::ViewUnavailable,
        ]);
    }
    let of_account = operation.path.starts_with("/v1/accounts/{id}");
    match operation.path {
        "/v1/accounts" => codes.extend([Code::Forbidden, Code::CursorInvalid]),
        "/v1/accounts/{id}/transactions" => codes.push(Code::CursorInvalid),
        "/v1/transfers/{id}" => codes.push(Code::TransferUnknown),
        "/v1/payees" => codes.push(Code::PayeeUnknown),
        "/v1/members/me" => codes.extend([Code::Forbidden, Code::MemberUnknown, Code::VaultUnavailable]),
        "/v1/views/{name}" => codes.extend([Code::Forbidden, Code::ViewUnknown]),
        "/v1/wallet/home" | "/v1/dashboard/overview" | "/v1/dashboard/top-movers" | "/v1/views" => {
            codes.push(Code::Forbidden)
        }
        _ => {}
    }
    let mut answered: Vec<_> = codes.into_iter().map(|code| (code.status(), code)).collect();
    if of_account {
        answered.push((StatusCode::NOT_FOUND, Code::AccountUnknown));
    }
    answered
}

/// The headers by which a client asks for freshness and learns of it.
fn add_freshness(document: &mut Value) {
    document["components"]["parameters"] = json!({
        "ConsistencyToken": {
            "name": "Consistency-Token", "in": "header", "required": false,
            "description": "The answer is at least as fresh as the command that answered with this token.",
            "schema": {"type": "string", "pattern": "^(v1\\.[A-Za-z0-9_-]{32}|v2\\.[A-Za-z0-9_-]{43})$"}
        },
        "Prefer": {
            "name": "Prefer", "in": "header", "required": false,
            "description": "`wait=N`: wait up to N seconds (1 if not said, 5 at most) for the freshness the token asks \
                            for; `stale-ok`: an older answer rather than 503. Anything else is ignored.",
            "schema": {"type": "string"}
        },
    });
    let count = json!({"type": "integer", "format": "int64", "minimum": 0});
    let headers = &mut document["components"]["headers"];
    headers["View-Position"] = json!({
        "description": "The position of the log the answer was read at; of several views, the lowest.",
        "schema": count,
    });
    headers["View-Lag-Ms"] = json!({
        "description": "How long the first event that is not in the answer has been waiting; 0 if there is none.",
        "schema": count,
    });
    headers["Consistency-Status"] = json!({
        "description": "There only if the answer is older than was asked for, or lacks events that were put aside.",
        "schema": {"type": "string", "const": "stale"},
    });
    headers["View-Missing-Events"] = json!({
        "description": "There only if events are missing from the answer although its position is beyond them: an operator \
            put them aside (`jangbu views parked`). How many.",
        "schema": count,
    });
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for operation in paths.values_mut().filter_map(|item| item.get_mut("get")) {
        if operation.get("security").is_none() {
            continue;
        }
        let asked = ["ConsistencyToken", "Prefer"].map(|name| reference(&format!("parameters/{name}")));
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.extend(asked),
            None => operation["parameters"] = json!(asked),
        }
        for status in ["200", "404"] {
            let Some(response) = operation["responses"].get_mut(status) else { continue };
            for name in ["View-Position", "View-Lag-Ms", "Consistency-Status", "View-Missing-Events"] {
                response["headers"][name] = reference(&format!("headers/{name}"));
            }
        }
    }
}
