//! A route, and who may call it.

use kernel::{OperatorRole, Role};
use platform::{auth::Allowed, problem::Code};
use utoipa_axum::router::UtoipaMethodRouter;

use super::state::ViewsApi;

/// A route, with who may call it and the problems that are its own.
pub(super) struct Route {
    pub(super) handler: UtoipaMethodRouter<ViewsApi>,
    pub(super) roles: &'static [Role],
    /// The lowest role of operators.
    pub(super) operator: OperatorRole,
    pub(super) problems: &'static [Code],
}

/// The route of a handler that these may call.
pub(super) fn route<A: Allowed>(handler: UtoipaMethodRouter<ViewsApi>, problems: &'static [Code]) -> Route {
    Route { handler, roles: A::ROLES, operator: A::OPERATOR, problems }
}
