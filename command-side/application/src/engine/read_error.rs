//! What is answered when the log cannot be read.

use std::error::Error;

use log::ReadError;

use crate::ExecuteError;

/// The error of a command that is in the log, and that the log cannot be read for now: a retry with the same key is answered.
pub fn unanswered(error: &ReadError) -> ExecuteError {
    match read_failed(error) {
        ExecuteError::LogUnavailable => ExecuteError::OutcomeUnknown,
        defect => defect,
    }
}

/// The error of a command that the log cannot be read for.
pub fn read_failed(error: &ReadError) -> ExecuteError {
    tracing::error!(error = error as &dyn Error, "the log cannot be read for a command");
    answer_to(error)
}

/// What a command is answered with that the log cannot be read for.
pub fn answer_to(error: &ReadError) -> ExecuteError {
    match error {
        ReadError::Unavailable(_) | ReadError::Archive(_) | ReadError::Detached { .. } | ReadError::NotFetched(_) => {
            ExecuteError::LogUnavailable
        }
        ReadError::Damaged { .. }
        | ReadError::OtherHistory { .. }
        | ReadError::Renamed { .. }
        | ReadError::NoLog
        | ReadError::NotConverted => ExecuteError::Internal,
    }
}
