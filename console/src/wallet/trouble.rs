//! Forms that were not taken are shown again, with why.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{client::Failure, language::Language};

/// Why a form was not taken.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) words: String,
    /// The fields that are wrong.
    pub(crate) fields: Vec<String>,
}

impl Trouble {
    pub(crate) fn of(failure: &Failure, language: Language) -> Self {
        let fields = match failure {
            Failure::Refused(refusal) => refusal.fields(),
            _ => Vec::new(),
        };
        Self { words: failure.words(language), fields }
    }
}

/// The form again. Whose session has ended gets the failure itself: the layer around all routes leads to the log-in.
pub(crate) fn again(failure: Failure, form: Response) -> Response {
    if failure.is_logged_out() { failure.into_response() } else { (status(&failure), form).into_response() }
}

/// The status of a form that is shown again.
pub(crate) fn status(failure: &Failure) -> StatusCode {
    match failure {
        // The form itself says it: a challenge would make some browsers ask for credentials of their own.
        Failure::Refused(refusal) if refusal.status == 401 => StatusCode::FORBIDDEN,
        Failure::Refused(refusal) if refusal.status < 500 => {
            StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST)
        }
        _ => StatusCode::BAD_GATEWAY,
    }
}
