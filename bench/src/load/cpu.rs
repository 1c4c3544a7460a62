//! What a thread has cost.

use std::{fs, time::Duration, time::Instant};

/// The processor time of the thread that asks, since a moment.
#[derive(Clone, Copy, Debug)]
pub struct ThreadCpu {
    since: Instant,
    used: Duration,
}

impl ThreadCpu {
    /// Begins to count.
    pub fn start() -> Self {
        Self { since: Instant::now(), used: used() }
    }

    /// The share of one core that the thread has had since: 1.0 is all of it.
    pub fn share(&self) -> f64 {
        used().saturating_sub(self.used).as_secs_f64() / self.since.elapsed().as_secs_f64().max(1e-9)
    }
}

/// From the kernel's own account of the thread; zero where there is none.
fn used() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_ascii_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    Duration::from_nanos(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_thread_costs_and_a_sleeping_one_does_not() {
        let cpu = ThreadCpu::start();
        std::thread::sleep(Duration::from_millis(50));
        let asleep = cpu.share();
        let cpu = ThreadCpu::start();
        while cpu.since.elapsed() < Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        assert!(cpu.share() > asleep, "busy {} asleep {asleep}", cpu.share());
    }
}
