//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use std::collections::BTreeMap;

use kernel::OperatorRole;
use platform::{
    openapi::{self, Facts, Operation},
    problem::Code,
};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{routes, state::ViewsApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jangbu: views",
        description = "What operators change of the views: rebuilds, promotions, pauses, parked events. How far the views are is read on the \
                       query server (`GET /v1/views`). Errors are problems (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags((name = "views", description = "Making, comparing and promoting generations of a view, and keeping the live one going")),
)]
struct Description;

/// The problems that every operation answers.
const OF_ALL: [Code; 6] = [
    Code::ValidationFailed,
    Code::Unauthorized,
    Code::Forbidden,
    Code::ViewUnknown,
    Code::ViewUnavailable,
    Code::Internal,
];
/// The problems that every operation with a body answers.
const OF_BODIES: [Code; 4] =
    [Code::MalformedJson, Code::RequestTimeout, Code::PayloadTooLarge, Code::UnsupportedMediaType];

/// The OpenAPI 3.1 document of the projector, as pretty JSON.
pub fn openapi() -> String {
    let mut own: BTreeMap<(String, bool), Facts> = BTreeMap::new();
    let mut router = OpenApiRouter::<ViewsApi>::new();
    for route in routes::all() {
        for (path, item) in &route.handler.1.paths {
            let has_body = item.post.is_some();
            let bodies = OF_BODIES.into_iter().filter(|_| has_body);
            let of_roles = (route.operator > OperatorRole::Viewer).then_some(Code::OperatorRoleMissing);
            let problems = OF_ALL.into_iter().chain(bodies).chain(of_roles).chain(route.problems.iter().copied());
            let problems = problems.map(|code| (code.status(), code)).collect();
            let facts = Facts { problems, roles: route.roles.to_vec(), scope: None, operator: Some(route.operator) };
            own.insert((path.clone(), has_body), facts);
        }
        router = router.routes(route.handler);
    }
    let mut api = Description::openapi();
    api.merge(router.split_for_parts().1);
    let facts = |operation: Operation<'_>| {
        let key = (operation.path.to_owned(), operation.method == "post");
        own.get(&key).cloned().unwrap_or_default()
    };
    let document = openapi::complete(&api, facts, include_str!("examples.json"));
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_document_is_what_the_routes_say() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi/projector.json");
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        let file = file.display();
        assert!(
            committed == openapi(),
            "{file} is out of date: cargo run -p projector -- --openapi > docs/openapi/projector.json"
        );
    }

    #[test]
    fn every_operation_is_for_operators_alone() {
        let document: serde_json::Value = serde_json::from_str(&openapi()).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let operations: Vec<_> = paths.values().flat_map(|item| item.as_object().expect("methods")).collect();
        assert_eq!(operations.len(), routes::all().len());
        for (method, operation) in operations {
            assert_eq!(operation["x-roles"], serde_json::json!(["operator"]), "{operation}");
            let lowest = if method == "get" { "viewer" } else { "operator" };
            assert_eq!(operation["x-operator-role"], lowest, "{operation}");
        }
    }
}
