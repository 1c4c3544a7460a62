//! The page of an error: what happened in the words of the reader, and what to quote.

use askama::Template;
use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};

use crate::{client::Refusal, navigation::AREAS, page::Page, visit::Visit};

/// No problem is longer.
const LONGEST: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    /// What happened.
    words: String,
    /// The fields that are wrong.
    fields: Vec<String>,
    /// What the server said, for those who look for the cause.
    detail: String,
    code: String,
    request_id: String,
    back: String,
}

/// Whether a response is a problem.
pub(crate) fn is_problem(response: &Response) -> bool {
    let typed = response.headers().get(header::CONTENT_TYPE);
    typed.is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"))
}

/// The page that says the same.
pub(crate) async fn page(visit: &Visit, method: &Method, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST).await.unwrap_or_default();
    let said: Refusal = serde_json::from_slice(&bytes).unwrap_or_default();
    let language = visit.language();
    let page = Page::plain(visit, title(parts.status));
    let request_id = match parts.headers.get("x-request-id").and_then(|value| value.to_str().ok()) {
        Some(own) if said.request_id.is_empty() => own.to_owned(),
        _ => said.request_id.clone(),
    };
    let shown = ErrorPage {
        page,
        words: said.words(language),
        fields: said.fields(),
        detail: said.detail.clone(),
        code: said.code.clone(),
        request_id: language.text_with("error-request-id", &[("id", &request_id)]),
        back: back(visit, method),
    };
    let html = shown.render().unwrap_or_else(|_| said.code.clone());
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(html) };
    Response::from_parts(parts, body)
}

/// The key of the heading.
fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 | 413 | 415 => "error-title-invalid",
        401 => "error-title-login",
        403 => "error-title-forbidden",
        404 | 410 => "error-title-missing",
        405 => "error-title-method",
        409 | 422 => "error-title-refused",
        429 => "error-title-often",
        502..=504 => "error-title-away",
        _ => "error-title-defect",
    }
}

/// Where to go from here: the page whose form was sent, else the first screen.
fn back(visit: &Visit, method: &Method) -> String {
    let path = visit.path();
    let parent = path.rsplit_once('/').map(|(parent, _)| parent).filter(|parent| !parent.is_empty());
    match parent {
        Some(parent) if method == Method::POST => parent.to_owned(),
        // A list to which something was to be added.
        None if method == Method::POST && AREAS.iter().any(|area| area.path == path) => path.to_owned(),
        _ => visit.home().to_owned(),
    }
}
