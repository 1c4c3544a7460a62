//! A route, and the problems that are its own.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use platform::problem::Code;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::state::Api;

/// A problem with the status it is answered with.
pub type Answered = (StatusCode, Code);

/// A route with its handler, its description, and the problems that not every route answers.
pub struct Route {
    handler: UtoipaMethodRouter<Api>,
    problems: Vec<Answered>,
}

impl Route {
    /// A route; `routes!` makes the handler from the description.
    pub fn new(handler: UtoipaMethodRouter<Api>) -> Self {
        Self { handler, problems: Vec::new() }
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

/// All routes in one router, and the problems of each path.
pub fn collect(routes: impl IntoIterator<Item = Route>) -> (OpenApiRouter<Api>, BTreeMap<String, Vec<Answered>>) {
    let (mut router, mut problems) = (OpenApiRouter::new(), BTreeMap::<String, Vec<Answered>>::new());
    for route in routes {
        for path in route.handler.1.paths.keys() {
            problems.entry(path.clone()).or_default().extend(&route.problems);
        }
        router = router.routes(route.handler);
    }
    (router, problems)
}
