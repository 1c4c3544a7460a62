//! How much is explored, and which flaws are planted.

/// When a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Always one event.
    Always,
    /// One event if the stream is empty, and else it is refused without one.
    First,
}

/// How large the world is. Every counter is a limit, so the number of states is finite.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    pub servers: usize,
    /// One client for each command.
    pub commands: &'static [Rule],
    /// How often a client sends its command, always under the same key, each time to any server.
    pub tries: usize,
    /// How often somebody takes the lead.
    pub leads: u8,
    /// How often a server appends for one command in one try.
    pub appends: u8,
    /// How often a server forwards one command in one try.
    pub forwards: u8,
    pub faults: Faults,
}

/// How often each fault may still happen. A server that stands still is no fault here: any step of it may come at any later time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// kill -9, and a new start.
    pub crashes: u8,
    /// The database ends the session that holds the lock of a server that lives.
    pub sessions: u8,
    /// An append or a read has no answer. The append may come through at any later time.
    pub answers: u8,
    /// A connection between servers breaks. What was sent may still arrive.
    pub connections: u8,
    /// A frame arrives a second time. Its number tells, so nothing comes of it.
    pub replays: u8,
    /// The leader gives the lead back.
    pub handovers: u8,
}

/// A mistake that the checker must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// `append.sql` does not compare the epoch.
    NoEpochInAppend,
    /// `events` takes any version of a stream.
    NoVersionInAppend,
    /// `commits` takes a command id twice.
    CommandIdNotUnique,
    /// The engine answers `NotLeader` without looking the command up.
    NotLeaderWithoutLookUp,
    /// The engine answers "refused" without looking the key up.
    RefusesWithoutLookUp,
    /// The router forgets that an earlier try was lost on its way.
    ForgetsWhatWasLost,
    /// What is forwarded again gets a new command id.
    ForwardsUnderFreshId,
    /// Frames have no numbers, so one that is replayed is executed.
    ExecutesReplayedFrames,
    /// What was decided ahead is answered before the append below it is durable.
    AnswersAhead,
    /// The state that an append was to leave stays in memory though it failed.
    KeepsStateOfFailedAppend,
}
