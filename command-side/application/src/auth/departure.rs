//! When an answer leaves that must not show what was computed for it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Waits until a fixed time after the request arrived; if that has passed, because the server is busy, until the next multiple
/// of it. So the time of an answer shows how busy the server is, and not whose login id or code was tried.
pub(super) async fn leave(arrived: Instant, after: Duration) {
    sleep_until(arrived + due(arrived.elapsed(), after)).await;
}

/// The first multiple of `step` that is not over.
fn due(elapsed: Duration, step: Duration) -> Duration {
    if step.is_zero() {
        return Duration::ZERO;
    }
    let steps = elapsed.as_nanos().div_ceil(step.as_nanos()).max(1);
    step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_took_less_leaves_at_the_same_time() {
        let millis = Duration::from_millis;
        for elapsed in [0, 1, 45, 187, 499, 500] {
            assert_eq!(due(millis(elapsed), millis(500)), millis(500), "{elapsed}");
        }
        assert_eq!(due(millis(501), millis(500)), millis(1000));
        assert_eq!(due(millis(1700), millis(500)), millis(2000));
        assert_eq!(due(millis(7), Duration::ZERO), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn two_computations_of_different_length_cannot_be_told_apart() {
        let mut left = Vec::new();
        for computed in [45, 187] {
            let arrived = Instant::now();
            tokio::time::sleep(Duration::from_millis(computed)).await;
            leave(arrived, Duration::from_millis(500)).await;
            left.push(arrived.elapsed());
        }
        assert_eq!(left[0], left[1]);
    }
}
