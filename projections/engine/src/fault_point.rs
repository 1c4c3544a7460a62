//! Places at which a test kills the process.

/// Ends the process at once, as `kill -9` would, if `JANGBU_FAULT_POINT` names this place. Only tests are built so.
#[cfg(feature = "testing")]
#[expect(clippy::disallowed_methods, reason = "a test names the place in the environment of the process")]
pub fn fault_point(name: &str) {
    if std::env::var("JANGBU_FAULT_POINT").is_ok_and(|wanted| wanted == name) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(feature = "testing"))]
pub fn fault_point(_: &str) {}
