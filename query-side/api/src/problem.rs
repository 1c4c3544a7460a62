//! The problem that a client gets when a read has no answer.

use std::time::Duration;

use axum::http::StatusCode;
use platform::problem::{Code, Problem};
use reads::ReadsError;

/// When coming back to what cannot be read at all is worth it.
pub const OUTAGE: Duration = Duration::from_secs(5);

/// The problem for this error. What a database said goes to the log only.
pub fn problem_of(error: ReadsError) -> Problem {
    match error {
        ReadsError::ForeignToken => Problem::new(Code::ConsistencyTokenForeign)
            .detail("the token was given by another log than the one read here"),
        ReadsError::FutureToken { head } => Problem::new(Code::ConsistencyTokenFuture)
            .detail("no command has been answered with this token yet")
            .with("head", head.number()),
        ReadsError::FuturePosition { head } => {
            Problem::invalid("position", "the log has not reached it").with("head", head.number())
        }
        ReadsError::Behind { view, required, retry_after } => Problem::new(Code::ViewBehind)
            .detail(format!("the view {view} has not reached position {required} in the time given"))
            .with("view", view)
            .retry_after(retry_after),
        ReadsError::Parked { view, first, .. } => Problem::new(Code::ViewBehind)
            .detail(match first {
                Some(first) => format!(
                    "the view {view} does not show the event at position {first}: an operator put it aside and has to apply it"
                ),
                None => format!("an operator put this aside in the view {view} and has to apply it again"),
            })
            .with("view", view)
            .retry_after(OUTAGE),
        ReadsError::Halted { view, required } => Problem::new(Code::ViewUnavailable)
            .detail(format!("the view {view} has stopped before position {required}; an operator has to look after it"))
            .with("view", view)
            .retry_after(OUTAGE),
        ReadsError::OtherHistory { view } => Problem::new(Code::ViewUnavailable)
            .detail(format!("the view {view} shows another history than the log; an operator has to rebuild it"))
            .with("view", view)
            .retry_after(OUTAGE),
        ReadsError::NotLive(view) => Problem::new(Code::ViewUnavailable)
            .detail(format!("the view {view} is not there yet"))
            .with("view", view)
            .retry_after(OUTAGE),
        ReadsError::Unavailable(cause) => {
            Problem::new(Code::ViewUnavailable).detail("the views cannot be read now").cause(cause).retry_after(OUTAGE)
        }
        ReadsError::LogUnavailable(cause) => {
            Problem::new(Code::LogUnavailable).detail("the log cannot be reached").cause(cause).retry_after(OUTAGE)
        }
        error @ ReadsError::NoInspector => Problem::new(Code::LogUnavailable)
            .detail("this server was given no login that reads the log")
            .cause(error)
            .retry_after(OUTAGE),
        ReadsError::StreamTooLong { from } => {
            Problem::invalid("after_version", format!("the stream is long: it is read from version {from} on"))
                .with("lowest", from.number())
        }
        ReadsError::Cursor => {
            Problem::new(Code::CursorInvalid).detail("send the next_cursor of this very list, with the same filters")
        }
        ReadsError::Refused(cause) => Problem::internal(cause),
        // What an operator has to do stands in the log: the client can do nothing.
        defect @ (ReadsError::Damaged { .. } | ReadsError::Denied(_) | ReadsError::NotGranted { .. }) => {
            Problem::internal(defect)
        }
    }
}

/// The status of a read of an account that is not there.
pub const NO_ACCOUNT: StatusCode = StatusCode::NOT_FOUND;

/// There is no such account that the asker may know of.
pub fn no_account() -> Problem {
    Problem::new(Code::AccountUnknown).status(NO_ACCOUNT).detail("there is no such account of yours")
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use kernel::Position;

    use super::*;

    #[test]
    fn each_error_has_its_code_and_those_that_pass_say_when() {
        let required = Position::new(9);
        let retry_after = Duration::from_secs(1);
        let cases = [
            (ReadsError::ForeignToken, Code::ConsistencyTokenForeign),
            (ReadsError::FutureToken { head: required }, Code::ConsistencyTokenFuture),
            (ReadsError::FuturePosition { head: required }, Code::ValidationFailed),
            (ReadsError::Behind { view: "accounts", required, retry_after }, Code::ViewBehind),
            (ReadsError::Halted { view: "accounts", required }, Code::ViewUnavailable),
            (ReadsError::Parked { view: "accounts", events: 1, first: Some(required) }, Code::ViewBehind),
            (ReadsError::OtherHistory { view: "accounts" }, Code::ViewUnavailable),
            (ReadsError::NotLive("accounts"), Code::ViewUnavailable),
            (ReadsError::NoInspector, Code::LogUnavailable),
            (ReadsError::StreamTooLong { from: kernel::Version::new(7) }, Code::ValidationFailed),
            (ReadsError::Cursor, Code::CursorInvalid),
            (ReadsError::Damaged { what: "amount" }, Code::Internal),
            (ReadsError::NotGranted { relation: "live.accounts".to_owned() }, Code::Internal),
        ];
        for (error, code) in cases {
            let problem = problem_of(error);
            assert_eq!(problem.code(), code);
            let response = problem.into_response();
            let later = response.headers().contains_key("retry-after");
            assert_eq!(later, response.status() == StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
