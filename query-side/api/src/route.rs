//! A route, and the problems that are its own.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use kernel::Role;
use platform::{openapi::Facts, problem::Code};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::Api;

/// Everybody with a token.
pub const ALL: &[Role] = &[Role::Member, Role::Operator, Role::Service];

/// A problem with the status it is answered with.
pub type Answered = (StatusCode, Code);

/// A route with its handler, its description, and the problems that not every route answers.
pub struct Route {
    handler: UtoipaMethodRouter<Api>,
    problems: Vec<Answered>,
    roles: &'static [Role],
}

impl Route {
    /// A route for these roles, none if it asks for no token; `routes!` makes the handler from the description.
    pub fn new(roles: &'static [Role], handler: UtoipaMethodRouter<Api>) -> Self {
        Self { handler, problems: Vec::new(), roles }
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

/// All routes in one router, and of each path the problems and the roles.
pub fn collect(routes: impl IntoIterator<Item = Route>) -> (OpenApiRouter<Api>, BTreeMap<String, Facts>) {
    let (mut router, mut facts) = (OpenApiRouter::new(), BTreeMap::<String, Facts>::new());
    for route in routes {
        for path in route.handler.1.paths.keys() {
            let of_path = facts.entry(path.clone()).or_default();
            of_path.problems.extend(&route.problems);
            of_path.roles.extend(route.roles);
        }
        router = router.routes(route.handler);
    }
    (router, facts)
}
