//! Every address of the console, read in its sources: a route that is added is tried from then on.

use std::path::Path;

use kernel::OperatorRole;

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    pub path: String,
    pub shows: bool,
    pub takes_forms: bool,
}

/// An id that nothing has.
pub const NOBODY: &str = "01a22256-cbb6-759b-b159-cb9039febc35";

/// All routes, but for the one that takes what no other does.
pub fn all() -> Vec<Route> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/src");
    let mut routes = Vec::new();
    for file in ["router.rs", "wallet/mod.rs"] {
        let text = std::fs::read_to_string(sources.join(file)).unwrap();
        for rest in text.split(".route(").skip(1) {
            let (_, rest) = rest.split_once('"').expect("the path of a route is a text");
            let (path, handlers) = rest.split_once('"').expect("the path ends");
            // The statement ends where the next route, or the next one, begins.
            let handlers = handlers.split(';').next().unwrap_or_default();
            let (shows, takes_forms) = (handlers.contains("get("), handlers.contains("post("));
            routes.push(Route { path: path.to_owned(), shows, takes_forms });
        }
    }
    assert!(routes.len() > 100, "the routes were not found: {}", routes.len());
    routes.retain(|route| !route.path.contains("{*"));
    routes
}

impl Route {
    pub fn is_live(&self) -> bool {
        self.path.contains("/live/")
    }

    pub fn is_of_wallet(&self) -> bool {
        self.path.starts_with("/wallet")
    }

    /// What shows itself to everybody.
    pub fn is_public(&self) -> bool {
        let path = self.path.as_str();
        path == "/healthz" || path.starts_with("/login") || path == "/wallet/mail" || self.is_public_in_wallet()
    }

    fn is_public_in_wallet(&self) -> bool {
        ["/wallet/login", "/wallet/signup", "/wallet/reset", "/wallet/erasures"]
            .iter()
            .any(|public| self.path.starts_with(public))
    }

    /// The address with this in the place of each name.
    pub fn with(&self, value: &str) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { value } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// An address that is right in form, and nothing is there.
    pub fn url(&self) -> String {
        let value = if self.path.contains("{name}") {
            "balances"
        } else if self.path.contains("{position}") {
            "1"
        } else {
            NOBODY
        };
        self.with(value)
    }
}

/// The pages that only operators see.
pub fn screens() -> Vec<String> {
    let mut routes = all();
    routes.retain(|route| route.shows && !route.is_live() && !route.is_of_wallet() && !route.is_public());
    routes.iter().map(Route::url).collect()
}

/// What a form needs of the operator who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nobody has to be logged in, or everybody who is may.
    Nothing,
    /// This role or a higher one.
    Role(OperatorRole),
}

