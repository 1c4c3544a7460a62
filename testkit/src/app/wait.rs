//! Waiting for conditions, not for time.

use std::time::{Duration, Instant};

/// Asks again and again until the answer is `Ok`; fails with the last reason after two generous minutes.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let since = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(why) if since.elapsed() > Duration::from_secs(120) => panic!("{what}: still not after 120 s: {why}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(25)).await,
        }
    }
}
