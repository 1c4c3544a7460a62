//! Commands that open a stream of their own.

use kernel::StreamId;

use crate::{ExecuteError, engine::Decision};

/// Whether the stream with the id of the command is not there yet: see [`is_new`].
pub fn is_opened_first(work: &Decision<'_>) -> Result<(), ExecuteError> {
    is_new(work, StreamId::from(work.command_id))
}

/// Whether a stream that this command alone opens is not there yet. If it is, the command was carried out before: without an event and with an
/// error it is looked up in the log, and answered as it was.
pub fn is_new(work: &Decision<'_>, own: StreamId) -> Result<(), ExecuteError> {
    match work.known(own).is_some_and(|stream| stream.state.kind().is_some()) {
        true => Err(ExecuteError::Contended),
        false => Ok(()),
    }
}
