//! The process's metrics, in Prometheus' form.

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::help::describe;

/// Seconds: from a cached answer to the longest a client waits.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Sizes of batches, queues and slices.
const SIZES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];
/// Histograms keep what was recorded until it is put into buckets; this often.
const UPKEEP: Duration = Duration::from_secs(5);

/// Collects the process's metrics from the first call on; the handle renders them. Handles of metrics made before
/// the first call count nothing, so a server calls it first of all ([`crate::telemetry::init`] does).
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), SIZES))
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_events".to_owned()), SIZES))
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), SIZES))
            .expect("the bounds are not empty");
        let handle = match builder.install_recorder() {
            Ok(handle) => handle,
            // Somebody else's recorder counts; ours stays empty.
            Err(_) => PrometheusBuilder::new().build_recorder().handle(),
        };
        describe();
        let upkeep = handle.clone();
        let spawned = tasks::thread("metrics", move || {
            loop {
                std::thread::sleep(UPKEEP);
                tasks::fault_point("metrics");
                upkeep.run_upkeep();
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "metrics are not cleaned up; histograms grow until they are read");
        }
        handle
    })
}
