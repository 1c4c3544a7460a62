//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use platform::{
    openapi::{self, Facts, Operation, reference},
    problem::Code,
};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::route::{self, Answered, Route};

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
        (name = "holds", description = "Funds that are set aside"),
        (name = "limits", description = "What may be paid, and what is used of it"),
        (name = "items", description = "Things that are one of a kind, and offers of them"),
        (name = "standing orders", description = "Payments that a schedule asks for"),
        (name = "payout runs", description = "One account pays many, row by row"),
        (name = "webhooks", description = "Where public events are sent to, and what became of each"),
        (name = "processes", description = "Money from and to the outside, step by step, and gift cards"),
        (name = "partners", description = "Other businesses: their keys and quotas"),
        (name = "operators", description = "The bank's own people: who they are, and what they did"),
        (name = "members", description = "Who people are, to themselves"),
        (name = "events", description = "What happens, as it happens"),
        (name = "operations", description = "The bank at a glance, and how its views are doing"),
        (name = "log", description = "What was recorded, event by event"),
        (name = "assets", description = "What the money is"),
    ),
)]
struct Description;

/// The OpenAPI 3.1 document of these routes, as pretty JSON.
pub fn describe(routes: impl IntoIterator<Item = Route>) -> String {
    let (router, own) = route::collect(routes);
    let mut api = Description::openapi();
    api.merge(router.split_for_parts().1);
    let facts = |operation: Operation<'_>| {
        let Facts { problems, roles, scope, operator } = own.get(operation.path).cloned().unwrap_or_default();
        let problems = problems_of_all(operation.secured).chain(problems).collect();
        Facts { problems, roles, scope, operator }
    };
    let mut document = openapi::complete(&api, facts, include_str!("examples.json"));
    add_freshness(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The problems that every operation answers; one that needs a token reads a view.
fn problems_of_all(secured: bool) -> impl Iterator<Item = Answered> {
    const OF_READS: [Code; 6] = [
        Code::Unauthorized,
        Code::ConsistencyTokenInvalid,
        Code::ConsistencyTokenForeign,
        Code::ConsistencyTokenFuture,
        Code::ViewBehind,
        Code::ViewUnavailable,
    ];
    let of_reads = OF_READS.into_iter().filter(move |_| secured);
    [Code::ValidationFailed, Code::Internal].into_iter().chain(of_reads).map(|code| (code.status(), code))
}

/// The headers of every answer that is read from a view.
const HEADERS: [&str; 6] = [
    "View-Position",
    "View-Lag-Ms",
    "Audited-Position",
    "Consistency-Status",
    "View-Missing-Events",
    "Preference-Applied",
];

/// The headers by which a client asks for freshness and learns of it.
fn add_freshness(document: &mut Value) {
    document["components"]["parameters"] = json!({
        "ConsistencyToken": {
            "name": "Consistency-Token", "in": "header", "required": false,
            "description": "The answer is at least as fresh as the command that answered with this token.",
            "schema": {"type": "string", "pattern": "^(v1\\.[A-Za-z0-9_-]{32}|v2\\.[A-Za-z0-9_-]{43})$"},
            "example": "v2.AZgMXi96fDGdDlsfajyOQgAAAAAADeoFZ0Uj9kxjP1Q"
        },
        "Prefer": {
            "name": "Prefer", "in": "header", "required": false,
            "description": "`wait=N`: wait up to N seconds (1 if not said, 5 at most) for the freshness the token asks \
                            for; `stale-ok`: an older answer rather than 503. Anything else is ignored.",
            "schema": {"type": "string"},
            "example": "wait=3, stale-ok"
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
    headers["Audited-Position"] = json!({
        "description": "The position up to which the auditor has proven the books, as last seen by this server. Not there before \
            an auditor has reported.",
        "schema": count,
    });
    headers["Consistency-Status"] = json!({
        "description": "There only if the answer is older than was asked for, or lacks events that were put aside.",
        "schema": {"type": "string", "const": "stale"},
    });
    headers["Preference-Applied"] = json!({
        "description": "There only if a preference was followed: `wait=N` with the seconds that it came to, and `stale-ok` if \
            the answer is older than was asked for.",
        "schema": {"type": "string"},
    });
    headers["View-Missing-Events"] = json!({
        "description": "There only if events are missing from the answer although its position is beyond them: an operator \
            put them aside (`jangbu views parked`). How many.",
        "schema": count,
    });
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for operation in paths.values_mut().filter_map(|item| item.get_mut("get")) {
        if operation["security"] == json!([]) {
            continue;
        }
        let asked = ["ConsistencyToken", "Prefer"].map(|name| reference(&format!("parameters/{name}")));
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.extend(asked),
            None => operation["parameters"] = json!(asked),
        }
        for status in ["200", "404"] {
            let Some(response) = operation["responses"].get_mut(status) else { continue };
            for name in HEADERS {
                response["headers"][name] = reference(&format!("headers/{name}"));
            }
        }
    }
}
