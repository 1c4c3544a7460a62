//! What every route is given.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use kernel::Assets;
use platform::auth::Verifier;

use crate::port::CommandPort;

/// What every route is given. Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

struct Inner {
    bank: Arc<dyn CommandPort>,
    verifier: Verifier,
    assets: Assets,
    deadline: Duration,
}

impl ApiState {
    /// The bank, who may ask it, which assets it knows, and how long a command may wait to be decided.
    pub fn new(bank: Arc<dyn CommandPort>, verifier: Verifier, assets: Assets, deadline: Duration) -> Self {
        Self(Arc::new(Inner { bank, verifier, assets, deadline }))
    }

    pub(crate) fn bank(&self) -> &dyn CommandPort {
        self.0.bank.as_ref()
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.0.assets
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.0.deadline
    }
}

impl FromRef<ApiState> for Verifier {
    fn from_ref(state: &ApiState) -> Self {
        state.0.verifier.clone()
    }
}
