//! The OpenAPI document, made from the routes themselves.

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
        title = "Jangbu: commands",
        description = "Everything that changes something. Every command needs an `Idempotency-Key`; every answer to one \
                       carries a `Consistency-Token` for reads on the query server. Errors are problems (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "accounts", description = "Opening, closing, freezing"),
        (name = "transfers", description = "Moving money"),
        (name = "keys", description = "Verifying tokens"),
    ),
)]
struct Description;

/// The OpenAPI 3.1 document of the command side, as pretty JSON.
pub fn openapi() -> String {
    let mut api = Description::openapi();
    api.merge(routes::described().to_openapi());
    let mut document = openapi::complete(&api, problems);
    add_command_headers(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Which problems an operation answers.
fn problems(operation: Operation<'_>) -> Vec<(StatusCode, Code)> {
    if !operation.secured {
        return own([Code::Internal]);
    }
    let mut codes = own([
        Code::MalformedJson,
        Code::ValidationFailed,
        Code::IdempotencyKeyMissing,
        Code::Unauthorized,
        Code::Forbidden,
        Code::RequestTimeout,
        Code::IdempotencyKeyInFlight,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::IdempotencyKeyReused,
        Code::Internal,
        Code::Overloaded,
        Code::DeadlinePassed,
        Code::Contended,
        Code::LogUnavailable,
        Code::OutcomeUnknown,
        Code::ShuttingDown,
    ]);
    let account = (StatusCode::NOT_FOUND, Code::AccountUnknown);
    match operation.path {
        "/v1/accounts" => codes.extend(own([Code::AssetUnknown])),
        "/v1/accounts/{id}/close" => {
            codes.push(account);
            codes.extend(own([Code::AccountNotEmpty, Code::AccountFrozen, Code::AccountClosed]));
        }
        "/v1/accounts/{id}/freeze" => {
            codes.push(account);
            codes.extend(own([Code::AccountFrozen, Code::AccountClosed]));
        }
        "/v1/accounts/{id}/unfreeze" => {
            codes.push(account);
            codes.extend(own([Code::AccountNotFrozen, Code::AccountClosed]));
        }
        "/v1/transfers/batch" => codes.extend(own([Code::AssetUnknown])),
        "/v1/transfers/{id}/reverse" => {
            codes.extend(own([Code::TransferUnknown, Code::AlreadyReversed, Code::TransferNotPosted]));
            codes.extend(own([
                Code::InsufficientFunds,
                Code::AccountFrozen,
                Code::AccountClosed,
                Code::AmountOverflow,
            ]));
        }
        path => {
            codes.extend(own([Code::AssetUnknown, Code::AccountUnknown, Code::AmountNotPositive, Code::AssetMismatch]));
            codes.extend(own([Code::AccountFrozen, Code::AccountClosed, Code::LimitExceeded]));
            codes.extend(own([Code::InsufficientFunds, Code::AmountOverflow]));
            if path == "/v1/transfers" {
                codes.extend(own([Code::AccountNotYours, Code::SameAccount]));
            }
        }
    }
    codes
}

fn own<const N: usize>(codes: [Code; N]) -> Vec<(StatusCode, Code)> {
    codes.map(|code| (code.status(), code)).to_vec()
}

/// The key that every command needs, and the headers its answers carry.
fn add_command_headers(document: &mut Value) {
    document["components"]["parameters"] = json!({"IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "required": true,
        "description": "Makes a retry safe: the same key gives the first answer again, for ever. One for each thing \
                        you want done.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
        "example": "0198-transfer-rent-november",
    }});
    document["components"]["headers"]["Consistency-Token"] = json!({
        "description": "Send it with a read to see at least what this command did",
        "schema": {"type": "string", "pattern": "^v1\\.[A-Za-z0-9_-]{32}$"},
    });
    document["components"]["headers"]["Idempotency-Replayed"] = json!({
        "description": "There if an earlier request with this key was answered so",
        "schema": {"type": "string", "const": "true"},
    });
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        let Some(operation) = item.get_mut("post") else { continue };
        if path.starts_with("/v1/accounts/") {
            // A reason may be left out, and the body with it.
            operation["requestBody"]["required"] = false.into();
        }
        let key = reference("parameters/IdempotencyKey");
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
        let Some(responses) = operation["responses"].as_object_mut() else { continue };
        for (status, response) in responses {
            if matches!(status.as_str(), "200" | "201" | "422") {
                response["headers"]["Consistency-Token"] = reference("headers/Consistency-Token");
                response["headers"]["Idempotency-Replayed"] = reference("headers/Idempotency-Replayed");
            }
        }
    }
}
