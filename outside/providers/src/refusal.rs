//! A refusal counts only if the provider's record says the same: money is released or given back because of it.

use application::{CallError, CallResult, Reply};

/// The answer, if it is no refusal, or if what is found for the same key agrees with it.
pub(crate) async fn confirmed<T>(answer: CallResult<T>, find: impl Future<Output = CallResult<T>>) -> CallResult<T> {
    match answer? {
        refused @ Reply::Refused(_) => match find.await {
            Ok(Reply::Refused(_) | Reply::NotFound) => Ok(refused),
            Ok(Reply::Done(_) | Reply::Pending) => {
                Err(CallError::contradiction("it refuses, and its record says otherwise"))
            }
            Err(error @ CallError::Contradiction { .. }) => Err(error),
            Err(_) => Err(CallError::unknown("it refuses, and its record cannot be read")),
        },
        other => Ok(other),
    }
}
