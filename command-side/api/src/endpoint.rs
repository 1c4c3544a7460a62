//! An endpoint: a handler, and what the API's description has to know of it beside its bodies.

use axum::http::StatusCode;
use kernel::Role;
use platform::problem::Code;
use utoipa::openapi::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::{caller::Allowed, state::ApiState};

/// One endpoint. It stands with its handler in the resource's file, so that nothing about it is written elsewhere.
pub(crate) struct Endpoint {
    handler: UtoipaMethodRouter<ApiState>,
    problems: Vec<(StatusCode, Code)>,
    has_optional_body: bool,
    roles: &'static [Role],
}

impl Endpoint {
    /// An endpoint that everybody may call, and that answers no problem but those of every endpoint of its sort.
    pub(crate) fn new(handler: UtoipaMethodRouter<ApiState>) -> Self {
        Self { handler, problems: Vec::new(), has_optional_body: false, roles: &[] }
    }

    /// Who may call it: as the handler's `Caller<A>`.
    pub(crate) fn by<A: Allowed>(self) -> Self {
        Self { roles: A::ROLES, ..self }
    }

    /// It can answer these problems too.
    pub(crate) fn raises<const N: usize>(mut self, codes: [Code; N]) -> Self {
        self.problems.extend(codes.map(|code| (code.status(), code)));
        self
    }

    /// It answers this problem with 404, whatever its status elsewhere: what the path names is unknown.
    pub(crate) fn not_found(mut self, code: Code) -> Self {
        self.problems.push((StatusCode::NOT_FOUND, code));
        self
    }

    /// The request may be sent without a body.
    pub(crate) fn with_optional_body(self) -> Self {
        Self { has_optional_body: true, ..self }
    }

    pub(crate) fn problems(&self) -> &[(StatusCode, Code)] {
        &self.problems
    }

    pub(crate) fn roles(&self) -> &'static [Role] {
        self.roles
    }

    pub(crate) fn has_optional_body(&self) -> bool {
        self.has_optional_body
    }

    /// Whether it is the one at this path with this method, in lower case.
    pub(crate) fn is_at(&self, path: &str, method: &str) -> bool {
        self.handler.1.paths.get(path).is_some_and(|item| has(item, method))
    }
}

/// All of them, with their descriptions.
pub(crate) fn described(endpoints: Vec<Endpoint>) -> OpenApiRouter<ApiState> {
    endpoints.into_iter().fold(OpenApiRouter::new(), |router, endpoint| router.routes(endpoint.handler))
}

fn has(item: &PathItem, method: &str) -> bool {
    match method {
        "get" => item.get.is_some(),
        "post" => item.post.is_some(),
        "put" => item.put.is_some(),
        "delete" => item.delete.is_some(),
        _ => false,
    }
}
