//! What is asked of the log.

use kernel::{CommandId, StreamId, Version};

/// Where a stream is to be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromVersion {
    /// From the newest snapshot of this state schema or an earlier one, or from the beginning.
    Snapshot {
        /// The newest state schema the reader understands.
        state_schema: i32,
    },
    /// The events after this version only.
    After(Version),
}

/// What a reader that does not wait for the archive wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What a command wrote.
    Command(CommandId),
    /// A stream.
    Stream(StreamId, FromVersion),
}
