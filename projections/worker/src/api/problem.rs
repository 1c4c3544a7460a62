//! The problem that an operator gets when a view was not changed.

use std::{borrow::Cow, error::Error, time::Duration};

use platform::problem::{Code, Problem};
use projection_engine::RebuildError;

use crate::changes::BrokenOff;

/// When coming back is worth it.
const LATER: Duration = Duration::from_secs(5);

/// The problem for this error. What a database said goes to the log only.
pub(super) fn problem_of(error: RebuildError) -> Problem {
    match error {
        RebuildError::Busy(view) => busy(format!("another program changes the view {view} at this moment")),
        RebuildError::NoLive(_) => unavailable("the view is not there yet", &error),
        RebuildError::Connect(_)
        | RebuildError::Database { .. }
        | RebuildError::Interrupted(_)
        | RebuildError::Expired(_) => unavailable("the views cannot be changed now", &error),
        RebuildError::Log(_) => {
            Problem::new(Code::LogUnavailable).detail("the log cannot be read").cause(chain(&error)).retry_after(LATER)
        }
        RebuildError::KeyReused => reused(),
        RebuildError::Rows { .. } => refused(&error).cause(chain(&error)),
        error => refused(&error),
    }
}

/// The problem of a registry that does not answer.
pub(super) fn unread(error: sqlx::Error) -> Problem {
    unavailable("the registry of the views cannot be read now", &error)
}

/// The problem of a promotion that is asked for before approvals are followed.
pub(super) fn not_followed() -> Problem {
    Problem::new(Code::ViewUnavailable).detail("the projector does not follow approvals yet").retry_after(LATER)
}

/// The problem of work that panicked, or was asked for while the projector stops.
pub(super) fn broken_off(error: BrokenOff) -> Problem {
    unavailable("the work was broken off", &error)
}

/// The key of the request is that of another one.
pub(super) fn reused() -> Problem {
    Problem::new(Code::IdempotencyKeyReused).detail("the key was used for another request: send a new one")
}

/// Somebody else changes the view.
pub(super) fn busy(detail: String) -> Problem {
    Problem::new(Code::ViewBusy).detail(detail).retry_after(LATER)
}

fn unavailable(detail: &'static str, error: &dyn Error) -> Problem {
    Problem::new(Code::ViewUnavailable).detail(detail).cause(chain(error)).retry_after(LATER)
}

fn refused(error: &RebuildError) -> Problem {
    refusal(error.to_string())
}

/// The view is not changed, for this reason.
pub(super) fn refusal(why: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(Code::ViewChangeRefused).detail(why)
}

fn chain(error: &dyn Error) -> String {
    let texts = std::iter::successors(Some(error), |error| (**error).source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
