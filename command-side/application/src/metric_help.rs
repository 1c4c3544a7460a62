//! What the metrics mean that are counted here; those of the engines are in `engine/metric_names.rs`.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Says what each metric means. To be called once, when a server starts.
pub fn describe_metrics() {
    describe_gauge!("executor_waiting_commands", "Commands that wait to be decided");
    describe_counter!("log_ins_total", "Log-ins by outcome");
    describe_counter!("operator_log_ins_total", "Log-ins of operators by outcome");
    describe_counter!("partner_tokens_total", "Tokens that partners were given for their keys");
    describe_counter!("passwords_rehashed_total", "Passwords hashed again because the parameters were raised");
    describe_counter!("refresh_answers_repeated_total", "Refreshes that were sent again and got the same answer");
    describe_counter!("refresh_tokens_reused_total", "Refresh tokens that were used twice: their sessions have ended");
    describe_processes();
    describe_messages();
    describe_pushes();
}

fn describe_pushes() {
    describe_gauge!("notifications_position", "Position up to which the log was followed for notifications");
    describe_counter!("push_messages_total", "Pushes to devices by outcome");
    describe_counter!("push_retries_total", "Pushes that wait for quiet hours to end, or failed and are retried");
    describe_histogram!("push_delivery_seconds", Unit::Seconds, "Time that the provider took for a push");
    describe_gauge!("push_waiting", "Pushes in the queue of all command servers");
}

fn describe_processes() {
    describe_gauge!("processes_leading", "1 for the command server that runs the processes, 0 for one that stands by");
    describe_gauge!("processes_position", "Position up to which the leader has followed the log");
    describe_counter!("processes_failures_total", "Rounds of the processes that ended early, and steps that failed");
    describe_gauge!("process_instances", "Instances of each process by state");
    describe_counter!("process_steps_total", "Steps of each process by outcome");
    describe_counter!("outside_calls_total", "Calls to providers by step and outcome");
    describe_histogram!("outside_call_seconds", Unit::Seconds, "Time that a provider took for a call");
    describe_gauge!(
        "erasures_waiting_for_accounts",
        "Erasures that wait because the member has accounts that cannot be closed"
    );
    describe_counter!("members_erased_total", "Erasures completed");
    describe_counter!("vault_key_rotations_total", "Key-encryption keys that this server made on schedule");
    describe_counter!("vault_key_rotation_failures_total", "Passes of the schedule of key-encryption keys that failed");
    describe_counter!("vault_swept_total", "Keys deleted of sign-ups that never reached the log");
    describe_counter!(
        "vault_keys_destroyed_again_total",
        "Keys destroyed again that a backup of the vault brought back"
    );
}

fn describe_messages() {
    describe_counter!("member_messages_queued_total", "Messages to members that were queued");
    describe_counter!("member_messages_held_total", "Messages not queued because their contact has had too many");
    describe_counter!("courier_messages_total", "Messages by channel and outcome");
    describe_counter!("courier_retries_total", "Deliveries that failed and are retried");
    describe_counter!("courier_without_channel_total", "Messages met that wait for a channel that is not set");
    describe_histogram!("courier_delivery_seconds", Unit::Seconds, "Time that a channel took for a message");
    describe_gauge!("courier_channel_configured", "1 if this server has the channel");
    describe_gauge!("courier_waiting_messages", "Messages in the queue of all command servers");
    describe_gauge!("courier_oldest_waiting_seconds", Unit::Seconds, "How long the oldest message has been waiting");
}
