//! When to try again, and when no more.

use chrono::TimeDelta;

/// The longest pause, in seconds.
const LONGEST: i64 = 300;
/// After so many seconds of pauses a message is given up.
const ENOUGH: i64 = 24 * 60 * 60;

/// The pause after a message was tried `attempts` times before and failed again: one second, doubling up to five minutes.
pub(super) fn pause(attempts: i32) -> TimeDelta {
    TimeDelta::seconds(seconds(attempts))
}

/// Whether the pauses of so many attempts, and the one that would follow, make a day.
pub(super) fn is_hopeless(attempts: i32) -> bool {
    // 1 + 2 + ... + 256 for the first nine, five minutes for each after them.
    let attempts = i64::from(attempts.max(0)) + 1;
    let waited = if attempts <= 9 { (1 << attempts) - 1 } else { 511 + (attempts - 9) * LONGEST };
    waited >= ENOUGH
}

fn seconds(attempts: i32) -> i64 {
    match attempts {
        ..=0 => 1,
        1..=8 => 1 << attempts,
        _ => LONGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_one_second_to_five_minutes() {
        let pauses: Vec<i64> = (0..12).map(|attempts| pause(attempts).num_seconds()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(pause(-1), TimeDelta::seconds(1));
        assert_eq!(pause(i32::MAX), TimeDelta::seconds(300));
    }

    #[test]
    fn a_message_is_given_up_when_its_pauses_make_a_day() {
        let mut waited = 0;
        for attempts in 0..400 {
            waited += pause(attempts).num_seconds();
            assert_eq!(is_hopeless(attempts), waited >= 24 * 60 * 60, "after {attempts} attempts");
        }
        assert!(is_hopeless(i32::MAX));
    }
}
