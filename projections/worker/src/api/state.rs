//! What the routes share, and who may call them.

use std::sync::Arc;

use axum::extract::FromRef;
use platform::{auth::Verifier, http::TrustForwarded};
use tokio::sync::Notify;

use super::command_server::CommandServer;
use crate::changes::{Actions, ChangeThread, Promotions, Rebuilders, Requests};

platform::allowed! {
    /// Whoever changes views.
    pub(crate) struct ViewOperators = Operator(Operator);
    /// Whoever looks at rebuilds and at what is parked.
    pub(crate) struct ViewReaders = Operator(Viewer);
}

/// What the routes share.
#[derive(Clone)]
pub(crate) struct ViewsApi {
    /// Finds out who asks.
    pub(crate) verifier: Verifier,
    /// The rebuilds that were asked for.
    pub(crate) requests: Requests,
    /// Notified when one is.
    pub(crate) asked: Arc<Notify>,
    /// The promotions that need a second operator.
    pub(crate) promotions: Promotions,
    /// Notified when one is asked for.
    pub(crate) promotion_asked: Arc<Notify>,
    /// Who decides whether a promotion needs one; none if this projector does not know where it is.
    pub(crate) command_server: Option<CommandServer>,
    /// What was done to the views.
    pub(crate) actions: Actions,
    /// Whether the address of whoever asks is what the console or a proxy says.
    pub(crate) trust_forwarded: TrustForwarded,
    /// Where views are changed.
    pub(crate) thread: ChangeThread,
    /// With what.
    pub(crate) rebuilders: Rebuilders,
}

impl FromRef<ViewsApi> for TrustForwarded {
    fn from_ref(api: &ViewsApi) -> Self {
        api.trust_forwarded
    }
}

impl FromRef<ViewsApi> for Verifier {
    fn from_ref(api: &ViewsApi) -> Self {
        api.verifier.clone()
    }
}
