//! What the routes share.

use std::sync::Arc;

use axum::extract::FromRef;
use kernel::Assets;
use live_events::LiveEvents;
use platform::auth::Verifier;
use reads::Reads;

use crate::{fold::Folder, opener::Opener};

/// What the routes share.
#[derive(Clone)]
pub struct Api {
    /// The views.
    pub reads: Arc<Reads>,
    /// The public events.
    pub live: Arc<LiveEvents>,
    /// What this bank's money is.
    pub assets: Arc<Assets>,
    /// Opens what is personal.
    pub opener: Arc<dyn Opener>,
    /// What events make of a stream.
    pub folder: Arc<dyn Folder>,
    /// Finds out who asks.
    pub verifier: Verifier,
}

impl FromRef<Api> for Verifier {
    fn from_ref(api: &Api) -> Self {
        api.verifier.clone()
    }
}
