//! A route, and the problems that are its own.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use kernel::{OperatorRole, Role, Scope};
use platform::{auth::Allowed, openapi::Facts, problem::Code};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::Api;

/// A problem with the status it is answered with.
pub type Answered = (StatusCode, Code);

/// A route with its handler, its description, and the problems that not every route answers.
pub struct Route {
    handler: UtoipaMethodRouter<Api>,
    problems: Vec<Answered>,
    access: Access,
}

/// Who may call a route.
enum Access {
    /// Everybody, without a token.
    Public,
    /// These roles, a partner whose token allows the scope, and an operator of this role or a higher one.
    Of { roles: &'static [Role], scope: Option<Scope>, operator: Option<OperatorRole> },
}

impl Route {
    /// A route that its handler's `Admitted<A>` may call. `routes!` makes the handler from the description.
    pub fn of<A: Allowed>(handler: UtoipaMethodRouter<Api>) -> Self {
        let operator = A::ROLES.contains(&Role::Operator).then_some(A::OPERATOR);
        let access = Access::Of { roles: A::ROLES, scope: A::SCOPE, operator };
        let route = Self { handler, problems: Vec::new(), access };
        let route = match A::SCOPE {
            Some(_) => route.answers(&[Code::Forbidden, Code::ScopeMissing, Code::TooManyRequests]),
            None => route,
        };
        match operator {
            Some(lowest) if lowest > OperatorRole::Viewer => route.answers(&[Code::OperatorRoleMissing]),
            Some(_) | None => route,
        }
    }

    /// A route that asks for no token.
    pub fn public(handler: UtoipaMethodRouter<Api>) -> Self {
        Self { handler, problems: Vec::new(), access: Access::Public }
    }

    /// Problems that it answers, each with the status of its code.
    #[must_use]
    pub fn answers(mut self, codes: &[Code]) -> Self {
        self.problems.extend(codes.iter().map(|code| (code.status(), *code)));
        self
    }

    /// A problem that it answers with another status than that of the code.
    #[must_use]
    pub fn answers_as(mut self, status: StatusCode, code: Code) -> Self {
        self.problems.push((status, code));
        self
    }
}

#[cfg(test)]
impl Route {
    /// Whether it says who may call it: without a token, or for some roles, and then with one scope if partners are among them.
    pub fn says_who(&self) -> bool {
        match self.access {
            Access::Public => true,
            Access::Of { roles, scope, .. } => !roles.is_empty() && roles.contains(&Role::Partner) == scope.is_some(),
        }
    }

    pub fn paths(&self) -> Vec<&String> {
        self.handler.1.paths.keys().collect()
    }
}

/// All routes in one router, and of each path the problems and the roles.
pub fn collect(routes: impl IntoIterator<Item = Route>) -> (OpenApiRouter<Api>, BTreeMap<String, Facts>) {
    let (mut router, mut facts) = (OpenApiRouter::new(), BTreeMap::<String, Facts>::new());
    for route in routes {
        for path in route.handler.1.paths.keys() {
            let of_path = facts.entry(path.clone()).or_default();
            of_path.problems.extend(&route.problems);
            if let Access::Of { roles, scope, operator } = route.access {
                of_path.roles.extend(roles);
                of_path.scope = of_path.scope.or(scope);
                of_path.operator = of_path.operator.or(operator);
            }
        }
        router = router.routes(route.handler);
    }
    (router, facts)
}
