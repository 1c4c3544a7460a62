//! What a bench tells while it measures.

/// Progress goes to stderr; stdout is for the table.
pub fn say(what: &str) {
    eprintln!("bench: {what}");
}
