//! The problems of an operation, with the examples of their pages.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::reference::reference;
use crate::{ops, problem::Code};

/// Describes these problems; what they refer to is added to `shown`.
pub(super) fn add(
    responses: &mut Map<String, Value>,
    answered: Vec<(StatusCode, Code)>,
    shown: &mut BTreeMap<String, Value>,
) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for (status, code) in answered {
        let codes = by_status.entry(status.as_u16()).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    for (status, codes) in by_status {
        let examples: Map<_, _> =
            codes.iter().map(|code| (code.as_str().to_owned(), example(*code, status, shown))).collect();
        let codes: Vec<_> = codes.into_iter().map(Code::as_str).collect();
        let links: Vec<_> = codes.iter().map(|code| format!("[`{code}`](/problems/{code})")).collect();
        let response = json!({
            "description": links.join(", "),
            "headers": headers(status),
            "content": {"application/problem+json": {
                "schema": {"allOf": [
                    reference("schemas/Problem"),
                    {"properties": {"code": {"enum": codes}, "status": {"const": status}}},
                ]},
                "examples": examples,
            }},
        });
        responses.entry(status.to_string()).or_insert(response);
    }
}

fn headers(status: u16) -> Map<String, Value> {
    let names: &[&str] = match status {
        401 => &["WWW-Authenticate"],
        409 | 503 => &["Retry-After"],
        429 => &["Retry-After", "RateLimit", "RateLimit-Policy"],
        _ => &[],
    };
    names.iter().map(|name| ((*name).to_owned(), reference(&format!("headers/{name}")))).collect()
}

/// A reference to the example of the code's page, which is there once for each status that it is answered with.
fn example(code: Code, status: u16, shown: &mut BTreeMap<String, Value>) -> Value {
    let name = match code.status().as_u16() == status {
        true => code.as_str().to_owned(),
        false => format!("{}-{status}", code.as_str()),
    };
    shown
        .entry(name.clone())
        .or_insert_with(|| json!({"summary": code.title(), "value": ops::problem_example(code, status)}));
    reference(&format!("examples/{name}"))
}
