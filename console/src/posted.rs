//! Forms. Nothing else reads a body, so no form is taken without the secret of its browser.

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use platform::{extract::Form, problem::Problem};

use crate::{
    client::{Act, Failure, Refusal},
    csrf::{comes_from_here, token_fits},
    visit::Visit,
};

/// The longest reason that the servers take, in characters.
const LONGEST_REASON: usize = 200;

/// A form that a page of this console sent.
pub(crate) struct Posted {
    fields: Vec<(String, String)>,
    visit: Visit,
}

impl Posted {
    /// The field; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// All fields with this name, such as boxes that were ticked.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn visit(&self) -> &Visit {
        &self.visit
    }

    /// Why it is to be done, and the key that was drawn with the form.
    pub(crate) fn act(&self) -> Result<Act, Failure> {
        let reason = self.get("reason").trim();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
            return Err(refused(400, "reason-required"));
        }
        Ok(Act { reason: reason.to_owned(), ..self.plain_act() })
    }

    /// The same without a reason, where none is asked for.
    pub(crate) fn plain_act(&self) -> Act {
        let drawn = self.get("key");
        let is_key = (1..=255).contains(&drawn.len()) && drawn.bytes().all(|byte| byte.is_ascii_graphic());
        let key = if is_key { drawn.to_owned() } else { self.visit.house().ids.fresh().to_string() };
        Act { key, reason: String::new() }
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let Some(visit) = request.extensions().get::<Visit>().cloned() else {
            return Err(Problem::internal("the route is outside of the console's layer").into_response());
        };
        if !comes_from_here(request.headers(), request.uri(), &visit.house().public_url) {
            return Err(refused(403, "form-foreign").into_response());
        }
        let Form(fields) = Form::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let Some(fields) = fields else { return Err(refused(400, "form-unreadable").into_response()) };
        let posted = Self { fields, visit };
        if !token_fits(posted.get("csrf"), &posted.visit.csrf()) {
            return Err(refused(403, "form-expired").into_response());
        }
        Ok(posted)
    }
}

/// A refusal of the console itself.
pub(crate) fn refused(status: u16, code: &str) -> Failure {
    Failure::Refused(Box::new(Refusal { status, code: code.to_owned(), ..Refusal::default() }))
}
