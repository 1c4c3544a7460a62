//! What the metrics of reads mean.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Says what each metric means. To be called once, when a server starts.
pub fn describe_metrics() {
    describe_counter!("jangbu_query_freshness_total", "Reads by how they met the freshness that was asked for");
    describe_histogram!(
        "jangbu_query_freshness_wait_seconds",
        Unit::Seconds,
        "Time that reads waited for the freshness that was asked for"
    );
    describe_gauge!("jangbu_query_log_reachable", "1 if the log answers; without it the lag of views is a guess");
    describe_gauge!("jangbu_query_view_lag_seconds", Unit::Seconds, "Lag of each view, as readers see it");
    describe_gauge!("jangbu_query_approvals_pending", "Approvals that wait for a second operator");
    describe_gauge!(
        "jangbu_query_approvals_oldest_seconds",
        Unit::Seconds,
        "How long the approval waits that was asked for first; 0 if none does"
    );
    describe_counter!("jangbu_query_opened_total", "Sealed texts by what came of opening them");
}