/// The forms of operators, as `docs/console.md` and `docs/operators.md` say who may send them. Where the last part of the address names the
/// action, each action is here.
pub const FORMS: &[(&str, Needs)] = &[
    ("/login", Needs::Nothing),
    ("/logout", Needs::Nothing),
    ("/preferences", Needs::Nothing),
    ("/operators/me/password", Needs::Nothing),
    // One's own; those of others are for admins.
    ("/operators/{id}/end-session", Needs::Role(OperatorRole::Admin)),
    ("/accounts/freeze", Needs::Role(OperatorRole::Support)),
    ("/accounts/{id}/freeze", Needs::Role(OperatorRole::Support)),
    ("/accounts/{id}/unfreeze", Needs::Role(OperatorRole::Support)),
    ("/members/{id}/disclose", Needs::Role(OperatorRole::Support)),
    ("/processes/{id}/retry", Needs::Role(OperatorRole::Support)),
    ("/webhooks/{id}/resend", Needs::Role(OperatorRole::Support)),
    ("/webhooks/{id}/recover", Needs::Role(OperatorRole::Support)),
    ("/webhooks/{id}/example", Needs::Role(OperatorRole::Support)),
    ("/approvals/{id}/approve", Needs::Role(OperatorRole::Support)),
    ("/approvals/{id}/reject", Needs::Role(OperatorRole::Support)),
    ("/approvals/{id}/withdraw", Needs::Role(OperatorRole::Support)),
    ("/transfers/{id}/reverse", Needs::Role(OperatorRole::Operator)),
    ("/members/{id}/erase", Needs::Role(OperatorRole::Operator)),
    ("/processes/{id}/skip", Needs::Role(OperatorRole::Operator)),
    ("/processes/{id}/compensate", Needs::Role(OperatorRole::Operator)),
    ("/accounts/{id}/holds", Needs::Role(OperatorRole::Operator)),
    ("/holds/{id}/release", Needs::Role(OperatorRole::Operator)),
    ("/holds/{id}/capture", Needs::Role(OperatorRole::Operator)),
    ("/holds/{id}/increase", Needs::Role(OperatorRole::Operator)),
    ("/payout-runs", Needs::Role(OperatorRole::Operator)),
    ("/payout-runs/{id}/rows", Needs::Role(OperatorRole::Operator)),
    ("/payout-runs/{id}/start", Needs::Role(OperatorRole::Operator)),
    ("/payout-runs/{id}/pause", Needs::Role(OperatorRole::Operator)),
    ("/payout-runs/{id}/resume", Needs::Role(OperatorRole::Operator)),
    ("/payout-runs/{id}/cancel", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/rebuild", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/promote", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/rollback", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/pause", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/resume", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/retry", Needs::Role(OperatorRole::Operator)),
    ("/views/{name}/parked", Needs::Role(OperatorRole::Operator)),
    ("/accounts/{id}/limits", Needs::Role(OperatorRole::Admin)),
    ("/limits", Needs::Role(OperatorRole::Admin)),
    ("/limits/delete", Needs::Role(OperatorRole::Admin)),
    ("/rates", Needs::Role(OperatorRole::Admin)),
    ("/partners", Needs::Role(OperatorRole::Admin)),
    ("/partners/{id}/keys", Needs::Role(OperatorRole::Admin)),
    ("/partners/{id}/revoke", Needs::Role(OperatorRole::Admin)),
    ("/partners/{id}/quotas", Needs::Role(OperatorRole::Admin)),
    ("/webhooks", Needs::Role(OperatorRole::Admin)),
    ("/webhooks/{id}/change", Needs::Role(OperatorRole::Admin)),
    ("/webhooks/{id}/rotate", Needs::Role(OperatorRole::Admin)),
    ("/webhooks/{id}/delete", Needs::Role(OperatorRole::Admin)),
    ("/webhooks/{id}/switch", Needs::Role(OperatorRole::Admin)),
    ("/approvals/{id}/key", Needs::Role(OperatorRole::Admin)),
    ("/operators", Needs::Role(OperatorRole::Admin)),
    ("/operators/{id}/role", Needs::Role(OperatorRole::Admin)),
    ("/operators/{id}/disable", Needs::Role(OperatorRole::Admin)),
    ("/operators/{id}/enable", Needs::Role(OperatorRole::Admin)),
    ("/operators/{id}/reset", Needs::Role(OperatorRole::Admin)),
];

/// Whether the table has each form of operators, and nothing that is no form.
pub fn table_fault() -> Option<String> {
    let mut forms = all();
    forms.retain(|route| route.takes_forms && !route.is_of_wallet());
    let is_of = |route: &Route, path: &str| match route.path.strip_suffix("{act}") {
        Some(before) => path.strip_prefix(before).is_some_and(|act| !act.is_empty() && !act.contains('/')),
        None => route.path == path,
    };
    let missing = forms.iter().find(|route| !FORMS.iter().any(|(path, _)| is_of(route, path)));
    let unknown = FORMS.iter().find(|(path, _)| !forms.iter().any(|route| is_of(route, path)));
    let missing = missing.map(|route| format!("{} is not in the table", route.path));
    missing.or_else(|| unknown.map(|(path, _)| format!("{path} is no form of the console")))
}
