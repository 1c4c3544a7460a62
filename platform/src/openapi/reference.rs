//! References.

use serde_json::{Value, json};

/// A reference into the components.
pub fn reference(what: &str) -> Value {
    json!({ "$ref": format!("#/components/{what}") })
}
