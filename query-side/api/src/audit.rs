//! How far the books are proven.

use std::convert::identity;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
    response::Response,
};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::AuditReport;
use utoipa_axum::routes;

use crate::{
    answer::{Answer, VIEW_POSITION},
    params::{Freshness, Nothing},
    readers::Staff,
    route::Route,
    state::Api,
};

const AUDITED: HeaderName = HeaderName::from_static("audited-position");

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Staff>(routes!(audit)).answers(&[Code::Forbidden, Code::LogUnavailable])]
}

/// Up to where the books are proven, the rules that they are held against, and the alarms; for operators. A token is accepted
/// but not waited for: this is where waiting is watched.
#[utoipa::path(get, operation_id = "audit", security(("bearer" = [])), path = "/v1/audit", tag = "operations",
    responses((status = 200, description = "The audit", body = AuditReport)))]
pub async fn audit(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(..): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<AuditReport>, Problem> {
    Answer::of(api.reads.audit().await, identity)
}

/// Every read of a view also says up to where the books are proven, once an auditor has reported.
pub async fn add_position(State(api): State<Api>, mut response: Response) -> Response {
    if response.headers().contains_key(VIEW_POSITION)
        && let Some(proven) = api.reads.proven()
    {
        response.headers_mut().insert(AUDITED, HeaderValue::from(proven.number()));
    }
    response
}
