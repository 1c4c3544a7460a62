//! What the metrics of every server mean, and those of the build and the process.

use std::sync::OnceLock;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_process::Collector;

/// Says what each metric means, and which build this is.
pub(super) fn describe() {
    describe_counter!("http_requests_total", "Requests by route and status");
    describe_histogram!("http_request_duration_seconds", Unit::Seconds, "Time from a request to its answer");
    describe_gauge!("http_requests_under_way", "Requests that have no answer yet");
    describe_counter!("http_problems_total", "Errors by problem code");
    describe_counter!("http_connections_panicked_total", "Connections that ended with a panic: a defect");
    describe_counter!(
        "http_connections_refused_total",
        "Connections closed because their address had as many as it may"
    );
    describe_counter!(
        "http_write_timeouts_total",
        "Connections reset because the client did not take its answer in time"
    );
    describe_counter!("task_restarts_total", "Times that a background task broke and was started again");
    describe_gauge!("auth_key_in_force", "1 for each key that tokens are verified with, 0 for one withdrawn");
    describe_counter!(
        "auth_key_set_failures_total",
        "Times that the key set could not be read, or was not looked at because earlier reads hang"
    );
    describe_gauge!("auth_revocations", "Subjects and sessions whose tokens are refused");
    describe_counter!("auth_tokens_refused_late_total", "Requests refused because their token was revoked meanwhile");
    describe_counter!("trace_spans_total", "Spans that the collector took");
    describe_counter!(
        "trace_spans_dropped_total",
        "Spans that were dropped: the queue was full, the collector did not answer, or it rejected them"
    );
    describe_gauge!("jangbu_build_info", "1; the labels say which build this is");
    gauge!("jangbu_build_info", "version" => env!("CARGO_PKG_VERSION"), "rust_version" => env!("CARGO_PKG_RUST_VERSION"))
        .set(1.0);
    process().describe();
}

/// Memory, processor time and open files of this process, as the kernel has them now.
pub fn collect_process_metrics() {
    process().collect();
}

fn process() -> &'static Collector {
    static COLLECTOR: OnceLock<Collector> = OnceLock::new();
    COLLECTOR.get_or_init(Collector::default)
}
