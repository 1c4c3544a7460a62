//! Forms. Nothing else reads a body, so no form is taken without the secret of its browser.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use platform::{
    extract::{Form, Multipart, Part},
    problem::Problem,
};
use serde_json::json;

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
    files: Vec<(String, Bytes)>,
    visit: Visit,
}

impl Posted {
    /// The field; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// Writes a field, in place of what came with this name.
    pub(crate) fn keep(&mut self, name: &str, value: String) {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value));
    }

    /// All fields with this name, such as boxes that were ticked.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Names that were typed one after the other, with commas or spaces between them or each in a line.
    pub(crate) fn names(&self, name: &str) -> Vec<&str> {
        let between = |letter: char| letter == ',' || letter.is_whitespace();
        self.get(name).split(between).filter(|typed| !typed.is_empty()).collect()
    }

    /// The file that was chosen; none if none was, or it is empty.
    pub(crate) fn file(&self, name: &str) -> Option<Bytes> {
        let chosen = self.files.iter().find(|(known, _)| known == name).map(|(_, content)| content.clone());
        chosen.filter(|content| !content.is_empty())
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
        let Some(visit) = Visit::of(request.extensions()) else {
            return Err(Problem::internal("the route is outside of the console's layer").into_response());
        };
        if !comes_from_here(request.headers(), request.uri(), &visit.house().public_url) {
            return Err(refused(403, "form-foreign").into_response());
        }
        let read = read(request, state).await.map_err(IntoResponse::into_response)?;
        let Some((fields, files)) = read else { return Err(refused(400, "form-unreadable").into_response()) };
        let posted = Self { fields, files, visit };
        if !token_fits(posted.get("csrf"), &posted.visit.csrf()) {
            return Err(refused(403, "form-expired").into_response());
        }
        Ok(posted)
    }
}

/// Fields and files, in their order.
type Read = (Vec<(String, String)>, Vec<(String, Bytes)>);

/// None if it cannot be read.
async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Option<Read>, Problem> {
    if Multipart::is_declared(request.headers()) {
        let Multipart(parts) = Multipart::from_request(request, state).await?;
        return Ok(parts.and_then(sorted));
    }
    let Form(fields) = Form::from_request(request, state).await?;
    Ok(fields.map(|fields| (fields, Vec::new())))
}

/// None if something that was typed is no text.
fn sorted(parts: Vec<Part>) -> Option<Read> {
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    for Part { name, is_file, content } in parts {
        if is_file {
            files.push((name, content));
        } else {
            fields.push((name, String::from_utf8(content.to_vec()).ok()?));
        }
    }
    Some((fields, files))
}

/// A refusal of the console itself.
pub(crate) fn refused(status: u16, code: &str) -> Failure {
    Failure::Refused(Box::new(Refusal { status, code: code.to_owned(), ..Refusal::default() }))
}

/// The same of what was typed into this field.
pub(crate) fn refused_at(field: &str, code: &str) -> Failure {
    let errors = vec![json!({ "field": field })];
    Failure::Refused(Box::new(Refusal { status: 400, code: code.to_owned(), errors, ..Refusal::default() }))
}
