//! Answers that say how fresh they are.

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use platform::problem::Problem;
use reads::{Fresh, ReadsError};
use serde::Serialize;

use crate::{prefer::Asked, problem::problem_of};

/// Every answer that is read from a view has it.
pub const VIEW_POSITION: HeaderName = HeaderName::from_static("view-position");
const VIEW_LAG: HeaderName = HeaderName::from_static("view-lag-ms");
const MISSING: HeaderName = HeaderName::from_static("view-missing-events");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const STATUS: HeaderName = HeaderName::from_static("consistency-status");

/// 200 with a body, or a problem about what was found; either says how fresh it is.
pub struct Answer<T> {
    made: Fresh<Result<T, Problem>>,
    asked: Asked,
}

impl<T> Answer<T> {
    /// What was read, in the form that goes out.
    pub fn of<M>(read: Result<Fresh<M>, ReadsError>, form: impl FnOnce(M) -> T) -> Result<Self, Problem> {
        Ok(Self::from_result(read.map_err(problem_of)?.map(|model| Ok(form(model)))))
    }

    /// What was made of a read elsewhere.
    pub fn from_result(made: Fresh<Result<T, Problem>>) -> Self {
        Self { made, asked: Asked::default() }
    }

    /// The same, and it says which preferences it follows.
    #[must_use]
    pub fn preferred(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    /// The same for what may not be there.
    pub fn found<M>(
        read: Result<Fresh<Option<M>>, ReadsError>,
        form: impl FnOnce(M) -> T,
        missing: impl FnOnce() -> Problem,
    ) -> Result<Self, Problem> {
        Ok(Self::from_result(read.map_err(problem_of)?.map(|model| model.map(form).ok_or_else(missing))))
    }

    /// The response, with a body in a form of its own.
    pub fn respond(self, form: impl FnOnce(T) -> Response) -> Response {
        let Self { made: Fresh { value, position, lag, stale, missing }, asked } = self;
        let mut headers = HeaderMap::with_capacity(5);
        headers.insert(VIEW_POSITION, HeaderValue::from(position.number()));
        headers.insert(VIEW_LAG, HeaderValue::from(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX)));
        if stale {
            headers.insert(STATUS, HeaderValue::from_static("stale"));
        }
        if let Some(applied) = asked.applied(stale).and_then(|applied| HeaderValue::try_from(applied).ok()) {
            headers.insert(APPLIED, applied);
        }
        if missing > 0 {
            headers.insert(MISSING, HeaderValue::from(missing));
        }
        match value {
            Ok(body) => (headers, form(body)).into_response(),
            Err(problem) => (headers, problem).into_response(),
        }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        self.respond(|body| Json(body).into_response())
    }
}
