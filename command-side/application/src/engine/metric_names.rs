//! What an engine counts. Each engine has names of its own, so that a panel shows one of them and not the sum.

use metrics::{Unit, describe_counter, describe_histogram};

/// The names of an engine's metrics.
#[derive(Debug)]
pub struct MetricNames {
    pub commands: &'static str,
    pub conflicts: &'static str,
    pub replays: &'static str,
    pub batch_commands: &'static str,
    pub queue_seconds: &'static str,
    pub append_seconds: &'static str,
    pub look_up_size: &'static str,
    pub appends_stopped: &'static str,
    pub deadlines_passed: &'static str,
    pub tokens_refused: &'static str,
    pub histories_forgotten: &'static str,
    pub broken_streams: &'static str,
    pub not_leading: &'static str,
}

impl MetricNames {
    /// Those of the engine that moves money.
    pub const EXECUTOR: Self = Self {
        commands: "executor_commands_total",
        conflicts: "executor_conflicts_total",
        replays: "executor_replays_total",
        batch_commands: "executor_batch_commands",
        queue_seconds: "executor_queue_seconds",
        append_seconds: "executor_append_seconds",
        look_up_size: "executor_look_up_size",
        appends_stopped: "executor_appends_stopped_total",
        deadlines_passed: "executor_deadlines_passed_total",
        tokens_refused: "executor_tokens_refused_total",
        histories_forgotten: "executor_histories_forgotten_total",
        broken_streams: "executor_broken_streams_total",
        not_leading: "executor_not_leading_total",
    };

    /// Those of the engine of members' commands.
    pub const MEMBERS: Self = Self {
        commands: "member_commands_total",
        conflicts: "member_conflicts_total",
        replays: "member_replays_total",
        batch_commands: "member_batch_commands",
        queue_seconds: "member_queue_seconds",
        append_seconds: "member_append_seconds",
        look_up_size: "member_look_up_size",
        appends_stopped: "member_appends_stopped_total",
        deadlines_passed: "member_deadlines_passed_total",
        tokens_refused: "member_tokens_refused_total",
        histories_forgotten: "member_histories_forgotten_total",
        broken_streams: "member_broken_streams_total",
        not_leading: "member_not_leading_total",
    };

    /// Says what each of them means.
    pub fn describe(&self) {
        describe_counter!(self.commands, "Commands executed");
        describe_counter!(
            self.conflicts,
            "Batches decided again: another process was faster, a key was used before, or an outcome was unknown"
        );
        describe_counter!(self.replays, "Retries answered from the log");
        describe_histogram!(self.batch_commands, "Commands in one append");
        describe_histogram!(self.queue_seconds, Unit::Seconds, "Time that commands waited to be decided");
        describe_histogram!(self.append_seconds, Unit::Seconds, "Time of one append: Postgres, its disk and the wire");
        describe_histogram!(
            self.look_up_size,
            "Streams that one look-up read from the log, because they were not in memory"
        );
        describe_counter!(self.appends_stopped, "Appends that an alarm of the auditor stopped");
        describe_counter!(self.deadlines_passed, "Commands dropped undecided, past their deadline");
        describe_counter!(self.tokens_refused, "Commands dropped because their token was revoked while they waited");
        describe_counter!(
            self.histories_forgotten,
            "Times that the log was found to be restored or to have a new id, and all cached state was dropped"
        );
        describe_counter!(
            self.broken_streams,
            "Streams that could not be folded: the commands that name them are refused"
        );
        describe_counter!(self.not_leading, "Batches that were not written because another server leads");
    }
}
