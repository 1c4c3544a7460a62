//! An endpoint: a handler, and what the API's description has to know of it beside its bodies.

use axum::http::StatusCode;
use kernel::{OperatorRole, Role, Scope};
use platform::{auth::Allowed, problem::Code};
use utoipa::openapi::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::ApiState;

/// One endpoint. It stands with its handler in the resource's file, so that nothing about it is written elsewhere.
pub(crate) struct Endpoint {
    handler: UtoipaMethodRouter<ApiState>,
    problems: Vec<(StatusCode, Code)>,
    has_optional_body: bool,
    access: Access,
}

/// Who may call an endpoint.
enum Access {
    /// Nobody said so.
    Unsaid,
    /// Everybody, without a token.
    Public,
    /// These roles, a partner whose token allows the scope, and an operator of this role or a higher one.
    Of { roles: &'static [Role], scope: Option<Scope>, operator: Option<OperatorRole> },
}

impl Endpoint {
    /// An endpoint that answers no problem but those of every endpoint of its sort. Who may call it has to be said: [`by`](Self::by), or
    /// [`public`](Self::public).
    pub(crate) fn new(handler: UtoipaMethodRouter<ApiState>) -> Self {
        Self { handler, problems: Vec::new(), has_optional_body: false, access: Access::Unsaid }
    }

    /// Who may call it: as the handler's `Caller<A>`.
    pub(crate) fn by<A: Allowed>(self) -> Self {
        let operator = A::ROLES.contains(&Role::Operator).then_some(A::OPERATOR);
        let endpoint = Self { access: Access::Of { roles: A::ROLES, scope: A::SCOPE, operator }, ..self };
        let endpoint = match A::SCOPE {
            Some(_) => endpoint.raises([Code::ScopeMissing, Code::TooManyRequests]),
            None => endpoint,
        };
        match operator {
            Some(lowest) if lowest > OperatorRole::Viewer => endpoint.raises([Code::OperatorRoleMissing]),
            Some(_) | None => endpoint,
        }
    }

    /// Everybody may call it, without a token.
    pub(crate) fn public(self) -> Self {
        Self { access: Access::Public, ..self }
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
        match self.access {
            Access::Of { roles, .. } => roles,
            Access::Unsaid | Access::Public => &[],
        }
    }

    /// What a partner's token must allow; none if no partner may call it.
    pub(crate) fn scope(&self) -> Option<Scope> {
        match self.access {
            Access::Of { scope, .. } => scope,
            Access::Unsaid | Access::Public => None,
        }
    }

    /// The lowest role of operators that may call it; none if no operator may.
    pub(crate) fn operator(&self) -> Option<OperatorRole> {
        match self.access {
            Access::Of { operator, .. } => operator,
            Access::Unsaid | Access::Public => None,
        }
    }

    /// Whether it says who may call it, in one way.
    #[cfg(test)]
    pub(crate) fn says_who(&self) -> bool {
        match self.access {
            Access::Unsaid => false,
            Access::Public => true,
            Access::Of { roles, scope, .. } => !roles.is_empty() && roles.contains(&Role::Partner) == scope.is_some(),
        }
    }

    #[cfg(test)]
    pub(crate) fn paths(&self) -> Vec<&String> {
        self.handler.1.paths.keys().collect()
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
        "patch" => item.patch.is_some(),
        _ => false,
    }
}
