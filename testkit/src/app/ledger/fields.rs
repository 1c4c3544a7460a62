//! Fields of a payload.

use serde_json::Value;

pub fn text(payload: &Value, field: &str) -> String {
    payload[field].as_str().unwrap_or_else(|| panic!("no {field} in {payload}")).to_owned()
}

pub fn number(payload: &Value, field: &str) -> i128 {
    text(payload, field).parse().unwrap()
}
