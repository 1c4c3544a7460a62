//! What an engine counts. Each engine has names of its own, so that a panel shows one of them and not the sum.

/// The names of an engine's metrics.
#[derive(Debug)]
pub struct MetricNames {
    pub commands: &'static str,
    pub conflicts: &'static str,
    pub replays: &'static str,
    pub batch_commands: &'static str,
    pub queue_seconds: &'static str,
    pub append_seconds: &'static str,
    pub deadlines_passed: &'static str,
    pub tokens_refused: &'static str,
    pub histories_forgotten: &'static str,
    pub broken_streams: &'static str,
}

impl MetricNames {
    /// Those of the engine that moves money.
    pub const EXECUTOR: Self = Self {
        commands: "executor_commands",
        conflicts: "executor_conflicts",
        replays: "executor_replays",
        batch_commands: "executor_batch_commands",
        queue_seconds: "executor_queue_seconds",
        append_seconds: "executor_append_seconds",
        deadlines_passed: "executor_deadlines_passed",
        tokens_refused: "executor_tokens_refused",
        histories_forgotten: "executor_histories_forgotten",
        broken_streams: "executor_broken_streams",
    };

    /// Those of the engine of members' commands.
    pub const MEMBERS: Self = Self {
        commands: "member_commands",
        conflicts: "member_conflicts",
        replays: "member_replays",
        batch_commands: "member_batch_commands",
        queue_seconds: "member_queue_seconds",
        append_seconds: "member_append_seconds",
        deadlines_passed: "member_deadlines_passed",
        tokens_refused: "member_tokens_refused",
        histories_forgotten: "member_histories_forgotten",
        broken_streams: "member_broken_streams",
    };
}
