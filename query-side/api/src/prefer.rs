//! The `Prefer` header (RFC 7240): what of it is understood here. Everything else in it is ignored, as it must be.

use std::time::Duration;

/// How long a read waits when nothing is said.
const DEFAULT: Duration = Duration::from_secs(1);
/// How long at most, whatever is said.
const LONGEST: u64 = 5;

/// What the client would like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// `wait=N`: how long to wait for freshness.
    pub wait: Duration,
    /// `stale-ok`: an older answer is better than none.
    pub stale_ok: bool,
    /// What of it was said.
    pub asked: Asked,
}

/// What a client asked for and is understood here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    wait: Option<Duration>,
    stale_ok: bool,
}

impl Asked {
    /// The value of `Preference-Applied`: how long was waited at most, and whether an older answer was given because that is
    /// fine. None if nothing was asked for that made a difference.
    pub fn applied(self, is_stale: bool) -> Option<String> {
        let wait = self.wait.map(|wait| format!("wait={}", wait.as_secs()));
        let stale = (self.stale_ok && is_stale).then(|| "stale-ok".to_owned());
        let applied: Vec<_> = wait.into_iter().chain(stale).collect();
        (!applied.is_empty()).then(|| applied.join(", "))
    }
}

impl Preferences {
    /// From the values of every `Prefer` header, in order; of a preference given twice the first counts.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut wait, mut stale_ok) = (None, false);
        for preference in values.into_iter().flat_map(|value| value.split(',')) {
            // Parameters after `;` are not for us.
            let preference = preference.split(';').next().unwrap_or_default();
            let (name, value) = match preference.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (preference.trim(), None),
            };
            if name.eq_ignore_ascii_case("wait") {
                wait = wait.or(value.and_then(seconds));
            } else if name.eq_ignore_ascii_case("stale-ok") {
                stale_ok = true;
            }
        }
        Self { wait: wait.unwrap_or(DEFAULT), stale_ok, asked: Asked { wait, stale_ok } }
    }
}

/// A whole number of seconds, however large; none if it is no such number.
fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits that are too many for a number are only a larger one.
    Some(Duration::from_secs(text.parse().unwrap_or(LONGEST).min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(values: &[&str]) -> (u64, bool) {
        let preferences = Preferences::parse(values.iter().copied());
        (preferences.wait.as_secs(), preferences.stale_ok)
    }

    #[test]
    fn what_is_understood() {
        assert_eq!(parsed(&[]), (1, false));
        assert_eq!(parsed(&["wait=3"]), (3, false));
        assert_eq!(parsed(&["wait=0"]), (0, false));
        assert_eq!(parsed(&["wait=5, stale-ok"]), (5, true));
        assert_eq!(parsed(&["respond-async, WAIT=\"2\";x=y, Stale-OK"]), (2, true));
        assert_eq!(parsed(&["return=minimal", "stale-ok", "wait = 4"]), (4, true));
        assert_eq!(parsed(&["wait=2, wait=4"]), (2, false));
    }

    #[test]
    fn more_is_clamped_and_nonsense_ignored() {
        assert_eq!(parsed(&["wait=6"]), (5, false));
        assert_eq!(parsed(&["wait=99999999999999999999999999"]), (5, false));
        for nonsense in ["wait", "wait=", "wait=-1", "wait=1.5", "wait=x", "wait==2", "stale-okay", ",;=,", "wait=２"]
        {
            assert_eq!(parsed(&[nonsense]), (1, false), "{nonsense}");
        }
        assert_eq!(parsed(&["wait=x, wait=2"]), (2, false));
    }

    #[test]
    fn what_was_applied_is_what_was_asked_for_and_done() {
        let applied = |value: &str, is_stale| Preferences::parse([value]).asked.applied(is_stale);
        assert_eq!(applied("wait=9", false).as_deref(), Some("wait=5"), "as long as it may be");
        assert_eq!(applied("stale-ok, wait=2", true).as_deref(), Some("wait=2, stale-ok"));
        assert_eq!(applied("stale-ok", false), None, "the answer is fresh");
        assert_eq!(applied("wait=x, respond-async", true), None);
    }

    proptest! {
        #[test]
        fn it_never_panics_and_never_waits_longer_than_allowed(text in ".{0,80}") {
            prop_assert!(Preferences::parse([text.as_str()]).wait <= Duration::from_secs(LONGEST));
        }
    }
}
