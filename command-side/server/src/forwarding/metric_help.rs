//! What the numbers mean.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Says what each of them means.
pub fn describe_metrics() {
    describe_counter!("forward_commands_total", "Commands forwarded to the server that leads");
    describe_counter!("forward_batches_total", "Frames with forwarded commands; each holds all that queued meanwhile");
    describe_counter!(
        "forward_failures_total",
        "Forwarded commands without an answer: the connection to the leader broke, or it was silent"
    );
    describe_histogram!("forward_seconds", Unit::Seconds, "Time of a forwarded command, from queue to answer");
    describe_gauge!("forward_connected", "1 while this server is connected to the one that leads");
    describe_gauge!("internal_followers", "Servers that are connected to this one to forward commands");
    describe_counter!("internal_commands_total", "Commands that other servers forwarded to this one");
    describe_counter!(
        "internal_refused_connections_total",
        "Connections to the internal address that did not prove that they have the key"
    );
}
