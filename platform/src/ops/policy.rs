//! What a browser lets a page of ours do (Content Security Policy).

use axum::{
    http::{HeaderValue, header},
    response::Response,
};

/// The response with a policy, and without telling other hosts where its reader comes from.
pub(super) async fn with_policy(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
