//! How long a benchmark takes.

use std::time::Duration;

use crate::load::FleetPlan;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct BenchPlan {
    /// The short run: fewer workloads, shorter.
    pub quick: bool,
    /// pgbench's scale: 50 is five million rows.
    pub scale: u32,
    /// The client counts that pgbench is tried with; the best of them counts.
    pub pgbench_clients: Vec<u32>,
    /// How long each try of pgbench takes.
    pub pgbench_time: Duration,
    /// Sent but not measured before each load.
    pub warm_up: Duration,
    /// How long the main loads are measured.
    pub measure: Duration,
    /// How long the others are measured.
    pub measure_side: Duration,
    /// The accounts.
    pub fleet: FleetPlan,
    /// Samples a second of commit-to-visible latency.
    pub samples_per_second: f64,
}

impl BenchPlan {
    /// About ten minutes: what `docs/benchmarks` holds.
    pub fn full() -> Self {
        Self {
            quick: false,
            scale: 50,
            pgbench_clients: vec![8, 32, 64, 128],
            pgbench_time: Duration::from_secs(15),
            warm_up: Duration::from_secs(3),
            measure: Duration::from_secs(20),
            measure_side: Duration::from_secs(10),
            fleet: FleetPlan::default(),
            samples_per_second: 100.0,
        }
    }

    /// About three minutes: a look at where we are.
    pub fn quick() -> Self {
        Self {
            quick: true,
            pgbench_clients: vec![8, 32],
            pgbench_time: Duration::from_secs(5),
            warm_up: Duration::from_secs(1),
            measure: Duration::from_secs(6),
            measure_side: Duration::from_secs(4),
            ..Self::full()
        }
    }
}
