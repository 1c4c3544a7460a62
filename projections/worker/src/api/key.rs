//! The key of a request: under it the request is one and the same, however often it is sent.

use axum::http::{HeaderMap, HeaderName};
use platform::problem::Problem;

/// Where it stands.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// As long as a key of a command may be.
const LONGEST_KEY: usize = 255;

/// The key of a request: the header is left out, or it is right.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let key = first.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let key = key.filter(|key| given.next().is_none() && key.bytes().all(|byte| byte.is_ascii_graphic()));
    let wrong = || Problem::invalid("Idempotency-Key", format!("one, of 1 to {LONGEST_KEY} visible ASCII characters"));
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(given: &[&'static str]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for key in given {
            headers.append(IDEMPOTENCY_KEY, key.parse().expect("a value"));
        }
        of(&headers)
    }

    #[test]
    fn a_key_is_left_out_or_right() {
        assert_eq!(key(&[]).expect("none"), None);
        assert_eq!(key(&["0198-a"]).expect("a key").as_deref(), Some("0198-a"));
        for wrong in [&[""][..], &["a b"], &["a", "a"]] {
            assert!(key(wrong).is_err(), "{wrong:?}");
        }
    }
}
