//! The fields of what the servers answer.

use serde_json::Value;

/// A text of an answer.
pub fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or("-")
}
